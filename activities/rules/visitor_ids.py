"""Who a visitor is to the statistics of one organization, for one day."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

SALT_BYTES = 32

_PERSON = b"inkloom visitor"


def visitor_id(salt: bytes | None, whence: bytes, organization_id: UUID) -> int | None:
    """A number of 64 bits, signed as PostgreSQL has it: a keyed BLAKE2b (RFC 7693) of `whence`.

    The same visitor is another one to another organization and, as the salt is a new one, on
    another day; who has forgotten the salt cannot make it again. None for a visitor who does not
    want to be followed (`whence` is empty), and while no salt is known. Raises ValueError for a
    salt of another length than `SALT_BYTES`: without a key addresses could be tried out.
    """
    if salt is None or not whence:
        return None
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    digest = blake2b(
        whence, digest_size=8, key=salt, salt=organization_id.bytes, person=_PERSON
    ).digest()
    return int.from_bytes(digest, signed=True)
