"""Where there is an inbox: beside an `inkloom up` in development, and nowhere else by itself."""

from __future__ import annotations

from pathlib import Path

from activities.gateways.dns import SystemResolver
from activities.gateways.inbox import InboxReceivers
from activities.gateways.receivers import Receivers
from schema.settings import Settings, load_settings
from workers.bootstrap import make_inbox, make_receivers
from workers.stack import Stack, Wishes

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ELSEWHERE = {"database_url": "postgresql://a:b@127.0.0.1/c", "temporal_address": "127.0.0.1:1"}


def settings_of_a_stack(folder: Path, **env: str) -> Settings:
    given = load_settings(**ELSEWHERE, secret_key=KEY)
    return Stack(Wishes(folder, port=8123, env=env), given).settings


def test_who_starts_everything_in_development_has_an_inbox(tmp_path: Path) -> None:
    settings = settings_of_a_stack(tmp_path)
    assert settings.dev_inbox
    inbox = make_inbox(settings)
    assert inbox is not None
    assert inbox.port == 8123
    assert not settings.allow_private_targets
    assert not settings_of_a_stack(tmp_path, DEV_INBOX="false").dev_inbox


def test_production_has_none(tmp_path: Path) -> None:
    public = {"ENVIRONMENT": "production", "PUBLIC_URL": "https://ink.example"}
    given = load_settings(**ELSEWHERE, secret_key=KEY, public_url="https://ink.example")
    settings = Stack(Wishes(tmp_path, env=public), given).settings
    assert settings.environment == "production"
    assert not settings.dev_inbox


def test_a_process_by_itself_has_none() -> None:
    settings = load_settings(**ELSEWHERE)
    assert make_inbox(settings) is None
    assert type(make_receivers(settings, SystemResolver())) is Receivers
    asked = load_settings(**ELSEWHERE, dev_inbox=True)
    assert type(make_receivers(asked, SystemResolver())) is InboxReceivers
