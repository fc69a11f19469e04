"""Session tokens of Clerk: JWTs (RFC 7519) that are judged by the keys of its JWKS (RFC 7517).

Keys are fetched when first needed and every 10 minutes. A token with a key id that is not known
makes us look again, every 30 seconds at most; while the fetch fails, the keys at hand are used.
Only RS256 and ES256 are taken, and each key for its own algorithm alone (RFC 8725 3.1).
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import structlog

from activities.gateways.clock import Clock

FETCH_SECONDS = 5.0
MOST_BYTES = 64 * 1024
FRESH = timedelta(minutes=10)
PATIENCE = timedelta(seconds=30)
"""Between two fetches, whatever tokens come."""

LEEWAY = 30.0
"""Seconds that the clocks may differ by."""

MOST_SIGNS = 8 * 1024
"""No token is longer: a browser keeps it in a cookie of 4 KiB."""

_ALGORITHMS: Mapping[tuple[Any, Any], str] = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}
_FAULTS = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError)

log = structlog.get_logger("inkloom.clerk")


class TokenRefused(Exception):
    """The token is not one that this issuer made for us."""


class TokenOver(Exception):
    """The token is genuine; its time is over."""


class ClerkAway(Exception):
    """The token's key is not known and cannot be fetched at the moment."""


@dataclass(frozen=True)
class ClerkToken:
    """What a genuine token says. `session` is the same in all tokens of one sign-in."""

    subject: str
    session: str
    email: str
    email_verified: bool
    name: str


class Clerk:
    """Judges tokens of one issuer. With an `audience`, a token must be made for it: its `aud`, or
    where it has none its `azp`, the origin that it was given to."""

    def __init__(self, clock: Clock, *, jwks_url: str, issuer: str, audience: str = "") -> None:
        self._clock = clock
        self._jwks_url = jwks_url
        self._issuer = issuer
        self._audience = audience
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._fetching = asyncio.Lock()

    async def read(self, token: str) -> ClerkToken:
        """What the token says. Raises `TokenRefused`, `TokenOver`, `ClerkAway`."""
        key = await self._key_of(_key_id(token))
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                options={
                    "require": ["exp", "iss", "sub"],
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.PyJWTError as fault:
            raise TokenRefused from fault
        self._must_be_for_us(claims)
        self._must_be_alive(claims)
        return ClerkToken(
            subject=claims["sub"],
            session=_text(claims, "sid") or claims["sub"],
            email=_text(claims, "email"),
            email_verified=claims.get("email_verified") is True,
            name=_text(claims, "name"),
        )

    def _must_be_for_us(self, claims: Mapping[str, Any]) -> None:
        if not self._audience:
            return
        meant = claims.get("aud", claims.get("azp"))
        if self._audience not in (meant if isinstance(meant, list) else [meant]):
            raise TokenRefused

    def _must_be_alive(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now().timestamp()
        ends, begins = claims["exp"], claims.get("nbf", 0)
        if not (_is_moment(ends) and _is_moment(begins)) or begins - LEEWAY > now:
            raise TokenRefused
        if ends + LEEWAY <= now:
            raise TokenOver

    async def _key_of(self, key_id: str) -> jwt.PyJWK:
        # Who needs a key that is not here waits for a fetch under way; who has one goes on with it.
        due = self._must_fetch(key_id) and not self._fetching.locked()
        if due or key_id not in self._keys:
            async with self._fetching:
                if self._must_fetch(key_id):
                    await self._fetch()
        if key_id in self._keys:
            return self._keys[key_id]
        if self._fetched_at != self._tried_at:
            raise ClerkAway
        raise TokenRefused

    def _must_fetch(self, key_id: str) -> bool:
        now = self._clock.now()
        if self._tried_at is not None and now - self._tried_at < PATIENCE:
            return False
        stale = self._fetched_at is None or now - self._fetched_at >= FRESH
        return stale or key_id not in self._keys

    async def _fetch(self) -> None:
        """Get the keys; what fails is logged and leaves those at hand."""
        self._tried_at = self._clock.now()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = _usable(await self._download())
        except _FAULTS as fault:
            log.warning("the keys of Clerk cannot be fetched", reason=type(fault).__name__)
        else:
            self._fetched_at = self._tried_at

    async def _download(self) -> bytes:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        body = bytearray()
        async with (
            httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=False) as client,
            client.stream("GET", self._jwks_url, headers=headers) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ValueError("the key set is too large")
        return bytes(body)


def _key_id(token: str) -> str:
    """The id of the key that the token says it was signed with."""
    if len(token) > MOST_SIGNS:
        raise TokenRefused
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, UnicodeError) as fault:
        raise TokenRefused from fault
    if not isinstance(key_id, str):
        raise TokenRefused
    return key_id


def _usable(document: bytes) -> Mapping[str, jwt.PyJWK]:
    """The signing keys of a JWKS by their ids; `ValueError` when it has none that we could use."""
    whole = json.loads(document)
    entries = whole.get("keys") if isinstance(whole, dict) else None
    keys = {}
    for entry in entries if isinstance(entries, list) else []:
        key = _key(entry) if isinstance(entry, dict) else None
        if key is not None:
            keys[str(key.key_id)] = key
    if not keys:
        raise ValueError("the key set has no key that could be used")
    return keys


def _key(entry: dict[str, Any]) -> jwt.PyJWK | None:
    algorithm = _ALGORITHMS.get((entry.get("kty"), entry.get("crv")))
    told = (entry.get("alg", algorithm), entry.get("use", "sig"))
    if algorithm is None or told != (algorithm, "sig") or "kid" not in entry or "d" in entry:
        return None
    try:
        return jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        return None


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _is_moment(value: object) -> bool:
    """Whether this is a NumericDate (RFC 7519 2); Python's JSON also reads NaN and booleans."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
