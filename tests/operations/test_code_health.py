"""All that links and dynamic codes lead to is looked at, and the worst of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from activities.gateways.clock import FixedClock
from activities.health.checking import CheckOneLink, LinksChecked, check_one_link
from activities.health.reading import AskCheck, HealthView, ReadHealth, ask_check, read_health
from activities.health.showing import Kind
from activities.qr_codes.reading import ListQrCodes, list_qr_codes
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NotNow
from activities.rules.health import led_to
from activities.rules.listings import Filter, Listing
from activities.rules.paging import PageRequest
from schema.db import transaction
from schema.tables import LinkRow
from tests.builders.health import a_pass, a_watched_code, a_watched_link, page, rows
from tests.builders.keys import an_actor
from tests.builders.links import GERMANS
from tests.builders.links import changed as changed_link
from tests.builders.members import prove
from tests.builders.notices import mails
from tests.builders.qr_codes import a_dynamic, a_static, changed, events
from tests.builders.tenants import an_organization
from tests.builders.visits import a_link
from tests.fakes.listener import Names

pytestmark = pytest.mark.usefixtures("database", "world")

LOOP = page(302, "Location: /\r\n")


class Town:
    """One server for many names: those of `broken` redirect in circles; it counts who is asked."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.asked: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                name = head.decode().partition("Host: ")[2].partition(".example")[0]
                self.asked.append(name)
                writer.write(LOOP if name in self.broken else page(200))
        writer.close()

    def url(self, name: str) -> str:
        return f"http://{name}.example.com:{self.port}/"

    def variants(self, *names: str, paused: str = "") -> tuple[dict[str, Any], ...]:
        return tuple(
            {"destinationUrl": self.url(name), "weight": 0 if name == paused else 1}
            for name in names
        )


@pytest_asyncio.fixture
async def town(names: Names) -> AsyncIterator[Town]:
    names.answers = [["127.0.0.1"]]
    town = Town()
    server = await asyncio.start_server(town.serve, "127.0.0.1", 0)
    town.port = server.sockets[0].getsockname()[1]
    yield town
    server.close()


async def an_owner() -> Actor:
    organization = await an_organization()
    await prove(organization.owner_id)
    return await an_actor(organization, plan="enterprise")


async def health_of(by: Actor, kind: Kind, asset: Any) -> HealthView:
    return await read_health(ReadHealth(by, kind, asset.id, PageRequest()))


async def passes(clock: FixedClock, number: int) -> None:
    for _ in range(number):
        await a_pass(clock, 5)


async def test_a_monitored_code_is_looked_at_and_its_change_told(
    town: Town, clock: FixedClock
) -> None:
    by = await an_owner()
    code = await a_watched_code(by, town.url("shop"), name="Poster")
    await a_dynamic(by, destination_url=town.url("other"))
    await a_pass(clock)
    assert (await health_of(by, "qr", code)).state == "healthy"
    town.broken.add("shop")
    await passes(clock, 3)
    health = await health_of(by, "qr", code)
    assert (health.state, health.failures, health.reason) == ("failing", 3, "redirect_loop")
    assert len(health.checks.items) == 4
    (told,) = [payload for kind, payload in await events() if kind == "qr.health_failed"]
    assert (told["id"], told["from"], told["to"]) == (f"qr_{code.id.hex}", "healthy", "failing")
    assert told["url"] == town.url("shop")
    assert await rows("SELECT kind, words ->> 'name', asset_kind FROM notification") == [
        ("link_failing", "Poster", "qr")
    ]
    (mail,) = await mails("link_failing")
    said = " ".join(mail.text.split())
    assert f"The QR code Poster ({code.short_url}) of Acme leads to shop.example.com" in said
    assert "The QR code still works" in said
    assert set(town.asked) == {"shop"}
    wanted: tuple[Filter, ...] = ("health_failing", "health_monitored")
    for narrow in wanted:
        listed = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(), filter=narrow)))
        assert [(one.id, one.health) for one in listed.items] == [(code.id, "failing")]


async def test_the_worst_of_variants_and_rules_is_shown_and_named(
    town: Town, clock: FixedClock
) -> None:
    by = await an_owner()
    rule = {**GERMANS, "destinationUrl": town.url("german")}
    link = await a_watched_link(
        by,
        town.url("unused"),
        rules=(rule,),
        variants=town.variants("a", "b", "paused", paused="paused"),
    )
    town.broken |= {"b", "unused", "paused"}
    await passes(clock, 3)
    assert set(town.asked) == {"a", "b", "german"}, "only what visitors are led to"
    health = await health_of(by, "link", link)
    assert health.state == "failing"
    assert {each.url: each.state for each in health.destinations} == {
        town.url("a"): "healthy",
        town.url("b"): "failing",
        town.url("german"): "healthy",
    }
    (told,) = [payload for kind, payload in await events() if kind == "link.health_failed"]
    assert (told["to"], told["url"]) == ("failing", town.url("b"))
    assert await rows("SELECT words ->> 'host' FROM notification") == [("b.example.com",)]
    town.broken.add("a")
    await passes(clock, 3)
    town.broken -= {"b"}
    await passes(clock, 2)
    health_events = [k for k, _ in await events() if k.startswith("link.health_")]
    assert health_events == ["link.health_failed"], "one is failing still"
    town.broken.clear()
    await passes(clock, 2)
    assert (await health_of(by, "link", link)).state == "healthy"


async def test_a_destination_that_is_taken_away_is_no_longer_told(
    town: Town, clock: FixedClock
) -> None:
    by = await an_owner()
    code = await a_watched_code(by, town.url("x"), variants=town.variants("a", "b"))
    town.broken.add("b")
    await passes(clock, 3)
    assert (await health_of(by, "qr", code)).state == "failing"
    await changed(by, code, variants=(), destination_url=town.url("a"))
    health = await health_of(by, "qr", code)
    assert (health.state, [each.url for each in health.destinations]) == (
        "healthy",
        [town.url("a")],
    )
    await passes(clock, 2)
    assert await rows("SELECT url FROM link_health") == [(town.url("a"),)]
    assert await rows("SELECT health FROM qr_code") == [("healthy",)]


async def test_a_code_that_follows_a_link_is_looked_at_where_that_leads(
    town: Town, clock: FixedClock
) -> None:
    by = await an_owner()
    link = await a_link(by, town.url("tied"))
    code = await a_watched_code(by, town.url("own"), link_id=link.id)
    await a_pass(clock)
    await changed_link(by, link, is_active=False)
    await a_pass(clock, 5)
    assert town.asked == ["tied", "own"]
    assert (await health_of(by, "qr", code)).state == "healthy"


@pytest.mark.parametrize("how", ["switched off", "not monitored", "in the trash"])
async def test_what_is_not_watched_any_more_is_left_alone(
    town: Town, clock: FixedClock, how: str
) -> None:
    by = await an_owner()
    code = await a_watched_code(by, town.url("shop"))
    await a_pass(clock)
    if how == "switched off":
        await changed(by, code, is_active=False)
    elif how == "not monitored":
        await changed(by, code, health_check={"enabled": False})
    else:
        await delete_qr_code(DeleteQrCode(by, code.id))
    await passes(clock, 2)
    assert town.asked == ["shop"]
    assert await rows("SELECT health FROM qr_code") == [("unknown",)]
    assert await rows("SELECT count(*) FROM link_health") == [(0,)]


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_what_is_monitored_no_more_is_unknown_at_once_everywhere(
    town: Town, clock: FixedClock, kind: str
) -> None:
    by = await an_owner()
    town.broken.add("shop")
    off: dict[str, Any] = {"health_check": {"enabled": False}}
    if kind == "qr":
        code = await a_watched_code(by, town.url("shop"))
        await passes(clock, 3)
        after = await changed(by, code, **off)
        health = await health_of(by, "qr", after)
    else:
        link = await a_watched_link(by, town.url("shop"))
        await passes(clock, 3)
        gone = await changed_link(by, link, **off)
        assert gone.health == "unknown"
        health = await health_of(by, "link", link)
    assert (health.state, health.failures, health.reason) == ("unknown", 0, None)
    assert (health.is_monitored, health.checks.total) == (False, 3), "what was seen is kept"


async def test_a_look_on_demand_is_at_all_of_it(town: Town) -> None:
    by = await an_owner()
    code = await a_dynamic(by, variants=town.variants("a", "b", "c"))
    assert (await ask_check(AskCheck(by, "qr", code.id))).before.destinations != ()
    assert await check_one_link(CheckOneLink(code.id)) == LinksChecked(3, 0, 3)
    assert sorted(town.asked) == ["a", "b", "c"]
    health = await health_of(by, "qr", code)
    assert (health.state, health.is_monitored, health.next_check_at) == ("healthy", False, None)


async def test_static_codes_lead_nowhere_that_we_look_at() -> None:
    by = await an_owner()
    with pytest.raises(InvalidFields) as wrong:
        await a_static(by, "TEXT", health_check={"enabled": True})
    assert wrong.value.fields.keys() == {"health_check"}
    code = await a_static(by, "TEXT")
    with pytest.raises(NotNow):
        await ask_check(AskCheck(by, "qr", code.id))
    stranger = await an_actor(await an_organization("other"))
    for asked in (
        ask_check(AskCheck(stranger, "qr", code.id)),
        read_health(ReadHealth(stranger, "qr", code.id, PageRequest())),
    ):
        with pytest.raises(NotFound):
            await asked


async def test_what_is_looked_at_is_what_the_rules_say(town: Town, clock: FixedClock) -> None:
    by = await an_owner()
    link = await a_watched_link(
        by, town.url("x"), rules=(GERMANS,), variants=town.variants("a", "b", paused="b")
    )
    await a_watched_link(by, town.url("plain"))
    await a_pass(clock)
    async with transaction() as session:
        row = await session.get_one(LinkRow, link.id)
        wanted = led_to(row.model_dump())
    found = await rows("SELECT url FROM link_health WHERE asset_id = :id", id=link.id)
    assert {url for (url,) in found} == wanted == {town.url("a"), GERMANS["destinationUrl"]}
