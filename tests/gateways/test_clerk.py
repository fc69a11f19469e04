"""Tokens of Clerk: judged by keys of a real server, whatever a forger writes into them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from activities.gateways.clerk import Clerk, ClerkAway, TokenOver, TokenRefused
from activities.gateways.clock import FixedClock
from tests.fakes.jwks import (
    ISSUER,
    Jwks,
    Key,
    claims_at,
    ec_key,
    publishing,
    rsa_key,
    signed,
)
from tests.fakes.jwks import published as entry

Claims = dict[str, Any]


@pytest_asyncio.fixture
async def jwks() -> AsyncIterator[Jwks]:
    async with publishing(entry(rsa_key(), "rsa"), entry(ec_key(), "ec")) as jwks:
        yield jwks


@pytest.fixture
def clerk(jwks: Jwks, clock: FixedClock) -> Clerk:
    return Clerk(clock, jwks_url=jwks.url, issuer=ISSUER)


def packed(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(("make", "key_id"), [(rsa_key, "rsa"), (ec_key, "ec")])
async def test_a_genuine_token_is_read(
    clerk: Clerk, clock: FixedClock, make: Callable[[], Key], key_id: str
) -> None:
    seen = await clerk.read(signed(make(), key_id, claims_at(clock.now())))
    assert (seen.subject, seen.session) == ("user_2abc", "sess_2abc")
    assert (seen.email, seen.email_verified, seen.name) == ("ada@example.com", True, "Ada Lovelace")


@pytest.mark.parametrize("told", [None, False, "true", 1])
async def test_an_address_is_verified_only_when_the_token_says_so(
    clerk: Clerk, clock: FixedClock, told: object
) -> None:
    claims = claims_at(clock.now(), email_verified=told)
    assert not (await clerk.read(signed(rsa_key(), "rsa", claims))).email_verified


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.ink.test"},
        {"iss": None},
        {"iss": [ISSUER]},
        {"sub": None},
        {"sub": 7},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"nbf": "now"},
    ],
)
async def test_a_claim_that_is_wrong_or_missing_is_refused(
    clerk: Clerk, clock: FixedClock, wrong: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now(), **wrong)))


async def test_a_token_lives_by_our_clock_with_half_a_minute_of_grace(
    clerk: Clerk, clock: FixedClock
) -> None:
    began = clock.now()
    token = signed(rsa_key(), "rsa", claims_at(began, nbf=int(began.timestamp())))
    for seconds, fault in ((-31, TokenRefused), (-30, None), (89, None), (90, TokenOver)):
        clock.moment = began + timedelta(seconds=seconds)
        if fault is None:
            await clerk.read(token)
        else:
            with pytest.raises(fault):
                await clerk.read(token)


@pytest.mark.parametrize(
    ("claims", "ours"),
    [
        ({"aud": "inkloom"}, True),
        ({"aud": ["other", "inkloom"]}, True),
        ({"azp": "inkloom"}, True),
        ({"aud": "other"}, False),
        ({"aud": ["other"], "azp": "inkloom"}, False),
        ({"aud": "inkloom.evil.example"}, False),
        ({"azp": "other"}, False),
        ({"azp": None}, False),
    ],
)
async def test_a_token_for_another_audience_is_refused(
    jwks: Jwks, clock: FixedClock, claims: dict[str, Any], ours: bool
) -> None:
    clerk = Clerk(clock, jwks_url=jwks.url, issuer=ISSUER, audience="inkloom")
    token = signed(rsa_key(), "rsa", claims_at(clock.now(), **claims))
    if ours:
        await clerk.read(token)
    else:
        with pytest.raises(TokenRefused):
            await clerk.read(token)


def by_hmac_with_the_public_key(claims: Claims) -> str:
    pem = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    told = f"{packed({'alg': 'HS256', 'kid': 'rsa'})}.{packed(claims)}"
    mac = hmac.digest(pem, told.encode(), hashlib.sha256)
    return f"{told}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def with_other_claims(claims: Claims) -> str:
    head, _, signature = signed(rsa_key(), "rsa", claims).split(".")
    return f"{head}.{packed(claims | {'sub': 'user_admin'})}.{signature}"


def with_header(algorithm: str, number: int = 0, **more: Any) -> Callable[[Claims], str]:
    return lambda claims: jwt.encode(claims, rsa_key(number), algorithm, {"kid": "rsa"} | more)


FORGERIES: dict[str, Callable[[Claims], str]] = {
    "by no key": lambda c: f"{packed({'alg': 'none', 'kid': 'rsa'})}.{packed(c)}.",
    "by no key in capitals": lambda c: f"{packed({'alg': 'NONE', 'kid': 'rsa'})}.{packed(c)}.",
    "by HMAC with the public key": by_hmac_with_the_public_key,
    "with other claims": with_other_claims,
    "without signature": lambda c: signed(rsa_key(), "rsa", c).rpartition(".")[0] + ".",
    "by another key": lambda c: signed(rsa_key(1), "rsa", c),
    "by a key of another kind": lambda c: signed(ec_key(), "rsa", c),
    "by the key under another name": lambda c: signed(rsa_key(), "ec", c),
    "by RS512": with_header("RS512"),
    "by PS256": with_header("PS256"),
    "with a key of its own": with_header("RS256", 1, jku="https://evil.example/jwks.json"),
    "with a critical extension": with_header("RS256", crit=["x"], x=1),
    "without key id": lambda c: jwt.encode(c, rsa_key(), "RS256"),
    "too long": lambda c: signed(rsa_key(), "rsa", c | {"pad": "x" * 9000}),
    "not even close": lambda c: "ses_abc",
    "empty": lambda c: "",
    "not ASCII": lambda c: "é.é.é",
}
"""Tokens that say they are signed by the key `rsa` and are not, or not as we take them."""


@pytest.mark.parametrize("kind", FORGERIES)
async def test_a_forged_token_is_refused(clerk: Clerk, clock: FixedClock, kind: str) -> None:
    claims = claims_at(clock.now())
    await clerk.read(signed(rsa_key(), "rsa", claims))
    with pytest.raises(TokenRefused):
        await clerk.read(FORGERIES[kind](claims))


@pytest.mark.parametrize(
    "odd",
    [
        {"use": "enc"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"kty": "oct"},
        {"n": "!"},
        {"kid": 7},
        {"kid": None},
    ],
)
async def test_a_key_for_something_else_is_no_key(
    jwks: Jwks, clerk: Clerk, clock: FixedClock, odd: dict[str, Any]
) -> None:
    jwks.entries.append(entry(rsa_key(1), "new", **odd))
    with pytest.raises(TokenRefused):
        await clerk.read(signed(rsa_key(1), "new", claims_at(clock.now())))
    await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_a_key_that_is_too_short_is_no_key(
    jwks: Jwks, clerk: Clerk, clock: FixedClock
) -> None:
    short = rsa_key(2, 1024)
    jwks.entries.append(entry(short, "short"))
    with pytest.raises(TokenRefused):
        await clerk.read(signed(short, "short", claims_at(clock.now())))


async def test_a_key_needs_no_algorithm_in_the_set(
    jwks: Jwks, clerk: Clerk, clock: FixedClock
) -> None:
    jwks.entries[:] = [entry(rsa_key(), "rsa", alg=None, use=None)]
    await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))


async def test_keys_are_kept_for_ten_minutes(jwks: Jwks, clerk: Clerk, clock: FixedClock) -> None:
    for seconds, asked in ((0, 1), (300, 1), (299, 1), (1, 2), (599, 2)):
        clock.moment += timedelta(seconds=seconds)
        await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))
        assert jwks.asked == asked


async def test_a_new_key_is_found_and_an_old_one_forgotten(
    jwks: Jwks, clerk: Clerk, clock: FixedClock
) -> None:
    await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))
    jwks.entries[:] = [entry(rsa_key(1), "next")]
    clock.moment += timedelta(seconds=30)
    await clerk.read(signed(rsa_key(1), "next", claims_at(clock.now())))
    assert jwks.asked == 2
    with pytest.raises(TokenRefused):
        await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))


async def test_a_flood_of_unknown_keys_makes_one_fetch_in_half_a_minute(
    jwks: Jwks, clerk: Clerk, clock: FixedClock
) -> None:
    jwks.seconds = 0.05
    tokens = [signed(ec_key(), f"made up {n}", claims_at(clock.now())) for n in range(50)]
    for asked in (1, 2):
        outcomes = await asyncio.gather(*map(clerk.read, tokens), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {TokenRefused}
        clock.moment += timedelta(seconds=29, milliseconds=999)
        with pytest.raises(TokenRefused):
            await clerk.read(tokens[0])
        assert jwks.asked == asked
        clock.moment += timedelta(milliseconds=1)


BROKEN: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "a redirect": {"status": 302, "headers": {"Location": "https://evil.example/jwks.json"}},
    "no JSON": {"raw": b"<html>"},
    "other JSON": {"raw": b'["keys"]'},
    "no keys": {"raw": b'{"keys": []}'},
    "odd keys": {"raw": b'{"keys": [null, 7, {}, {"kty": "RSA", "kid": "rsa"}]}'},
    "too much": {"raw": b'{"keys": [' + b" " * 65536 + b"]}"},
    "too deep": {"raw": b"[" * 60_000},
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_known_keys_stay_good_while_new_ones_cannot_be_had(
    jwks: Jwks, clerk: Clerk, clock: FixedClock, fault: str
) -> None:
    await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))
    for name, value in BROKEN[fault].items():
        setattr(jwks, name, value)
    clock.moment += timedelta(hours=1)
    await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))
    assert jwks.asked == 2
    with pytest.raises(ClerkAway):
        await clerk.read(signed(rsa_key(1), "next", claims_at(clock.now())))


async def test_without_any_keys_nobody_is_refused_and_nobody_let_in(clock: FixedClock) -> None:
    clerk = Clerk(clock, jwks_url="http://127.0.0.1:1/jwks.json", issuer=ISSUER)
    for _ in range(2):
        with pytest.raises(ClerkAway):
            await clerk.read(signed(rsa_key(), "rsa", claims_at(clock.now())))


async def test_whoever_has_a_key_does_not_wait_for_a_slow_fetch(
    jwks: Jwks, clerk: Clerk, clock: FixedClock
) -> None:
    known = signed(rsa_key(), "rsa", claims_at(clock.now()))
    await clerk.read(known)
    jwks.seconds = 2.0
    clock.moment += timedelta(seconds=40)
    unknown = asyncio.create_task(clerk.read(signed(ec_key(), "new", claims_at(clock.now()))))
    while jwks.asked < 2:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(1):
        await clerk.read(known)
    unknown.cancel()
