"""Settings: each is described, a wrong one stops the start in one sentence, secrets stay unseen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from schema.settings import Settings, SettingWrong, describe_settings, load_settings

ROOT = Path(__file__).parents[2]
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SAFE = {"environment": "production", "secret_key": KEY, "public_url": "https://ink.example"}

WRONG: list[tuple[str, Any]] = [
    ("environment", "staging"),
    ("database_url", "mysql://root:hunter2@db/inkloom"),
    ("database_pool_size", 0),
    ("database_pool_size", "hunter2"),
    ("temporal_address", "temporal"),
    ("temporal_address", "temporal:http"),
    ("temporal_namespace", ""),
    ("temporal_tls", "perhaps"),
    ("port", 65536),
    ("public_url", "ink.example"),
    ("public_url", "https://"),
    ("public_url", "https://ink.example/?a=b"),
    ("otel_exporter_otlp_endpoint", "collector:4318"),
    ("secret_key", "hunter2"),
    ("secret_key", "aHVudGVyMg=="),
    ("allow_private_targets", "perhaps"),
    ("allow_http_targets", "perhaps"),
    ("dev_inbox", "perhaps"),
    ("clerk_jwks_url", "clerk.example/jwks.json"),
    ("clerk_jwks_url", "http://clerk.example/jwks.json"),
    ("clerk_jwks_url", "ftp://127.0.0.1/jwks.json"),
    ("resend_base_url", "api.resend.com"),
    ("mail_from", "Inkloom"),
    ("mail_from", "a@b\nBcc: c@d"),
    ("dns_servers", "9.9.9.9, resolver"),
    ("dns_servers", "9.9.9.9:dns"),
    ("trusted_proxies", "10.0.0.0/8, proxy"),
    ("log_level", "loud"),
    ("log_format", "xml"),
    ("metrics_port", -1),
    ("picture_cache_mb", -1),
]

ANY_TEXT = {
    *("temporal_api_key", "host", "clerk_issuer", "clerk_audience", "resend_api_key", "geoip_db"),
    *("spool_dir", "cron_secret"),
}
"""Settings that take any text; all others are in `WRONG`."""


def inkloom(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, with nothing of this process's environment but what it needs to run."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *words],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def refusal(**overrides: Any) -> str:
    with pytest.raises(SettingWrong) as caught:
        load_settings(**overrides)
    return str(caught.value)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_described(name: str) -> None:
    (row,) = [row for row in describe_settings() if row["name"] == name.upper()]
    assert len(row["meaning"].split()) >= 2


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name_in_one_sentence(name: str, value: Any) -> None:
    sentence = refusal(**{name: value})
    assert sentence.startswith(f"{name.upper()}: ")
    assert len(sentence.splitlines()) == 1
    assert "hunter2" not in sentence


def test_every_setting_has_a_wrong_value_or_takes_any_text() -> None:
    assert {name for name, _ in WRONG} | ANY_TEXT == set(Settings.model_fields)
    for name in ANY_TEXT:
        assert load_settings(**{name: "x"})


def test_the_right_values_are_taken() -> None:
    settings = load_settings(
        **SAFE, trusted_proxies="10.0.0.0/8, 2001:db8::1", temporal_address="temporal:7233"
    )
    assert [str(network) for network in settings.proxies()] == ["10.0.0.0/8", "2001:db8::1/128"]


def test_name_servers_are_addresses_with_or_without_a_port() -> None:
    settings = load_settings(dns_servers="9.9.9.9, 127.0.0.1:5353,::1, [2620:fe::fe]:54")
    assert settings.name_servers() == (
        ("9.9.9.9", 53),
        ("127.0.0.1", 5353),
        ("::1", 53),
        ("2620:fe::fe", 54),
    )
    assert load_settings().name_servers() == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret_key", ""),
        ("public_url", "http://ink.example"),
        ("resend_base_url", "http://mail.example"),
        ("dev_inbox", True),
        ("cron_secret", "easy to guess"),
    ],
)
def test_production_refuses_what_is_unsafe(name: str, value: str) -> None:
    assert load_settings(**SAFE).environment == "production"
    sentence = refusal(**SAFE | {name: value})
    assert name.upper() in sentence
    assert "production" in sentence


@pytest.mark.parametrize("sender", ["ink@ink.example", "Ink & Loom <ink@ink.example>"])
def test_a_sender_is_an_address_with_or_without_a_name(sender: str) -> None:
    assert load_settings(mail_from=sender).mail_from == sender


def test_mails_go_to_a_page_in_development_only_and_only_without_a_provider() -> None:
    assert load_settings(resend_api_key="").has_mailbox()
    assert not load_settings(resend_api_key="re_1").has_mailbox()
    assert not load_settings(**SAFE, resend_api_key="").has_mailbox()


def test_production_refuses_the_defaults() -> None:
    run = inkloom("migrate", ENVIRONMENT="production")
    assert run.returncode == 2
    assert re.fullmatch(r"inkloom: .*must be .*in production.*\n", run.stderr)


def test_keys_of_clerk_need_their_issuer() -> None:
    url = "https://clerk.ink.example/.well-known/jwks.json"
    assert "CLERK_ISSUER" in refusal(clerk_jwks_url=url)
    assert load_settings(clerk_jwks_url=url, clerk_issuer="https://clerk.ink.example")
    local = "http://127.0.0.1:9999/jwks.json"
    assert load_settings(clerk_jwks_url=local, clerk_issuer="x").clerk_jwks_url == local


def test_development_needs_no_setting() -> None:
    names = {name: field.default for name, field in Settings.model_fields.items()}
    assert load_settings(**names).environment == "development"


@pytest.mark.parametrize("word", ["serve", "migrate"])
def test_a_command_stops_with_one_line_that_names_the_variable(word: str) -> None:
    run = inkloom(word, DATABASE_URL="mysql://root:hunter2@x")
    assert run.returncode == 2
    assert run.stderr == "inkloom: DATABASE_URL: must start with postgresql://\n"
    assert run.stdout == ""


def test_a_variable_that_is_empty_is_named_as_missing_with_what_to_do() -> None:
    run = inkloom("migrate", DATABASE_URL="", LOG_LEVEL="", DATABASE_POOL_SIZE="")
    assert run.returncode == 2
    assert re.fullmatch(r"inkloom: DATABASE_URL is not set; .+\n", run.stderr)


def test_the_command_lists_every_setting_with_its_default() -> None:
    run = inkloom("settings", SECRET_KEY=KEY)
    assert run.returncode == 0
    lines = {line.split()[0]: line for line in run.stdout.splitlines() if line[:1].isupper()}
    assert set(lines) == {name.upper() for name in Settings.model_fields}
    assert lines["DATABASE_POOL_SIZE"].split()[1] == "10"
    assert KEY not in run.stdout


def test_the_list_of_settings_is_not_cut_off() -> None:
    shown = "".join(inkloom("settings").stdout.split())
    assert "…" not in shown
    assert "postgresql://user:password@host:port/name" in shown


def test_secrets_are_not_shown() -> None:
    secrets = {
        "database_url": "postgresql://ink:hunter2@db/inkloom",
        "secret_key": KEY,
        "temporal_api_key": "hunter3",
        "resend_api_key": "hunter4",
    }
    settings = load_settings(**secrets)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter" not in shown
    assert KEY not in shown
    assert settings.database_url.get_secret_value() == secrets["database_url"]


def test_what_sounds_secret_is_kept_as_a_secret() -> None:
    words = {"key", "secret", "password", "token"}
    for name, field in Settings.model_fields.items():
        if words & set(name.split("_")) or name == "database_url":
            assert field.annotation is SecretStr, name


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]
