"""The signatures of a message as its receiver checks them, all that are there."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from activities.rules.signatures import (
    NEXT,
    OWN,
    hex_signature,
    standard_content,
    verify_standard,
)

STANDARD = "webhook-signature"
PLATFORM = "webhook-signature v1a"


def checked(
    secrets: Sequence[str],
    sign: Callable[[bytes], str],
    received: Mapping[str, str],
    raw_body: bytes,
    now: datetime,
) -> dict[str, bool]:
    """Whether each signature in the headers is good; a missing `webhook-signature` is not.

    `secrets` are those that are valid now; `sign` is the platform's own (`v1a`). Header names are
    lower-case.
    """
    told = {STANDARD: any(verify_standard(s, received, raw_body, now) for s in secrets)}
    stamped = f"{received.get('x-qrscanink-timestamp', '')}.".encode() + raw_body
    for scheme, own in OWN.items():
        prefix = "sha256=" if scheme == "inkode" else ""
        content = stamped if scheme == "qrscan" else raw_body
        for name in (own, own + NEXT):
            given = received.get(name.lower())
            if given is not None:
                good = [_same(prefix + hex_signature(secret, content), given) for secret in secrets]
                told[name] = any(good)
    parts = [p for p in received.get(STANDARD, "").split(" ") if p.startswith("v1a,")]
    if parts:
        told[PLATFORM] = _same(sign(_signed(received, raw_body)), parts[0])
    return told


def _signed(received: Mapping[str, str], raw_body: bytes) -> bytes:
    seconds = received.get("webhook-timestamp", "")
    known = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) <= 12 else 0
    return standard_content(received.get("webhook-id", ""), known, raw_body)


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
