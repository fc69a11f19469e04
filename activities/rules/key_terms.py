"""What a key may be asked for: its name, scopes, limits and life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.rules.credentials import MCP_PREFIXES
from activities.rules.errors import InvalidFields
from activities.rules.permissions import SCOPES
from activities.rules.plans import Plan

LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=3660)
LONGEST_GRACE = 7 * 24 * 3600
LARGEST_CAP = 1_000_000_000

OF_ITSELF = "organization.read"
"""The scope that every key has: it is told whose it is."""


@dataclass(frozen=True)
class KeyTerms:
    """What is asked for; None is the plan's own limit, or no end."""

    dialect: str
    kind: str
    name: str
    scopes: tuple[str, ...]
    per_minute: int | None
    burst: int | None
    daily_cap: int | None
    expires_at: datetime | None


def must_be_sound(terms: KeyTerms, plan: Plan, now: datetime) -> None:
    """Raise `InvalidFields` with every field that is wrong."""
    wrong = {
        "dialect": _wrong_dialect(terms),
        "kind": _wrong_kind(terms),
        "name": _wrong_name(terms.name),
        "scopes": _wrong_scopes(terms),
        "per_minute": _wrong_number(terms.per_minute, plan.per_minute),
        "burst": _wrong_number(terms.burst, plan.burst),
        "daily_cap": _wrong_number(terms.daily_cap, LARGEST_CAP),
        "expires_at": _wrong_end(terms.expires_at, now),
    }
    told = {name: [sentence] for name, sentence in wrong.items() if sentence}
    if told:
        raise InvalidFields(told)


def must_be_grace(seconds: int) -> None:
    """Raise `InvalidFields` unless a rotated key may work that much longer."""
    if not 0 <= seconds <= LONGEST_GRACE:
        raise InvalidFields({"grace_seconds": [f"Give 0 to {LONGEST_GRACE} seconds (7 days)."]})


def scopes_kept(dialect: str, scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes as they are stored, in the order of the list; none stand for all of them."""
    wanted = set(scopes)
    if not wanted:
        return ()
    return tuple(scope for scope in SCOPES[dialect] if scope in wanted | {OF_ITSELF})


def _wrong_dialect(terms: KeyTerms) -> str | None:
    return None if terms.dialect in SCOPES else f"Choose one of {_listed(SCOPES)}."


def _wrong_kind(terms: KeyTerms) -> str | None:
    if terms.kind == "api" or (terms.kind == "mcp" and terms.dialect in MCP_PREFIXES):
        return None
    return f"Choose api, or mcp for keys of {_listed(MCP_PREFIXES)}."


def _wrong_name(name: str) -> str | None:
    if name.strip() and len(name) <= LONGEST_NAME:
        return None
    return f"Give a name of 1 to {LONGEST_NAME} characters."


def _wrong_scopes(terms: KeyTerms) -> str | None:
    allowed = SCOPES.get(terms.dialect, ())
    unknown = [scope for scope in terms.scopes if scope not in allowed]
    if not unknown or not allowed:
        return None
    return f"'{unknown[0]}' is not a scope of such keys. Known are: {', '.join(allowed)}."


def _wrong_number(number: int | None, most: int) -> str | None:
    if number is None or 1 <= number <= most:
        return None
    return f"Give a number from 1 to {most}."


def _wrong_end(expires_at: datetime | None, now: datetime) -> str | None:
    if expires_at is None or now < expires_at <= now + LONGEST_LIFE:
        return None
    return "Give a time in the future, at most ten years ahead."


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(names)
