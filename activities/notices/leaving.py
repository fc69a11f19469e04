"""Ends of mails by one click (RFC 8058): an address in each mail that ends its topic, for nobody
but its reader and without signing in.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from uuid import UUID

from activities.outside import outside
from activities.rules.notices import TOPICS, Topic

PATH = "/api/public/notifications/unsubscribe"
_MARK_BYTES = 16


@dataclass(frozen=True)
class Subscription:
    """That a person hears of a topic of an organization by mail."""

    user_id: UUID
    organization_id: UUID
    topic: Topic


def leaving_address(subscription: Subscription) -> str:
    """Where one click ends it. The address is good for ever and says nothing to others."""
    body = (
        subscription.user_id.bytes
        + subscription.organization_id.bytes
        + bytes([TOPICS.index(subscription.topic)])
    )
    token = base64.urlsafe_b64encode(body + _mark(body)).decode().rstrip("=")
    return f"{outside().public_url}{PATH}?t={token}"


def read_leaving(token: str) -> Subscription | None:
    """What the token ends; None for one that is not ours."""
    try:
        whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    body, mark = whole[:33], whole[33:]
    if len(body) != 33 or not hmac.compare_digest(mark, _mark(body)) or body[32] >= len(TOPICS):
        return None
    return Subscription(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), TOPICS[body[32]])


def _mark(body: bytes) -> bytes:
    return hmac.digest(outside().vault.derive("unsubscribe"), body, "sha256")[:_MARK_BYTES]
