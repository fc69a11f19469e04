"""Log lines: JSON outside a terminal, of one shape whoever logs, and without secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from activities.rules.discretion import HIDDEN
from workers.telemetry import blank_secrets

ROOT = Path(__file__).parents[2]

PROGRAM = """
import logging, structlog
from schema.settings import load_settings
from workers.telemetry import start_telemetry
start_telemetry(load_settings(), "relay")
log = structlog.get_logger("inkloom.test")
with structlog.contextvars.bound_contextvars(request_id="01HZ8ABCDEF"):
    log.debug("unseen")
    log.info("ours", api_key="hunter2", headers={"Set-Cookie": "hunter2", "Accept": "*/*"})
    logging.getLogger("library").warning("theirs %s", 7, extra={"token": "hunter2", "size": 3})
    def fail(password):
        try:
            1 / 0
        except ZeroDivisionError:
            log.exception("failed")
            raise LookupError("ada@example.com") from None
    try:
        fail("hunter2")
    except LookupError:
        log.exception("asked", path="/keys/qrs_" + "x" * 43, seen=["ada@example.com"])
"""


def logged(**environment: str) -> list[str]:
    """The lines that a process of its own writes, with no terminal."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert run.stdout == ""
    return run.stderr.splitlines()


@pytest.mark.parametrize(
    "name",
    [
        *("secret", "SECRET_KEY", "client_secret", "api_key", "X-Api-Key", "Authorization"),
        *("Cookie", "set-cookie", "token", "session_token", "password", "link_password"),
    ],
)
def test_what_is_named_like_a_secret_is_blanked_at_any_depth(name: str) -> None:
    event: dict[str, Any] = {"event": "x", name: "hunter2", "request": {"headers": {name: 7}}}
    blanked = blank_secrets(None, "info", event)
    assert blanked == {"event": "x", name: HIDDEN, "request": {"headers": {name: HIDDEN}}}


def test_everything_else_is_kept_and_what_the_caller_holds_is_not_changed() -> None:
    headers = {"cookie": "mine", "accept": "*/*"}
    event: dict[str, Any] = {"event": "secret found", "path": "/q/x", "ms": 1.5, "headers": headers}
    assert blank_secrets(None, "info", event)["event"] == "secret found"
    assert (event["path"], event["ms"]) == ("/q/x", 1.5)
    assert headers == {"cookie": "mine", "accept": "*/*"}


def test_lines_of_ours_and_of_libraries_have_one_shape() -> None:
    ours, theirs, failed, asked = (json.loads(line) for line in logged())
    for line in (ours, theirs, failed, asked):
        assert line["role"] == "relay"
        assert line["request_id"] == "01HZ8ABCDEF"
        assert line["timestamp"].endswith("Z")
    assert (ours["event"], ours["level"], ours["logger"]) == ("ours", "info", "inkloom.test")
    assert (ours["api_key"], ours["headers"]) == (HIDDEN, {"Set-Cookie": HIDDEN, "Accept": "*/*"})
    assert (theirs["event"], theirs["level"], theirs["logger"]) == (
        "theirs 7",
        "warning",
        "library",
    )
    assert (theirs["token"], theirs["size"]) == (HIDDEN, 3)
    assert failed["level"] == "error"
    assert "ZeroDivisionError" in failed["exception"]
    assert (asked["path"], asked["seen"]) == (f"/keys/{HIDDEN}", [HIDDEN])
    assert asked["exception"].endswith(f"LookupError: {HIDDEN}")


def test_the_level_and_the_console_are_settings() -> None:
    lines = logged(LOG_LEVEL="error", LOG_FORMAT="console")
    assert "failed" in lines[0]
    assert not lines[0].startswith("{")
    assert "ZeroDivisionError: division by zero" in lines
    assert not any("ours" in line or "theirs" in line for line in lines)


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_form_of_the_log_shows_a_secret(form: str) -> None:
    lines = logged(LOG_FORMAT=form)
    assert len(lines) >= 3
    assert not any(hidden in line for line in lines for hidden in ("hunter2", "ada@", "x" * 43))
