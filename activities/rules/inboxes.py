"""The inbox of a machine under development: what a webhook may be sent to, and how it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from activities.rules.targets import TargetRefused, parse_target

ROOT = "/dev/inbox"
LONGEST_NAME = 64
LONGEST_DELAY_MS = 20_000
LONGEST_RETRY_AFTER = 86_400
CONTROLS = ("disable", "abort-message")

_PATH = re.compile(rf"{ROOT}(?:/([A-Za-z0-9_-]{{1,{LONGEST_NAME}}}))?/?")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Play:
    """How the inbox is to answer: as a receiver that is well, unless somebody asks otherwise."""

    status: int = 200
    retry_after: int | None = None
    delay_ms: int = 0
    control: str = ""


def inbox_name(path: str) -> str | None:
    """The name behind `/dev/inbox`, empty where there is none; None for any other path."""
    found = _PATH.fullmatch(path)
    return None if found is None else found[1] or ""


# Asked for every message, of few addresses.
@lru_cache(maxsize=4096)
def own_inbox(url: str, port: int) -> str | None:
    """The same address at 127.0.0.1, if it is one of the inbox of this machine on this port.

    Nothing else of the machine is reached by it, whatever the name `localhost` resolves to.
    """
    try:
        target = parse_target(url, allow_http=True, allow_private=True)
    except TargetRefused:
        return None
    is_here = target.scheme == "http" and target.host in _HERE and target.port == port
    if not is_here or inbox_name(target.path_qs.partition("?")[0]) is None:
        return None
    return f"http://127.0.0.1:{port}{target.path_qs}"


def read_play(asked: Mapping[str, str]) -> Play:
    """What the query of an address asks for; `ValueError` with a sentence."""
    control = asked.get("control", "")
    if control and control not in CONTROLS:
        raise ValueError(f"control is one of {', '.join(CONTROLS)}.")
    return Play(
        status=_number(asked, "status", 200, 599) or 200,
        retry_after=_number(asked, "retry_after", 0, LONGEST_RETRY_AFTER),
        delay_ms=_number(asked, "delay_ms", 0, LONGEST_DELAY_MS) or 0,
        control=control,
    )


def _number(asked: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    if name not in asked:
        return None
    text = asked[name]
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}.")
    return int(text)
