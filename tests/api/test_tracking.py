"""The tracking dialect's credential: what it is told, how it ends, how often it may ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.key_ends import RevokeKey, revoke_key
from activities.key_ring import IssueKey, KeyView, issue_key
from activities.rules.actors import Actor
from tests.api.conftest import Client, Tenant
from tests.builders.keys import an_actor, secret_of
from tests.builders.tenants import an_organization

VERIFY = "/v1/auth/verify"


@pytest_asyncio.fixture
async def owner(client: Client) -> Actor:
    return await an_actor(await an_organization("acme-co"), plan="pro")


def bearer(key: KeyView) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret_of(key)}"}


async def refused(client: Client, headers: dict[str, str]) -> tuple[int, str]:
    answer = await client.get(VERIFY, headers=headers)
    assert set(answer.json()) == {"error", "code"}
    return answer.status_code, answer.json()["code"]


async def test_a_key_is_told_whose_it_is_and_nothing_else(client: Client, owner: Actor) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Production"))
    answer = await client.get(VERIFY, headers=bearer(key))
    assert answer.status_code == 200
    assert answer.json() == {
        "authenticated": True,
        "organization": {"id": str(owner.organization_id), "name": "Acme-Co"},
        "apiKey": {"name": "Production", "prefix": secret_of(key)[:12]},
    }


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic {secret}", "{secret}", "Bearer {secret} {secret}"],
)
async def test_a_malformed_header_is_unauthorized(
    client: Client, owner: Actor, header: str
) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Key"))
    sent = {"Authorization": header.format(secret=secret_of(key))} if header else {}
    assert await refused(client, sent) == (401, "UNAUTHORIZED")


async def test_the_scheme_is_read_in_any_case(client: Client, owner: Actor) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Key"))
    answer = await client.get(VERIFY, headers={"Authorization": f"bearer {secret_of(key)}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("secret", ["qrt_invented", "x", "qrt_" + "ü" * 8])
async def test_an_unknown_key_is_invalid(client: Client, secret: str) -> None:
    answer = await client.get(VERIFY, headers={b"Authorization": f"Bearer {secret}".encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_API_KEY")


async def test_a_key_of_another_dialect_is_invalid(client: Client, owner: Actor) -> None:
    key = await issue_key(IssueKey(owner, "canva", "Key"))
    assert await refused(client, bearer(key)) == (401, "INVALID_API_KEY")


async def test_a_revoked_and_an_expired_key_are_told_apart(
    client: Client, owner: Actor, clock: FixedClock
) -> None:
    soon = clock.now() + timedelta(hours=1)
    revoked = await issue_key(IssueKey(owner, "tracking", "Revoked", expires_at=soon))
    expired = await issue_key(IssueKey(owner, "tracking", "Expired", expires_at=soon))
    for key in (revoked, expired):
        assert (await client.get(VERIFY, headers=bearer(key))).status_code == 200
    await revoke_key(RevokeKey(owner, revoked.id))
    assert await refused(client, bearer(revoked)) == (401, "API_KEY_REVOKED")
    clock.moment = soon
    assert await refused(client, bearer(expired)) == (401, "API_KEY_EXPIRED")
    assert await refused(client, bearer(revoked)) == (401, "API_KEY_REVOKED")


@pytest.mark.parametrize(
    ("plan", "status"),
    [("free", 403), ("starter", 403), ("pro", 200), ("agency", 200), ("enterprise", 200)],
)
async def test_the_plan_decides_whether_there_is_an_api(
    client: Client, owner: Actor, database: AsyncConnection, plan: str, status: int
) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Key"))
    await database.execute(text("UPDATE organization SET plan = :plan"), {"plan": plan})
    answer = await client.get(VERIFY, headers=bearer(key))
    assert (answer.status_code, answer.json().get("code")) == (
        status,
        "PLAN_LIMIT" if status == 403 else None,
    )


async def test_limits_are_told_on_every_answer_and_kept(
    client: Client, owner: Actor, clock: FixedClock
) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Slow", per_minute=2, burst=2))
    first = (await client.get(VERIFY, headers=bearer(key))).headers
    assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("2", "1")
    assert int(first["x-ratelimit-reset"]) == int(clock.now().timestamp()) + 30
    assert "x-daily-limit" not in first
    assert "retry-after" not in first
    await client.get("/v1/auth/verify?again", headers=bearer(key))
    third = await client.get(VERIFY, headers=bearer(key))
    assert (third.status_code, third.json()["code"]) == (429, "RATE_LIMITED")
    assert third.headers["retry-after"] == "30"
    assert third.headers["x-ratelimit-remaining"] == "0"
    clock.moment += timedelta(seconds=30)
    assert (await client.get(VERIFY, headers=bearer(key))).status_code == 200


async def test_a_daily_cap_is_told_and_kept_until_midnight_utc(
    client: Client, owner: Actor, clock: FixedClock
) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Capped", daily_cap=2))
    left = [
        (await client.get(VERIFY, headers=bearer(key))).headers["x-daily-remaining"]
        for _ in range(2)
    ]
    assert left == ["1", "0"]
    third = await client.get(VERIFY, headers=bearer(key))
    assert (third.status_code, third.headers["x-daily-limit"]) == (429, "2")
    assert third.headers["retry-after"] == str(12 * 60 * 60)
    clock.moment += timedelta(hours=12)
    assert (await client.get(VERIFY, headers=bearer(key))).status_code == 200


async def test_a_key_that_may_read_assets_only_verifies_too(client: Client, owner: Actor) -> None:
    key = await issue_key(IssueKey(owner, "tracking", "Key", scopes=("assets.read",)))
    assert (await client.get(VERIFY, headers=bearer(key))).status_code == 200


async def test_a_session_does_not_verify(client: Client, tenant: Tenant) -> None:
    assert await refused(client, tenant.workspace) == (401, "UNAUTHORIZED")
