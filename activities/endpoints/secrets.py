"""What an endpoint's messages are signed with and carry in secret: sealed at rest, never logged."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
    """The secrets that sign at this moment, newest first: two while one takes over.

    Raises `SealBroken`.
    """
    sealed = [endpoint.sealed_secret]
    if endpoint.previous_sealed_secret is not None and overlaps(endpoint, now):
        sealed.append(endpoint.previous_sealed_secret)
    place = {"organization": endpoint.organization_id, "row": endpoint.id}
    return [outside().vault.open(one, **place) for one in sealed]


def overlaps(endpoint: EndpointRow, now: datetime) -> bool:
    """Whether the secret before the newest still signs."""
    return endpoint.previous_until is not None and now < endpoint.previous_until


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
