"""Keys in the hands of their people: issued within limits, rotated with grace, revoked at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.key_ends import RevokeKey, RotateKey, revoke_key, rotate_key
from activities.key_ring import IssueKey, KeyView, ListKeys, issue_key, list_keys
from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.errors import (
    CredentialExpired,
    CredentialRevoked,
    Forbidden,
    InvalidFields,
    NotFound,
    PlanLimitReached,
)
from activities.rules.paging import PageRequest
from activities.rules.permissions import SCOPES
from tests.builders.keys import a_key_of, a_workspace, an_actor, secret_of
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

PAGE = PageRequest()


async def a_person(slug: str = "acme", role: str = "owner", plan: str = "free") -> Actor:
    return await an_actor(await an_organization(slug), role, plan)


async def speaks(key: KeyView) -> Actor:
    return await authenticate_key(AuthenticateKey(key.dialect, secret_of(key)))


async def listed(by: Actor, dialect: str = "") -> list[KeyView]:
    return list((await list_keys(ListKeys(by, PAGE, dialect))).items)


async def acts(database: AsyncConnection) -> list[tuple[str, str, Any]]:
    rows = await database.execute(
        text("SELECT action, target, detail FROM audit_entry WHERE action LIKE 'key.%' ORDER BY 1")
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("dialect", "kind", "prefix"),
    [
        ("studio", "api", "qrs_"),
        ("tracking", "api", "qrt_"),
        ("canva", "api", "ink_"),
        ("links", "api", "inn_"),
        ("business", "api", "qsi_"),
        ("business", "mcp", "qsm_"),
    ],
)
async def test_a_key_of_each_dialect_starts_with_its_prefix_and_speaks(
    dialect: str, kind: Any, prefix: str
) -> None:
    by = await a_person(plan="pro")
    key = await issue_key(IssueKey(by, dialect, "Production", kind))
    assert secret_of(key).startswith(prefix)
    assert len(secret_of(key)) == len(prefix) + 43
    assert key.prefix == secret_of(key)[: len(prefix) + 8]
    assert (await speaks(key)).permissions == frozenset(SCOPES[dialect])


async def test_a_list_shows_prefixes_and_no_secrets(database: AsyncConnection) -> None:
    by = await a_person()
    made = [await issue_key(IssueKey(by, dialect, dialect)) for dialect in ("studio", "links")]
    assert {key.prefix for key in await listed(by)} == {key.prefix for key in made}
    assert [key.name for key in await listed(by, "links")] == ["links"]
    assert {key.secret for key in await listed(by)} == {None}
    stored = str((await database.execute(text("SELECT k::text FROM api_key k"))).all())
    stored += str(await acts(database))
    for key in made:
        assert secret_of(key) not in stored
        assert secret_of(key) not in repr(key)


async def test_a_key_is_active_then_expired_and_its_use_is_told(clock: FixedClock) -> None:
    by = await a_person()
    ends = clock.now() + timedelta(hours=1)
    key = await issue_key(IssueKey(by, "studio", "Short", expires_at=ends))
    await speaks(key)
    (seen,) = await listed(by)
    assert (seen.status, seen.expires_at, seen.last_used_at) == ("active", ends, clock.now())
    clock.moment = ends
    assert (await listed(by))[0].status == "expired"
    with pytest.raises(CredentialExpired):
        await speaks(key)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"dialect": "workspace"}, "dialect"),
        ({"dialect": "nonsense"}, "dialect"),
        ({"kind": "mcp"}, "kind"),
        ({"scopes": ("keys.write",)}, "scopes"),
        ({"per_minute": 31}, "per_minute"),
        ({"per_minute": 0}, "per_minute"),
        ({"burst": 61}, "burst"),
        ({"daily_cap": 0}, "daily_cap"),
        ({"daily_cap": 1_000_000_001}, "daily_cap"),
        ({"expires_at": datetime(2026, 11, 21, 12, tzinfo=UTC)}, "expires_at"),
        ({"expires_at": datetime(9999, 12, 31, tzinfo=UTC)}, "expires_at"),
    ],
)
async def test_a_wrong_wish_is_named(wrong: dict[str, Any], field: str) -> None:
    by = await a_person()
    with pytest.raises(InvalidFields) as refused:
        await issue_key(IssueKey(**{"by": by, "dialect": "studio", "name": "Key", **wrong}))
    assert list(refused.value.fields) == [field]
    assert await listed(by) == []


async def test_a_key_has_its_scopes_and_is_always_told_whose_it_is() -> None:
    by = await a_person()
    key = await issue_key(IssueKey(by, "studio", "Reader", scopes=("assets.read",)))
    assert key.scopes == ("assets.read", "organization.read")
    actor = await speaks(key)
    with pytest.raises(Forbidden):
        actor.must("assets.write")


async def test_limits_of_a_key_narrow_those_of_the_plan() -> None:
    by = await a_person()
    plain = await issue_key(IssueKey(by, "studio", "Plain"))
    slow = await issue_key(IssueKey(by, "studio", "Slow", per_minute=10, daily_cap=100))
    assert (plain.per_minute, plain.burst, plain.daily_cap) == (30, 60, None)
    assert (slow.per_minute, slow.burst, slow.daily_cap) == (10, 10, 100)
    actor = await speaks(slow)
    assert (actor.throttle.per_minute, actor.throttle.burst, actor.daily_cap) == (10, 10, 100)


async def test_the_limits_of_a_key_shrink_with_its_plan(database: AsyncConnection) -> None:
    by = await a_person(plan="pro")
    key = await issue_key(IssueKey(by, "studio", "Fast", per_minute=600, burst=1200))
    await database.execute(text("UPDATE organization SET plan = 'free'"))
    actor = await speaks(key)
    assert (actor.throttle.per_minute, actor.throttle.burst) == (30, 60)


async def test_a_plan_holds_so_many_living_keys(clock: FixedClock) -> None:
    by = await a_person()
    soon = clock.now() + timedelta(minutes=1)
    await issue_key(IssueKey(by, "studio", "Brief", expires_at=soon))
    keys = [await issue_key(IssueKey(by, "studio", f"Key {number}")) for number in range(4)]
    with pytest.raises(PlanLimitReached, match="5 keys"):
        await issue_key(IssueKey(by, "links", "Sixth"))
    await rotate_key(RotateKey(by, keys[0].id, grace_seconds=3600))
    with pytest.raises(PlanLimitReached):
        await issue_key(IssueKey(by, "links", "Sixth"))
    await revoke_key(RevokeKey(by, keys[1].id))
    await issue_key(IssueKey(by, "links", "In its place"))
    clock.moment = soon
    await issue_key(IssueKey(by, "links", "In place of the brief one"))


async def test_a_key_may_be_for_one_workspace_of_the_organization_only() -> None:
    home, other = await an_organization("home"), await an_organization("other")
    by = await an_actor(home)
    key = await issue_key(IssueKey(by, "business", "Shop", workspace_id=home.workspace_id))
    assert (await speaks(key)).workspace_id == home.workspace_id
    with pytest.raises(NotFound, match="workspace"):
        await issue_key(IssueKey(by, "business", "Shop", workspace_id=other.workspace_id))
    gone = await a_workspace(home, deleted=True)
    with pytest.raises(NotFound, match="workspace"):
        await issue_key(IssueKey(by, "business", "Shop", workspace_id=gone))


async def test_who_is_restricted_to_a_workspace_reaches_its_keys_only() -> None:
    home = await an_organization()
    everywhere, aside = await an_actor(home), await a_workspace(home)
    wide = await issue_key(IssueKey(everywhere, "studio", "Wide"))
    within = await an_actor(home, workspace_id=aside)
    narrow = await issue_key(IssueKey(within, "studio", "Narrow"))
    assert narrow.workspace_id == aside
    assert [key.id for key in await listed(within)] == [narrow.id]
    with pytest.raises(NotFound, match="workspace"):
        await issue_key(IssueKey(within, "studio", "Wider", workspace_id=home.workspace_id))
    for act in (revoke_key(RevokeKey(within, wide.id)), rotate_key(RotateKey(within, wide.id))):
        with pytest.raises(NotFound):
            await act


@pytest.mark.parametrize("role", ["editor", "viewer"])
async def test_who_may_not_handle_keys_is_refused(role: str) -> None:
    home = await an_organization()
    key = await issue_key(IssueKey(await an_actor(home), "studio", "Key"))
    by = await an_actor(home, role)
    for act in (
        issue_key(IssueKey(by, "studio", "Mine")),
        list_keys(ListKeys(by, PAGE)),
        rotate_key(RotateKey(by, key.id)),
        revoke_key(RevokeKey(by, key.id)),
    ):
        with pytest.raises(Forbidden):
            await act


async def test_a_key_makes_no_keys() -> None:
    with pytest.raises(Forbidden, match=r"keys\.write"):
        await issue_key(IssueKey(await a_tenant(), "studio", "Child"))


async def test_nobody_gives_a_key_more_than_they_have(database: AsyncConnection) -> None:
    home = await an_organization()
    key = await issue_key(IssueKey(await an_actor(home), "studio", "Writer"))
    limited = await an_actor(home, only={"keys.write", "assets.read", "organization.read"})
    with pytest.raises(Forbidden, match=r"assets\.write"):
        await issue_key(IssueKey(limited, "studio", "Writer"))
    with pytest.raises(Forbidden, match=r"assets\.write"):
        await rotate_key(RotateKey(limited, key.id))
    await issue_key(IssueKey(limited, "studio", "Reader", scopes=("assets.read",)))


async def test_a_rotated_key_keeps_its_terms_and_the_old_secret_ends(clock: FixedClock) -> None:
    by = await a_person(plan="pro")
    terms = {"scopes": ("assets.read",), "per_minute": 7, "burst": 9, "daily_cap": 11}
    ends = clock.now() + timedelta(days=9)
    old = await issue_key(IssueKey(by, "business", "Bot", "mcp", **terms, expires_at=ends))  # type: ignore[arg-type]
    new = await rotate_key(RotateKey(by, old.id))
    assert secret_of(new) != secret_of(old)
    same = ("dialect", "kind", "name", "scopes", "per_minute", "burst", "daily_cap", "expires_at")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (await speaks(new)).credential_id == new.id
    with pytest.raises(CredentialRevoked):
        await speaks(old)
    assert {key.id: key.status for key in await listed(by)} == {old.id: "revoked", new.id: "active"}


async def test_the_old_secret_works_until_its_grace_is_over(clock: FixedClock) -> None:
    by = await a_person()
    old = await issue_key(IssueKey(by, "studio", "Key"))
    new = await rotate_key(RotateKey(by, old.id, grace_seconds=3600))
    clock.moment += timedelta(seconds=3599)
    await speaks(old)
    assert {key.id: key.status for key in await listed(by)}[old.id] == "retiring"
    clock.moment += timedelta(seconds=1)
    with pytest.raises(CredentialRevoked):
        await speaks(old)
    await speaks(new)


async def test_of_one_key_at_most_two_secrets_work() -> None:
    by = await a_person()
    first = await issue_key(IssueKey(by, "studio", "Key"))
    second = await rotate_key(RotateKey(by, first.id, grace_seconds=3600))
    third = await rotate_key(RotateKey(by, second.id, grace_seconds=3600))
    with pytest.raises(CredentialRevoked):
        await speaks(first)
    await speaks(second)
    await speaks(third)


@pytest.mark.parametrize("state", ["rotated", "retiring", "revoked", "expired"])
async def test_only_an_active_key_can_be_rotated(clock: FixedClock, state: str) -> None:
    by = await a_person()
    ends = clock.now() + timedelta(minutes=1)
    key = await issue_key(IssueKey(by, "studio", "Key", expires_at=ends))
    match state:
        case "rotated":
            await rotate_key(RotateKey(by, key.id))
        case "retiring":
            await rotate_key(RotateKey(by, key.id, grace_seconds=30))
        case "revoked":
            await revoke_key(RevokeKey(by, key.id))
        case "expired":
            clock.moment = ends
    with pytest.raises(InvalidFields, match="only an active one"):
        await rotate_key(RotateKey(by, key.id))


@pytest.mark.parametrize("seconds", [-1, 7 * 24 * 3600 + 1])
async def test_a_grace_is_at_most_seven_days(seconds: int) -> None:
    by = await a_person()
    key = await issue_key(IssueKey(by, "studio", "Key"))
    with pytest.raises(InvalidFields, match="grace_seconds"):
        await rotate_key(RotateKey(by, key.id, grace_seconds=seconds))


async def test_a_revoked_key_stops_and_may_be_revoked_again(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_person()
    key = await issue_key(IssueKey(by, "studio", "Key"))
    await speaks(key)
    await revoke_key(RevokeKey(by, key.id))
    with pytest.raises(CredentialRevoked):
        await speaks(key)
    revoked_at = clock.now()
    clock.moment += timedelta(days=1)
    await revoke_key(RevokeKey(by, key.id))
    assert [key.revoked_at for key in await listed(by)] == [revoked_at]
    assert [action for action, *_ in await acts(database)] == ["key.created", "key.revoked"]


async def test_another_tenants_key_is_not_there() -> None:
    mine, theirs = await a_person("mine"), await a_person("theirs")
    key = await a_key_of(theirs)
    for act in (
        rotate_key(RotateKey(mine, key.id)),
        revoke_key(RevokeKey(mine, key.id)),
        revoke_key(RevokeKey(theirs, key.id, dialect="links")),
        rotate_key(RotateKey(theirs, key.id, dialect="links")),
    ):
        with pytest.raises(NotFound, match="API key"):
            await act
    assert await listed(mine) == []
    await speaks(key)


async def test_each_act_is_in_the_audit_log(database: AsyncConnection) -> None:
    by = await a_person()
    old = await issue_key(IssueKey(by, "studio", "Key", scopes=("usage.read",)))
    new = await rotate_key(RotateKey(by, old.id, grace_seconds=60))
    await revoke_key(RevokeKey(by, new.id))
    assert await acts(database) == [
        (
            "key.created",
            f"key {old.id}",
            {
                "prefix": old.prefix,
                "dialect": "studio",
                "scopes": ["organization.read", "usage.read"],
            },
        ),
        ("key.revoked", f"key {new.id}", {"prefix": new.prefix}),
        (
            "key.rotated",
            f"key {old.id}",
            {"prefix": new.prefix, "old": old.prefix, "to": str(new.id), "grace_seconds": 60},
        ),
    ]
