"""Domains: proved by DNS, one organization's at most, never gone while links are on them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.audit import ListActs, list_acts
from activities.domain_checks import VerifyDomain, verify_domain
from activities.domains import (
    AddDomain,
    DomainView,
    ListDomains,
    ReadDomain,
    RemoveDomain,
    add_domain,
    list_domains,
    read_domain,
    remove_domain,
)
from activities.gateways.clock import FixedClock
from activities.links.domains import ChooseDomain, choose_domain
from activities.rules.actors import Actor
from activities.rules.errors import (
    Forbidden,
    InvalidFields,
    NameTaken,
    NotFound,
    NotNow,
    RateLimited,
)
from activities.rules.paging import PageRequest
from schema.db import transaction
from schema.tables import LinkRow
from tests.builders.databases import a_database
from tests.builders.members import the_owner
from tests.builders.tenants import an_organization
from tests.fakes.listener import Names

pytestmark = pytest.mark.usefixtures("world")
in_one_transaction = pytest.mark.usefixtures("database")

ALL = PageRequest(1, 100)
HOST = "links.example.com"


async def an_owner(slug: str = "acme") -> Actor:
    return await the_owner(await an_organization(slug))


async def a_domain(by: Actor, hostname: str = HOST) -> DomainView:
    return await add_domain(AddDomain(by, hostname))


async def a_proved_domain(by: Actor, names: Names, hostname: str = HOST) -> DomainView:
    made = await a_domain(by, hostname)
    prove(names, made)
    return await verify_domain(VerifyDomain(by, made.id))


def prove(names: Names, *domains: DomainView) -> None:
    """Each of them is proved, all in one set of records."""
    names.records = {
        domains[0].record_name: ["v=spf1 -all", *(domain.record_value for domain in domains)]
    }


async def a_link_on(domain: DomainView, by: Actor, workspace_id: UUID) -> UUID:
    async with transaction() as session:
        moment = (await session.execute(text("SELECT now()"))).scalar_one()
        row = LinkRow(
            created_at=moment,
            updated_at=moment,
            organization_id=by.organization_id,
            workspace_id=workspace_id,
            name="",
            slug="sale",
            domain_id=domain.id,
        )
        session.add(row)
        await session.flush()
        return row.id


async def acts(by: Actor) -> list[str]:
    page = await list_acts(ListActs(by, ALL))
    return sorted(act.action for act in page.items if act.action.startswith("domain."))


@in_one_transaction
async def test_a_new_domain_waits_and_says_what_to_do() -> None:
    by = await an_owner()
    made = await a_domain(by, " Links.Example.COM. ")
    assert (made.hostname, made.status, made.failure) == (HOST, "pending", None)
    assert made.record_name == f"_inkloom-challenge.{HOST}"
    assert len(made.record_value.removeprefix("inkloom-verify=")) == 64
    assert (made.link_count, made.checked_at, made.verified_at) == (0, None, None)
    assert await read_domain(ReadDomain(by, made.id)) == made
    page = await list_domains(ListDomains(by, ALL))
    assert (page.total, page.items) == (1, [made])
    assert await acts(by) == ["domain.added"]


@in_one_transaction
@pytest.mark.parametrize("hostname", ["https://x.example", "ink.test", "a.ink.test", "10.0.0.1"])
async def test_what_is_no_domain_of_theirs_is_refused(hostname: str) -> None:
    by = await an_owner()
    with pytest.raises(InvalidFields) as refused:
        await a_domain(by, hostname)
    assert list(refused.value.fields) == ["hostname"]


@in_one_transaction
async def test_a_domain_is_added_once() -> None:
    by = await an_owner()
    first = await a_domain(by)
    with pytest.raises(NameTaken):
        await a_domain(by, HOST.upper())
    await remove_domain(RemoveDomain(by, first.id))
    again = await a_domain(by)
    assert again.record_value != first.record_value


@in_one_transaction
async def test_a_proved_domain_is_active(clock: FixedClock, names: Names) -> None:
    by = await an_owner()
    made = await a_domain(by)
    with pytest.raises(InvalidFields):
        await choose_domain(ChooseDomain(by, HOST))
    prove(names, made)
    clock.moment += timedelta(minutes=1)
    seen = await verify_domain(VerifyDomain(by, made.id))
    assert seen == replace(made, status="active", checked_at=clock.now(), verified_at=clock.now())
    assert (await choose_domain(ChooseDomain(by, HOST))).domain_id == made.id
    assert await acts(by) == ["domain.added", "domain.verified"]
    await verify_domain(VerifyDomain(by, made.id))
    assert await acts(by) == ["domain.added", "domain.verified"]


@in_one_transaction
@pytest.mark.parametrize(
    ("records", "status", "sentence"),
    [
        (None, "failed", "DNS knows no "),
        ([], "failed", "has no TXT record"),
        (["v=spf1 -all"], "failed", "not the one of this domain"),
        (["inkloom-verify=0000"], "failed", "has another value"),
        (OSError("nobody can say"), "pending", "DNS did not answer"),
        (TimeoutError(), "pending", "DNS did not answer"),
    ],
)
async def test_without_the_proof_it_says_why(
    clock: FixedClock,
    names: Names,
    records: Sequence[str] | OSError | None,
    status: str,
    sentence: str,
) -> None:
    by = await an_owner()
    made = await a_domain(by)
    names.records = {} if records is None else {made.record_name: records}
    seen = await verify_domain(VerifyDomain(by, made.id))
    assert (seen.status, seen.checked_at, seen.verified_at) == (status, clock.now(), None)
    assert sentence in (seen.failure or "")
    assert made.record_name in (seen.failure or "")
    assert made.record_value not in (seen.failure or "")
    prove(names, made)
    assert (await verify_domain(VerifyDomain(by, made.id))).status == "active"


@in_one_transaction
@pytest.mark.parametrize("records", [None, ["inkloom-verify=0000"], OSError("nobody can say")])
async def test_an_active_domain_stays_active_whatever_is_seen_later(
    names: Names, records: Sequence[str] | OSError | None
) -> None:
    by = await an_owner()
    active = await a_proved_domain(by, names)
    names.records = {} if records is None else {active.record_name: records}
    seen = await verify_domain(VerifyDomain(by, active.id))
    assert (seen.status, seen.verified_at) == ("active", active.verified_at)
    assert seen.failure
    prove(names, active)
    assert (await verify_domain(VerifyDomain(by, active.id))).failure is None


@in_one_transaction
async def test_a_failed_domain_stays_failed_while_dns_says_nothing(names: Names) -> None:
    by = await an_owner()
    made = await a_domain(by)
    await verify_domain(VerifyDomain(by, made.id))
    names.records = {made.record_name: OSError("nobody can say")}
    seen = await verify_domain(VerifyDomain(by, made.id))
    assert seen.status == "failed"
    assert "did not answer" in (seen.failure or "")


@in_one_transaction
async def test_the_proof_of_one_organization_is_none_of_another(names: Names) -> None:
    first, second = await an_owner("first"), await an_owner("second")
    mine, theirs = await a_domain(first), await a_domain(second)
    prove(names, mine)
    assert (await verify_domain(VerifyDomain(second, theirs.id))).status == "failed"
    assert (await verify_domain(VerifyDomain(first, mine.id))).status == "active"


@in_one_transaction
async def test_who_proves_first_keeps_it_until_it_is_removed(names: Names) -> None:
    first, second = await an_owner("first"), await an_owner("second")
    mine = await a_domain(first)
    theirs = await a_domain(second)
    prove(names, mine, theirs)
    await verify_domain(VerifyDomain(first, mine.id))
    seen = await verify_domain(VerifyDomain(second, theirs.id))
    assert (seen.status, seen.verified_at) == ("failed", None)
    assert "Another organization" in (seen.failure or "")
    assert await acts(second) == ["domain.added"]
    await remove_domain(RemoveDomain(first, mine.id))
    assert (await verify_domain(VerifyDomain(second, theirs.id))).status == "active"


@in_one_transaction
async def test_another_tenants_domain_is_not_there(names: Names) -> None:
    mine, theirs = await an_owner("mine"), await an_owner("theirs")
    made = await a_domain(theirs)
    prove(names, made)
    for refused in (
        read_domain(ReadDomain(mine, made.id)),
        verify_domain(VerifyDomain(mine, made.id)),
        remove_domain(RemoveDomain(mine, made.id)),
    ):
        with pytest.raises(NotFound):
            await refused
    assert (await list_domains(ListDomains(mine, ALL))).total == 0
    assert await read_domain(ReadDomain(theirs, made.id)) == made


@in_one_transaction
async def test_an_actor_of_one_workspace_handles_no_domain() -> None:
    home = await an_organization()
    owner = await the_owner(home)
    made = await a_domain(owner)
    bound = replace(owner, workspace_id=home.workspace_id)
    for refused in (
        add_domain(AddDomain(bound, "other.example.com")),
        verify_domain(VerifyDomain(bound, made.id)),
        remove_domain(RemoveDomain(bound, made.id)),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert (await list_domains(ListDomains(bound, ALL))).items == [made]


@in_one_transaction
async def test_a_domain_with_links_stays(names: Names, database: AsyncConnection) -> None:
    home = await an_organization()
    by = await the_owner(home)
    domain = await a_proved_domain(by, names)
    await a_link_on(domain, by, home.workspace_id)
    assert (await read_domain(ReadDomain(by, domain.id))).link_count == 1
    with pytest.raises(NotNow, match="move or delete them first"):
        await remove_domain(RemoveDomain(by, domain.id))
    await database.execute(text("UPDATE link SET deleted_at = now()"))
    await remove_domain(RemoveDomain(by, domain.id))
    assert await acts(by) == ["domain.added", "domain.removed", "domain.verified"]
    with pytest.raises(NotFound):
        await remove_domain(RemoveDomain(by, domain.id))


@in_one_transaction
async def test_looks_into_dns_are_throttled_for_an_organization(names: Names) -> None:
    by, other = await an_owner(), await an_owner("other")
    first, second = await a_domain(by), await a_domain(by, "second.example.com")
    theirs = await a_domain(other)
    for turn in range(20):
        await verify_domain(VerifyDomain(by, (first, second)[turn % 2].id))
    with pytest.raises(RateLimited):
        await verify_domain(VerifyDomain(by, first.id))
    await verify_domain(VerifyDomain(other, theirs.id))


async def test_of_two_organizations_that_prove_one_host_at_once_one_has_it(
    database_url: str, names: Names
) -> None:
    async with a_database(database_url, connections=6):
        first, second = await an_owner("first"), await an_owner("second")
        for turn in range(8):
            host = f"turn{turn}.example.com"
            mine, theirs = await a_domain(first, host), await a_domain(second, host)
            prove(names, mine, theirs)
            seen = await asyncio.gather(
                verify_domain(VerifyDomain(first, mine.id)),
                verify_domain(VerifyDomain(second, theirs.id)),
            )
            assert sorted(domain.status for domain in seen) == ["active", "failed"]


async def test_no_link_gets_onto_a_domain_that_is_being_removed(
    database_url: str, names: Names
) -> None:
    async with a_database(database_url, connections=4), asyncio.timeout(20):
        home = await an_organization()
        by = await the_owner(home)
        domain = await a_proved_domain(by, names)
        async with transaction() as session:
            await choose_domain(ChooseDomain(by, HOST))
            await a_link_on(domain, by, home.workspace_id)
            removing = asyncio.create_task(
                remove_domain(RemoveDomain(by, domain.id)), context=Context()
            )
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not await session.scalar(waiting):
                await asyncio.sleep(0.01)
        with pytest.raises(NotNow):
            await removing
