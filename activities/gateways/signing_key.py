"""The platform's own key pair: Ed25519 signatures that anybody can check and nobody else can make.

Receivers need no secret for them; the public key is at `/.well-known/webhook-keys.json`.
"""

from __future__ import annotations

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32


class SigningKey:
    """Signs with the key that a 32-byte seed makes (RFC 8032 5.1.5); always the same for one."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_bytes = self._private.public_key().public_bytes_raw()

    @property
    def x(self) -> str:
        """The public key as JWKs spell it (RFC 8037 2)."""
        return base64.urlsafe_b64encode(self.public_bytes).rstrip(b"=").decode()

    @property
    def whpk(self) -> str:
        """The public key as Standard Webhooks spells it."""
        return "whpk_" + base64.b64encode(self.public_bytes).decode()

    @property
    def key_id(self) -> str:
        """The key's thumbprint (RFC 7638, RFC 8037 2), by which it is told from a later one."""
        required = {"crv": "Ed25519", "kty": "OKP", "x": self.x}
        text = json.dumps(required, separators=(",", ":"), sort_keys=True)
        digest = hashlib.sha256(text.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def sign(self, content: bytes) -> str:
        """`v1a,<base64>` over the content that Standard Webhooks signs."""
        return "v1a," + base64.b64encode(self._private.sign(content)).decode()
