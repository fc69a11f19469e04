"""Secrets at rest: AES-256-GCM, bound to the row they belong to.

A sealed secret is key id (1 byte), nonce (12 bytes), ciphertext and tag. The associated data is the
organization and the row, so a value copied to another row cannot be opened.
"""

from __future__ import annotations

from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_ID = 1


class SealBroken(Exception):
    """The sealed value was changed, moved to another row, or sealed with another SECRET_KEY."""


class Vault:
    """Seals and opens with one 32-byte key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._derived: dict[str, bytes] = {}
        self._cipher = AESGCM(key)

    def seal(self, secret: str, *, organization: UUID, row: UUID, nonce: bytes) -> bytes:
        """`nonce` is 12 bytes from the dice, never used twice."""
        bound = organization.bytes + row.bytes
        return bytes([KEY_ID]) + nonce + self._cipher.encrypt(nonce, secret.encode(), bound)

    def open(self, sealed: bytes, *, organization: UUID, row: UUID) -> str:
        """The secret; raises `SealBroken`."""
        nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            if sealed[:1] != bytes([KEY_ID]):
                raise SealBroken("sealed with a key id that is not known here")
            clear = self._cipher.decrypt(nonce, ciphertext, organization.bytes + row.bytes)
        except (InvalidTag, ValueError) as fault:
            raise SealBroken("cannot be opened with this SECRET_KEY") from fault
        return clear.decode()

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, always the same for this SECRET_KEY (HKDF, RFC 5869)."""
        if purpose not in self._derived:
            derivation = HKDF(SHA256(), 32, salt=None, info=purpose.encode())
            self._derived[purpose] = derivation.derive(self._key)
        return self._derived[purpose]
