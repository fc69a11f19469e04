"""Where monitored links lead is looked at in time, written down, and told of once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.gateways.clock import FixedClock
from activities.gateways.destinations import Destinations
from activities.health.checking import CheckOneLink, LinksChecked, check_one_link
from activities.health.reading import (
    AskCheck,
    HealthView,
    ReadHealth,
    ask_check,
    read_health,
)
from activities.links.reading import ReadLink, read_link
from activities.links.shelving import DeleteLink, delete_link
from activities.outside import Outside, install
from activities.rules.actors import Actor
from activities.rules.errors import NotFound, RateLimited
from activities.rules.paging import PageRequest
from activities.rules.throttles import HEALTH_CHECKS
from activities.sweeping import SweepExpired, sweep_expired
from tests.builders.health import a_pass, a_watched_link, page, rows, states
from tests.builders.keys import an_actor
from tests.builders.links import changed, slugs_in
from tests.builders.members import prove
from tests.builders.tenants import an_organization
from tests.builders.visits import a_link
from tests.conftest import NOW
from tests.fakes.listener import Handler, Names, listening
from tests.gateways.test_receivers import certificate

pytestmark = pytest.mark.usefixtures("database", "world")

DAY = timedelta(days=1)
LOOP = page(302, "Location: /\r\n")
"""A failure that is seen with one request, so without a wait for a second turn."""


class Site:
    """A server on loopback that answers every request with `raw`, after `seconds`."""

    def __init__(self) -> None:
        self.raw, self.seconds, self.hits = page(200), 0.0, 0
        self.port = 0

    async def serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        await asyncio.sleep(self.seconds)
        writer.write(self.raw)
        await writer.drain()

    def url(self, host: str = "shop.example.com", path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def a_site(names: Names) -> AsyncIterator[Site]:
    names.answers = [["127.0.0.1"]]
    site = Site()
    async with listening(site.serve) as listener:
        site.port = listener.port
        yield site


async def an_owner(slug: str = "acme", plan: str = "enterprise") -> Actor:
    organization = await an_organization(slug)
    await prove(organization.owner_id)
    return await an_actor(organization, plan=plan)


async def health_of(by: Actor, slug: str) -> HealthView:
    link = await read_link(ReadLink(by, slug=slug))
    return await read_health(ReadHealth(by, "link", link.id, PageRequest()))


async def events() -> list[tuple[object, ...]]:
    return await rows(
        "SELECT kind, payload ->> 'from', payload ->> 'to', payload ->> 'reason' FROM event "
        "WHERE kind LIKE 'link.health_%' ORDER BY created_at"
    )


async def mails() -> list[str]:
    return [str(kind) for (kind,) in await rows("SELECT kind FROM mail ORDER BY created_at")]


async def test_a_monitored_link_is_looked_at_and_the_look_is_kept(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    async with a_site(names) as site:
        await a_watched_link(by, site.url(), slug="watched")
        await a_link(by, site.url("other.example.com"), slug="plain")
        assert await a_pass(clock) == LinksChecked(1, 0, 1)
    health = await health_of(by, "watched")
    assert (health.state, health.since, health.failures) == ("healthy", NOW, 0)
    assert (health.checked_at, health.next_check_at) == (NOW, NOW + timedelta(minutes=5))
    (look,) = health.checks.items
    assert (look.status, look.outcome, look.reason, look.state) == (200, "well", None, "healthy")
    assert {"dns", "connect", "first_byte"} == set(look.phases)
    assert await states() == {"watched": "healthy", "plain": "unknown"}
    assert (await events(), await mails()) == ([], []), "that a new one is well is no news"


async def test_failing_after_three_and_recovered_after_one_each_told_once(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    async with a_site(names) as site:
        await a_watched_link(by, site.url(), slug="shop")
        seen = []
        for raw in (page(200), LOOP, LOOP, LOOP, LOOP, page(200), page(200)):
            site.raw = raw
            await a_pass(clock, 5)
            seen.append((await states())["shop"])
    assert seen == ["healthy"] * 3 + ["failing"] * 2 + ["healthy"] * 2
    assert await events() == [
        ("link.health_failed", "healthy", "failing", "redirect_loop"),
        ("link.health_recovered", "failing", "healthy", None),
    ]
    assert await mails() == ["link_failing", "link_recovered"]
    assert await slugs_in(by, filter="health_failing") == []
    assert await slugs_in(by, filter="health_monitored") == ["shop"]


async def looping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(page(302, "Location: /\r\n"))


async def hanging(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(9)


async def resetting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def dead(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(page(500))


async def gone(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(page(404))


BAD: dict[str, Handler] = {
    "redirect_loop": looping,
    "timeout": hanging,
    "connection_lost": resetting,
    "http_error": dead,
}


@pytest.mark.parametrize("reason", BAD)
async def test_a_bad_destination_is_failing_for_its_reason_and_then_well_again(
    world: Outside, names: Names, clock: FixedClock, reason: str
) -> None:
    by = await an_owner()
    names.answers = [["127.0.0.1"]]
    quick = Destinations(names, allow_private=True, allow_http=True, total_seconds=0.3)
    install(replace(world, destinations=quick))
    async with listening(BAD[reason]) as listener:
        await a_watched_link(by, f"http://shop.example.com:{listener.port}/", slug="shop")
        for _ in range(3):
            await a_pass(clock, 5)
        health = await health_of(by, "shop")
        assert (health.state, health.failures, health.reason) == ("failing", 3, reason)

        async def well(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(page(200))

        listener.handler = well
        await a_pass(clock, 5)
    await quick.close()
    assert (await health_of(by, "shop")).state == "healthy"
    assert await events() == [
        ("link.health_failed", "unknown", "failing", reason),
        ("link.health_recovered", "failing", "healthy", None),
    ]


async def test_bad_tls_fails_and_a_certificate_that_ends_soon_is_told_once(
    world: Outside, names: Names, clock: FixedClock, tmp_path: Path
) -> None:
    by = await an_owner()
    names.answers = [["127.0.0.1"]]
    server, path = certificate(tmp_path, "shop.example.com")
    trusting = ssl.create_default_context(cafile=str(path))
    trusted = Destinations(names, allow_private=True, allow_http=True, tls=trusting)
    async with listening(gone, server) as listener:

        async def well(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(page(200))

        listener.handler = well
        await a_watched_link(by, f"https://shop.example.com:{listener.port}/", slug="shop")
        for _ in range(3):
            await a_pass(clock, 5)
        assert (await health_of(by, "shop")).reason == "tls_failed"
        install(replace(world, destinations=trusted))
        for _ in range(3):
            await a_pass(clock, 5)
    await trusted.close()
    health = await health_of(by, "shop")
    assert (health.state, health.reason) == ("degraded", "certificate_expiring")
    assert health.checks.items[0].certificate_until is not None
    assert await mails() == ["link_failing", "link_recovered", "link_certificate"]


async def test_a_slow_destination_is_degraded(
    world: Outside, names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    patient = Destinations(names, allow_private=True, allow_http=True)
    install(replace(world, destinations=patient))
    async with a_site(names) as site:
        site.seconds = 3.1
        await a_watched_link(by, site.url(), slug="shop")
        await a_pass(clock)
        health = await health_of(by, "shop")
        assert (health.state, health.reason) == ("degraded", "slow")
    await patient.close()
    assert await events() == [("link.health_changed", "unknown", "degraded", "slow")]
    assert await mails() == []


async def test_an_address_inside_is_not_looked_at(
    world: Outside, names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    strict = Destinations(names, allow_private=False, allow_http=False)
    install(replace(world, destinations=strict))
    async with a_site(names) as site:
        await a_watched_link(by, site.url().replace("http:", "https:"), slug="shop")
        for _ in range(4):
            await a_pass(clock, 5)
    await strict.close()
    assert site.hits == 0
    assert (await health_of(by, "shop")).state == "unknown"
    assert (await events(), await mails()) == ([], [])


async def test_nothing_is_looked_at_twice_within_its_interval(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    async with a_site(names) as site:
        await a_watched_link(by, site.url(), slug="shop")
        for _ in range(3):
            await a_pass(clock)
        await a_pass(clock, 4)
        assert site.hits == 1
        clock.moment += timedelta(seconds=20)
        await a_pass(clock, 1)
        await a_pass(clock)
        assert site.hits == 2
        await a_pass(clock, 5)
        assert site.hits == 3, "what was looked at late is due on time"


async def test_the_plan_says_how_often_at_most(names: Names, clock: FixedClock) -> None:
    by = await an_owner(plan="pro")
    async with a_site(names) as site:
        await a_watched_link(by, site.url(), slug="shop")
        await a_pass(clock)
        await a_pass(clock, 59)
        assert site.hits == 1
        await a_pass(clock, 1)
        assert site.hits == 2
        assert (await health_of(by, "shop")).every == timedelta(hours=1)
        await an_actor_of_another_plan("agency")
        await a_pass(clock, 15)
        assert site.hits == 3, "with another plan the next look comes sooner"


async def an_actor_of_another_plan(plan: str) -> None:
    await rows("UPDATE organization SET plan = :plan RETURNING id", plan=plan)


async def test_another_destination_begins_anew_and_what_is_not_monitored_is_left_alone(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    async with a_site(names) as site:
        site.raw = LOOP
        link = await a_watched_link(by, site.url(), slug="shop")
        for _ in range(3):
            await a_pass(clock, 5)
        assert await states() == {"shop": "failing"}
        site.raw = page(200)
        await changed(by, link, destination_url=site.url("new.example.com"))
        assert (await health_of(by, "shop")).state == "unknown"
        await a_pass(clock)
        assert await states() == {"shop": "healthy"}
        hits = site.hits
        for off in ({"health_check": {"enabled": False}}, {"is_active": False}):
            await changed(by, link, **off)
            await a_pass(clock, 10)
            assert site.hits == hits
            await changed(by, link, health_check={"enabled": True}, is_active=True)
        await delete_link(DeleteLink(by, link.id))
        await a_pass(clock, 10)
    assert site.hits == hits


async def test_links_of_one_host_wait_for_each_other_and_others_do_not(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    loop = asyncio.get_running_loop()
    async with a_site(names) as site:
        for number in range(2):
            await a_watched_link(by, site.url(path=f"/{number}"))
        for number in range(8):
            await a_watched_link(by, site.url(f"h{number}.example.com"))
        began = loop.time()
        assert (await a_pass(clock)).looks == 10
        assert 1.0 <= loop.time() - began < 8
    assert site.hits == 10


async def test_a_host_that_too_many_wait_for_is_left_for_a_later_pass(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    busy = "INSERT INTO rate_bucket VALUES ('health:shop.example.com', :full) RETURNING name"
    await rows(busy, full=NOW.timestamp() + 30)
    async with a_site(names) as site:
        await a_watched_link(by, site.url(), slug="shop")
        assert await a_pass(clock) == LinksChecked(0, 1, 0)
        assert site.hits == 0
        assert await a_pass(clock, 1) == LinksChecked(1, 0, 1)


async def test_a_look_on_demand_needs_no_monitoring_and_tells_nobody(
    names: Names, clock: FixedClock
) -> None:
    by = await an_owner()
    async with a_site(names) as site:
        site.raw = LOOP
        link = await a_link(by, site.url(), slug="shop")
        for _ in range(3):
            clock.moment += timedelta(minutes=1)
            assert (await ask_check(AskCheck(by, "link", link.id))).before.asset_id == link.id
            await check_one_link(CheckOneLink(link.id))
        await a_pass(clock, 1440)
        assert site.hits == 3
    health = await health_of(by, "shop")
    assert (health.state, health.is_monitored, health.next_check_at) == ("failing", False, None)
    assert [look.reason for look in health.checks.items] == ["redirect_loop"] * 3
    assert (await events(), await mails()) == ([], [])


async def test_looks_on_demand_are_limited_and_of_ones_own_links() -> None:
    by, other = await an_owner(), await an_owner("other")
    link = await a_link(by)
    for asked in (ask_check(AskCheck(other, "link", link.id)), health_of(other, link.slug)):
        with pytest.raises(NotFound):
            await asked
    for _ in range(HEALTH_CHECKS.burst):
        await ask_check(AskCheck(by, "link", link.id))
    with pytest.raises(RateLimited):
        await ask_check(AskCheck(by, "link", link.id))


async def test_history_is_kept_for_thirty_days(names: Names, clock: FixedClock) -> None:
    by = await an_owner()
    async with a_site(names) as site:
        await a_watched_link(by, site.url(), slug="shop")
        await a_pass(clock)
        await a_pass(clock, 60 * 24 * 20)
    clock.moment += 11 * DAY
    await sweep_expired(SweepExpired())
    assert len((await health_of(by, "shop")).checks.items) == 1
