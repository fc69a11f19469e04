"""A sign-in service on loopback: it signs tokens and publishes its keys, as Clerk does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://clerk.ink.test"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same key for the same number, since making one is slow."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def published(key: Key, key_id: str, **more: Any) -> dict[str, Any]:
    """The public half as an entry of a JWKS; what is None in `more` is left out."""
    if isinstance(key, rsa.RSAPrivateKey):
        told = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"alg": "RS256"}
    else:
        told = ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"alg": "ES256"}
    entry = told | {"kid": key_id, "use": "sig"} | more
    return {name: value for name, value in entry.items() if value is not None}


def signed(key: Key, key_id: str, claims: dict[str, Any]) -> str:
    """A token with these claims, however wrong they are."""
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, {"kid": key_id})


def claims_at(now: datetime, **more: Any) -> dict[str, Any]:
    """Those of a session token of Clerk, good for a minute; what is None in `more` is left out."""
    moment = int(now.timestamp())
    usual = {
        "iss": ISSUER,
        "sub": "user_2abc",
        "sid": "sess_2abc",
        "azp": "https://ink.test",
        "iat": moment,
        "nbf": moment - 10,
        "exp": moment + 60,
        "email": "ada@example.com",
        "email_verified": True,
        "name": "Ada Lovelace",
    }
    return {name: value for name, value in (usual | more).items() if value is not None}


@dataclass
class Jwks:
    """The server: what it publishes, how it misbehaves, and how often it was asked."""

    entries: list[dict[str, Any]]
    url: str = ""
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    asked: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        body = json.dumps({"keys": self.entries}).encode() if self.raw is None else self.raw
        return web.Response(
            status=self.status, body=body, content_type="application/json", headers=self.headers
        )


@asynccontextmanager
async def publishing(*entries: dict[str, Any]) -> AsyncIterator[Jwks]:
    jwks = Jwks(list(entries))
    application = web.Application()
    application.router.add_get("/.well-known/jwks.json", jwks.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    jwks.url = f"http://127.0.0.1:{runner.addresses[0][1]}/.well-known/jwks.json"
    try:
        yield jwks
    finally:
        await runner.cleanup()
