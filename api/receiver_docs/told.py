"""What the page for receivers says, computed by the rules that deliver: no number is written twice.

Examples are made and signed as real messages are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from activities.rules import signatures
from activities.rules.backoff import RETRY_POLICIES
from activities.rules.outcomes import CONTROL_HEADER, GONE, THROTTLING, Control, Verdict, judge
from activities.rules.samples import sample_of
from activities.rules.sent_headers import SEQUENCE
from activities.rules.signatures import SCHEMES, Message, body, headers, new_secret
from activities.rules.spelling import prefixed

SIGNED: Mapping[str, str] = {
    "standard": "{webhook-id}.{webhook-timestamp}.{body}",
    "inkode": "{body}",
    "innkie": "{body}",
    "qrscan": "{X-QRScanInk-Timestamp}.{body}",
}
"""What the signature of each scheme is over: headers and the body, put together so."""

OWN: Mapping[str, str] = {"standard": "webhook-signature", **signatures.OWN}
"""The header that each scheme's own signature is in."""

_AT = datetime(2026, 5, 7, 18, 42, 30, 123000, UTC)
_EVENT = UUID("7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10")
_ENDPOINT = UUID("b1946ac9-2f0c-4c5e-9a53-0c5a7d1b2f10")

SECRET = new_secret(b"an example, and no secret at all")
"""What the examples are signed with."""


@dataclass(frozen=True)
class Scheme:
    """How messages of one scheme look."""

    name: str
    own: str
    signed: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """What a receiver answers, and what becomes of the message and of the endpoint."""

    said: str
    message: str
    endpoint: str


@dataclass(frozen=True)
class Policy:
    """A retry policy by name: how long it waits before each further attempt."""

    name: str
    attempts: int
    waits: Sequence[str]
    total: str


def schemes() -> list[Scheme]:
    """All of them, each with the same example."""
    return [_scheme(name) for name in SCHEMES]


def policies() -> list[Policy]:
    """The presets."""
    return [
        Policy(name, len(delays) + 1, [spelled(one) for one in delays], spelled(sum(delays)))
        for name, delays in RETRY_POLICIES.items()
    ]


def answers() -> list[Answer]:
    """What each kind of answer does, as the rules judge it."""
    slow = ", ".join(map(str, THROTTLING))
    return [
        _answer("200 to 299", 200),
        _answer("300 to 399: redirects are not followed", 302),
        _answer(f"{GONE}", GONE),
        _answer(f"{slow}", THROTTLING[0]),
        _answer("any other status", 500),
        _answer("no complete answer in time, or none at all", None),
        _answer(f"200 to 299 with {CONTROL_HEADER}: disable", 200, "disable"),
        _answer(f"any other with {CONTROL_HEADER}: disable", 500, "disable"),
        _answer(f"any other with {CONTROL_HEADER}: abort-message", 500, "abort-message"),
    ]


def spelled(seconds: float) -> str:
    """`75 h 35 min 5 s`."""
    whole = int(seconds)
    parts = ((whole // 3600, "h"), (whole % 3600 // 60, "min"), (whole % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _scheme(name: str) -> Scheme:
    fact = sample_of("qr.created", _EVENT, _AT)
    raw = body(name, event=fact.kind, data=fact.payload(), occurred_at=_AT)
    message = Message(
        scheme=name,
        message_id=prefixed("evt", _EVENT),
        event=fact.kind,
        endpoint_id=prefixed("whe", _ENDPOINT),
        attempt=1,
        body=raw,
    )
    sent = {**headers(message, [SECRET], _AT), SEQUENCE: "42"}
    return Scheme(name, OWN[name], SIGNED[name], sent, raw.decode())


def _answer(said: str, status: int | None, control: Control = "") -> Answer:
    verdict = judge(
        number=1, status_code=status, delays=(5.0,), roll=0.0, retry_after=None, control=control
    )
    return Answer(said, *_meaning(verdict))


def _meaning(verdict: Verdict) -> tuple[str, str]:
    message = {"delivered": "delivered", "pending": "tried again", "failed": "given up"}
    endpoint = {"none": "", "throttle": "slowed down", "disable": "disabled"}
    return message[verdict.status], endpoint[verdict.effect]
