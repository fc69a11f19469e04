"""What an endpoint's messages are signed with and carry in secret: sealed at rest, never logged."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid5

from activities.gateways.signing_key import SigningKey
from activities.gateways.vault import NONCE_BYTES
from activities.outside import outside
from activities.rules.signatures import new_secret
from schema.tables import EndpointRow

SECRET_BYTES = 32
PURPOSE = "webhook signatures: ed25519"
HEADERS = "headers"
"""Names the place that sealed headers are bound to, so that they are never taken for a secret."""


@dataclass(frozen=True)
class Earlier:
    """A secret that was replaced, as it is sealed, and until when it signs too."""

    sealed: bytes
    until: datetime


def fresh_secret() -> str:
    """A secret that nobody has seen."""
    return new_secret(outside().dice.throw(SECRET_BYTES))


def seal_secret(secret: str, organization_id: UUID, endpoint_id: UUID) -> bytes:
    """The secret as it is stored."""
    return _seal(secret, organization_id, endpoint_id)


def seal_headers(
    headers: Mapping[str, str], organization_id: UUID, endpoint_id: UUID
) -> bytes | None:
    """The custom headers as they are stored; None for none."""
    if not headers:
        return None
    return _seal(json.dumps(dict(headers)), organization_id, uuid5(endpoint_id, HEADERS))


def signing_secrets(endpoint: EndpointRow, now: datetime) -> list[str]:
    """The secrets that sign at this moment, newest first: more than one while one takes over.

    Raises `SealBroken`.
    """
    sealed = [endpoint.sealed_secret, *(one.sealed for one in earlier_secrets(endpoint, now))]
    place = {"organization": endpoint.organization_id, "row": endpoint.id}
    return [outside().vault.open(one, **place) for one in sealed]


def earlier_secrets(endpoint: EndpointRow, now: datetime) -> list[Earlier]:
    """The secrets that were replaced and still sign, newest first."""
    stored, until = endpoint.previous_sealed_secret, endpoint.previous_until
    if stored is None or until is None or until <= now:
        return []
    if not stored.startswith(b"["):
        return [Earlier(stored, until)]
    listed = [
        Earlier(base64.b64decode(sealed), datetime.fromisoformat(end))
        for sealed, end in json.loads(stored)
    ]
    return [one for one in listed if now < one.until]


def stored_earlier(earlier: Sequence[Earlier]) -> dict[str, bytes | datetime | None]:
    """The columns that `earlier_secrets` reads. A sealed secret begins with its key's id, a list of
    them with a bracket; one alone is none, as processes of before this list read it.
    """
    if not earlier:
        return {"previous_sealed_secret": None, "previous_until": None}
    stored = earlier[0].sealed
    if len(earlier) > 1:
        listed = [(base64.b64encode(o.sealed).decode(), o.until.isoformat()) for o in earlier]
        stored = json.dumps(listed).encode()
    until = max(one.until for one in earlier)
    return {"previous_sealed_secret": stored, "previous_until": until}


def custom_headers(endpoint: EndpointRow) -> dict[str, str]:
    """What its owner adds to its messages; secret as a password is. Raises `SealBroken`."""
    if endpoint.sealed_headers is None:
        return {}
    opened = outside().vault.open(
        endpoint.sealed_headers,
        organization=endpoint.organization_id,
        row=uuid5(endpoint.id, HEADERS),
    )
    headers: dict[str, str] = json.loads(opened)
    return headers


def platform_key() -> SigningKey:
    """The key pair that signs for every endpoint that asks for it, made of SECRET_KEY."""
    return _key_of(outside().vault.derive(PURPOSE))


def platform_signature(content: bytes) -> str:
    """`v1a,<base64>`: Ed25519 over what Standard Webhooks signs, by the platform."""
    return platform_key().sign(content)


@lru_cache(maxsize=4)
def _key_of(seed: bytes) -> SigningKey:
    return SigningKey(seed)


def _seal(text: str, organization_id: UUID, place: UUID) -> bytes:
    nonce = outside().dice.throw(NONCE_BYTES)
    return outside().vault.seal(text, organization=organization_id, row=place, nonce=nonce)
