"""Access and refresh tokens: what they prove, when they end, what a copied one does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import CreateOrganization, create_organization
from activities.gateways.clock import FixedClock
from activities.outside import Outside, install
from activities.rules.errors import CredentialExpired, CredentialRevoked, CredentialUnknown
from activities.rules.permissions import OF_ROLE
from activities.rules.throttles import API
from activities.token_pairs import (
    AuthenticateJwt,
    Pair,
    RefreshPair,
    RevokePair,
    authenticate_jwt,
    refresh_pair,
    revoke_pair,
)
from tests.builders.accounts import ADDRESS, a_sign_in, an_account, behind

pytestmark = pytest.mark.usefixtures("database", "world")


async def next_of(pair: Pair) -> Pair:
    return await refresh_pair(RefreshPair(pair.refresh))


async def acts(database: AsyncConnection, action: str) -> int:
    count = text("SELECT count(*) FROM audit_entry WHERE action = :action")
    return int(await database.scalar(count, {"action": action}) or 0)


def key_of(world: Outside) -> bytes:
    return world.vault.derive("studio access token")


def claims_of(pair: Pair, world: Outside) -> dict[str, Any]:
    options: Any = {"verify_signature": False}
    claims: dict[str, Any] = jwt.decode(pair.access, key_of(world), options=options)
    return claims


def spelled(header: Mapping[str, Any], claims: Mapping[str, Any], key: bytes) -> str:
    """A token as RFC 7519 has it, signed with HMAC-SHA256 whatever its header says."""
    parts = [json.dumps(part).encode() for part in (header, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    tag = hmac.new(key, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(tag).rstrip(b"=")).decode()


async def test_an_access_token_speaks_for_a_person_in_an_organization() -> None:
    made = await an_account()
    actor = await behind(made.pair)
    assert (actor.kind, actor.dialect, actor.name) == ("jwt", "studio", "Ada Lovelace")
    assert (actor.role, actor.permissions) == ("owner", OF_ROLE["owner"])
    assert (actor.plan, actor.throttle, actor.daily_cap) == ("free", API, None)
    assert actor.credential_id == made.pair.family_id
    assert actor.workspace_id is None


async def test_an_access_token_says_what_it_is_for(world: Outside) -> None:
    made = await an_account()
    claims = claims_of(made.pair, world)
    now = int(world.clock.now().timestamp())
    assert (claims["iss"], claims["aud"]) == (world.public_url, "studio")
    assert (claims["iat"], claims["exp"]) == (now, now + 900)
    assert claims["sub"] == str(made.account.user_id)
    assert claims["org"] == str(made.account.organization_id)
    assert claims["jti"] != claims_of(await next_of(made.pair), world)["jti"]
    assert set(claims) == {"iss", "aud", "sub", "org", "fam", "iat", "exp", "jti"}


async def test_an_independent_signature_of_the_same_claims_is_taken(world: Outside) -> None:
    made = await an_account()
    header = {"alg": "HS256", "typ": "JWT"}
    token = spelled(header, claims_of(made.pair, world), key_of(world))
    assert await authenticate_jwt(AuthenticateJwt(token)) == await behind(made.pair)


async def test_role_and_plan_are_those_of_now(database: AsyncConnection) -> None:
    pair = (await an_account()).pair
    await database.execute(text("UPDATE membership SET role = 'viewer'"))
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    actor = await behind(pair)
    assert (actor.role, actor.plan) == ("viewer", "pro")
    assert actor.permissions == OF_ROLE["viewer"]


async def test_an_access_token_costs_one_query(database: AsyncConnection) -> None:
    pair = (await an_account()).pair
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(database.sync_connection, "before_cursor_execute", note)
    await behind(pair)
    event.remove(database.sync_connection, "before_cursor_execute", note)
    assert len([one for one in asked if "SAVEPOINT" not in one]) == 1


async def test_an_access_token_lives_fifteen_minutes(clock: FixedClock) -> None:
    pair = (await an_account()).pair
    clock.moment += timedelta(minutes=15) - timedelta(microseconds=1)
    await behind(pair)
    clock.moment += timedelta(microseconds=1)
    with pytest.raises(CredentialExpired):
        await behind(pair)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "tracking"},
        {"aud": ["studio"]},
        {"aud": ["studio", "tracking"]},
        {"sub": str(uuid4())},
        {"org": str(uuid4())},
        {"fam": str(uuid4())},
        {"fam": 7},
        {"org": {"a": 1}},
        {"sub": "ada"},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"exp": float("nan")},
        *({name: None} for name in ("iss", "aud", "sub", "org", "fam", "iat", "exp", "jti")),
    ],
)
async def test_other_claims_are_not_known(world: Outside, changed: Mapping[str, Any]) -> None:
    pair = (await an_account()).pair
    claims = {**claims_of(pair, world), **changed}
    kept = {name: value for name, value in claims.items() if value is not None}
    for given in (claims, kept):
        token = spelled({"alg": "HS256", "typ": "JWT"}, given, key_of(world))
        with pytest.raises(CredentialUnknown):
            await authenticate_jwt(AuthenticateJwt(token))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "RS256", "hs256", "", None, 7])
async def test_no_other_algorithm_is_taken(world: Outside, algorithm: object) -> None:
    pair = (await an_account()).pair
    token = spelled({"alg": algorithm}, claims_of(pair, world), key_of(world))
    for given in (token, token.rpartition(".")[0] + "."):
        with pytest.raises(CredentialUnknown):
            await authenticate_jwt(AuthenticateJwt(given))


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_the_key_signs_with_one_algorithm_only(world: Outside, algorithm: str) -> None:
    pair = (await an_account()).pair
    token = jwt.encode(claims_of(pair, world), key_of(world), algorithm)
    with pytest.raises(CredentialUnknown):
        await authenticate_jwt(AuthenticateJwt(token))


@pytest.mark.parametrize("key", [b"", bytes(range(32)), b"studio access token"])
async def test_no_other_key_is_taken(world: Outside, key: bytes) -> None:
    pair = (await an_account()).pair
    token = spelled({"alg": "HS256"}, claims_of(pair, world), key)
    with pytest.raises(CredentialUnknown):
        await authenticate_jwt(AuthenticateJwt(token))


@pytest.mark.parametrize(
    "token", ["", "a", "..", "a.b.c", "ä.ö.ü", "e30.e30.", "[" * 5000, "qrs_x", "\x00.\x00.\x00"]
)
async def test_what_is_no_token_is_not_known(token: str) -> None:
    with pytest.raises(CredentialUnknown):
        await authenticate_jwt(AuthenticateJwt(token))


async def test_a_token_of_another_house_is_not_known(world: Outside) -> None:
    pair = (await an_account()).pair
    install(replace(world, public_url="https://other.test"))
    with pytest.raises(CredentialUnknown):
        await behind(pair)


async def test_a_refresh_gives_another_pair_of_the_same_sign_in(clock: FixedClock) -> None:
    first = (await an_account()).pair
    clock.moment += timedelta(minutes=20)
    second = await next_of(first)
    assert second.family_id == first.family_id
    assert second.refresh.startswith("rft_")
    assert len(second.refresh) == 4 + 43
    assert {second.access, second.refresh}.isdisjoint({first.access, first.refresh})
    assert (await behind(second)).user_id is not None


async def test_a_refresh_token_that_comes_again_ends_its_family(
    database: AsyncConnection,
) -> None:
    first = (await an_account()).pair
    second = await next_of(first)
    third = await next_of(second)
    with pytest.raises(CredentialRevoked):
        await next_of(first)
    for pair in (first, second, third):
        with pytest.raises(CredentialRevoked):
            await behind(pair)
    with pytest.raises(CredentialRevoked):
        await next_of(third)
    with pytest.raises(CredentialRevoked):
        await next_of(second)
    assert await acts(database, "token.reuse_detected") == 1


async def test_a_copied_token_ends_no_other_sign_in() -> None:
    first = (await an_account()).pair
    other = await a_sign_in()
    await next_of(first)
    with pytest.raises(CredentialRevoked):
        await next_of(first)
    await behind(other)
    await behind(await next_of(other))


async def test_a_refresh_token_lives_thirty_days_from_its_own_making(clock: FixedClock) -> None:
    first = (await an_account()).pair
    clock.moment += timedelta(days=30) - timedelta(seconds=1)
    second = await next_of(first)
    clock.moment += timedelta(days=30)
    with pytest.raises(CredentialExpired):
        await next_of(second)


async def test_an_expired_token_that_was_used_is_still_a_copy(
    database: AsyncConnection, clock: FixedClock
) -> None:
    first = (await an_account()).pair
    await next_of(first)
    clock.moment += timedelta(days=31)
    with pytest.raises(CredentialRevoked):
        await next_of(first)
    assert await acts(database, "token.reuse_detected") == 1


@pytest.mark.parametrize("token", ["", "rft_", "rft_invented", "ä", "\x00"])
async def test_an_invented_refresh_token_is_not_known(token: str) -> None:
    with pytest.raises(CredentialUnknown):
        await refresh_pair(RefreshPair(token))
    await revoke_pair(RevokePair(token))


async def test_an_access_token_refreshes_nothing() -> None:
    pair = (await an_account()).pair
    with pytest.raises(CredentialUnknown):
        await refresh_pair(RefreshPair(pair.access))


async def test_signing_out_ends_both_tokens_and_may_be_asked_twice(
    database: AsyncConnection,
) -> None:
    pair, other = (await an_account()).pair, await a_sign_in()
    for _ in range(2):
        await revoke_pair(RevokePair(pair.refresh))
    for refused in (behind(pair), next_of(pair)):
        with pytest.raises(CredentialRevoked):
            await refused
    await behind(other)
    assert await acts(database, "session.revoked") == 1


async def test_signing_out_with_a_token_from_before_ends_the_sign_in_too() -> None:
    first = (await an_account()).pair
    second = await next_of(first)
    await revoke_pair(RevokePair(first.refresh))
    with pytest.raises(CredentialRevoked):
        await behind(second)


async def test_who_left_the_organization_speaks_for_it_no_more(
    database: AsyncConnection,
) -> None:
    made = await an_account()
    await create_organization(CreateOrganization("Second", "second", ADDRESS, "Ada"))
    await database.execute(
        text("DELETE FROM membership WHERE organization_id = :home"),
        {"home": made.account.organization_id},
    )
    with pytest.raises(CredentialUnknown):
        await behind(made.pair)
    with pytest.raises(CredentialRevoked):
        await next_of(made.pair)


async def test_the_sign_ins_of_a_person_can_be_ended_by_the_person(
    database: AsyncConnection,
) -> None:
    made, other = await an_account(), await an_account("grace@example.com")
    await database.execute(
        text("UPDATE token_family SET revoked_at = '2026-01-01Z' WHERE user_id = :id"),
        {"id": made.account.user_id},
    )
    with pytest.raises(CredentialRevoked):
        await behind(made.pair)
    with pytest.raises(CredentialRevoked):
        await next_of(made.pair)
    await behind(other.pair)
