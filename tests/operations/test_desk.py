"""The desk where visits arrive: what it decides from memory is what the tables say."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.cause import Cause, caused_by
from activities.gateways.clock import FixedClock
from activities.gateways.spool import Spool
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.lifecycle import state_at
from activities.shelf.claims import DEFAULT_DOMAIN
from activities.visitors import Visitor, read_headers
from activities.visits.desk import Arrival, Desk
from activities.visits.following import follow
from activities.visits.known import Known
from activities.visits.leading import Follow, Gone, Outcome, Redirection
from schema.db import DatabaseAway, connect
from tests.api.visit_servers import PHONE
from tests.builders.databases import a_database
from tests.builders.examples import so_many
from tests.builders.scans import how_many, rows
from tests.builders.tenants import PERSON, ROBOT, a_code, a_heard_tenant, a_tenant
from tests.builders.visits import a_domain, a_link, led_to
from tests.conftest import NOW
from tests.fakes.tcp_proxy import TcpProxy, a_wire
from workers.embedded_postgres import EmbeddedPostgres

HOST = "links.acme.com"
DAY = timedelta(days=1)

RULES = st.lists(
    st.sampled_from(
        [
            {"when": [{"type": "language", "in": ["de"]}], "destinationUrl": "https://e.x/lang"},
            {"when": [{"type": "os", "in": ["iOS"]}], "destinationUrl": "https://e.x/ios?q=ü"},
            {
                "when": [{"type": "query", "name": "ref", "value": "x"}],
                "destinationUrl": "https://e.x/ref",
            },
            {
                "when": [{"type": "time", "timeZone": "Europe/Berlin", "weekday": ["sat"]}],
                "destinationUrl": "https://e.x/saturday",
            },
        ]
    ),
    max_size=2,
).map(tuple)
VARIANTS = (
    {"name": "A", "destinationUrl": "https://example.com/a", "weight": 1},
    {"name": "B", "destinationUrl": "https://example.com/b", "weight": 0},
)
LINKS = st.fixed_dictionaries(
    {"destination": st.sampled_from(["https://e.x/", "https://e.x/süß?a=1#part", "https://e.x?q"])},
    optional={
        "rules": RULES,
        "utm": st.sampled_from([{"source": "flyer"}, {"medium": "a b", "term": "ü&="}]),
        "passes_query": st.booleans(),
        "expired_url": st.just("https://e.x/over"),
    },
)
TIMES = st.sampled_from(
    [
        *({}, {}, {"starts_at": NOW - DAY}, {"starts_at": NOW}, {"starts_at": NOW + DAY}),
        *({"expires_at": NOW}, {"expires_at": NOW + DAY}),
        {"starts_at": NOW - DAY, "expires_at": NOW - timedelta(hours=1)},
    ]
)
RARE = st.fixed_dictionaries(
    {},
    optional={
        "click_limit": st.integers(1, 3),
        "password": st.just("sesame"),
        "variants": st.just(VARIANTS),
        "preview": st.just({"title": "Summer"}),
        "deep_links": st.just({"ios": {"url": "https://shop.example/item/1"}}),
        "is_active": st.just(False),
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "user-agent": st.sampled_from([PHONE, "Googlebot/2.1", "Slackbot-LinkExpanding 1.0", ""]),
        "accept-language": st.sampled_from(["de-AT", "en", "*"]),
        "purpose": st.just("prefetch"),
        "dnt": st.just("1"),
    },
)
QUERIES = st.sampled_from(["", "ref=x", "ref=y&ref=x", "a=b&c&&=", "utm_source=mine&q=2"])


async def outcome_of(command: Follow) -> Outcome | str:
    try:
        return await follow(command)
    except NotFound:
        return "not found"


@pytest_asyncio.fixture
async def owner(database: AsyncConnection, world: Outside) -> Actor:
    return replace(await a_tenant(), plan="enterprise")


@given(LINKS, TIMES, RARE | st.just({}), HEADERS, QUERIES, st.sampled_from(["GET", "HEAD"]))
@settings(
    max_examples=so_many(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_what_is_decided_at_once_is_what_the_tables_lead_to(
    owner: Actor,
    link: dict[str, Any],
    times: dict[str, Any],
    rare: dict[str, Any],
    headers: Mapping[str, str],
    query: str,
    method: str,
) -> None:
    desk = Desk(Spool(Path("/nowhere")))
    slug = f"l{uuid4().hex[:12]}"
    await a_link(owner, slug=slug, **link, **times, **rare)
    known = await desk.memory.find((DEFAULT_DOMAIN, slug))
    assert isinstance(known, Known)
    arrival = Arrival(
        "link", slug, query, read_headers(headers), method, "192.0.2.1", is_proxied=False
    )
    quick = desk.quick(known, arrival, Cause("01HZ8ABC"))
    expected = await outcome_of(Follow("link", slug, arrival.visitor(NOW), "", query))
    if quick is None:
        is_live = state_at(known.target.asset.lifecycle, NOW) == "live"
        assert rare or not is_live or not isinstance(expected, Redirection)
        return
    assert expected == Redirection(quick.location)
    (row,) = await rows("scan", f"asset_id = '{known.target.asset.id}'")
    scan, asset = quick.scan, known.target.asset
    assert (row["rule"], row["variant"]) == (scan.rule, scan.variant)
    assert {name: row[name] for name in scan.visitor.kept} == scan.visitor.kept
    assert (scan.asset, scan.at, scan.cause.request_id) == (asset, NOW, "01HZ8ABC")
    assert not scan.is_limited
    assert scan.columns == asset.columns


class Place:
    """A desk that is open, over a database behind a wire."""

    def __init__(self, desk: Desk, wire: TcpProxy, by: Actor, folder: Path) -> None:
        self.desk, self.wire, self.by, self.folder = desk, wire, by, folder

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Desk]:
        """Another one."""
        desk = Desk(Spool(self.folder))
        await desk.start()
        try:
            yield desk
        finally:
            await desk.stop()


@pytest_asyncio.fixture
async def place(postgres: EmbeddedPostgres, world: Outside, tmp_path: Path) -> AsyncIterator[Place]:
    async with a_database(postgres.url, connections=4) as url:
        by = await a_heard_tenant()
        server = urlsplit(url)
        async with a_wire(server.port or 0) as wire:
            await connect(url.replace(f":{server.port}/", f":{wire.port}/"), pool_size=4)
            desk = Desk(Spool(tmp_path / "spool"))
            made = Place(desk, wire, by, tmp_path / "spool")
            await desk.start()
            try:
                yield made
            finally:
                await desk.stop()


def coming(whence: bytes, **more: Any) -> Visitor:
    return replace(PERSON, whence=whence, **more)


async def test_a_visit_is_written_announced_and_told_why(place: Place) -> None:
    await a_code(place.by, "https://example.com/menu", short_code="mine")
    with caused_by(Cause("01HZ8ABCDEF")):
        assert led_to(await place.desk.follow(Follow("qr", "mine", PERSON))).endswith("/menu")
        await place.desk.follow(Follow("qr", "mine", ROBOT))
    assert Counter(row["is_bot"] for row in await rows("scan")) == {False: 1, True: 1}
    (event,) = await rows("event", "kind = 'qr.scanned'")
    assert event["request_id"] == "01HZ8ABCDEF"


async def test_a_visitor_is_known_for_a_day_and_to_one_organization_only(
    place: Place, clock: FixedClock
) -> None:
    other = await a_tenant("other")
    for by, slug in ((place.by, "one"), (place.by, "two"), (other, "theirs")):
        await a_code(by, short_code=slug)
    ada, eve, nobody = coming(b"ada"), coming(b"eve"), coming(b"", has_opted_out=True)

    async def known_as(desk: Desk, slug: str, visitor: Visitor) -> int | None:
        seen = {row["id"] for row in await rows("scan")}
        await desk.follow(Follow("qr", slug, visitor))
        (new,) = (row for row in await rows("scan") if row["id"] not in seen)
        found: int | None = new["visitor"]
        return found

    first = await known_as(place.desk, "one", ada)
    assert first is not None
    assert await known_as(place.desk, "two", ada) == first
    async with place.opened() as another:
        assert await known_as(another, "one", ada) == first
    others = {await known_as(place.desk, "one", eve), await known_as(place.desk, "theirs", ada)}
    clock.moment += DAY
    others.add(await known_as(place.desk, "one", ada))
    assert len(others - {first, None}) == 3
    assert await known_as(place.desk, "one", nobody) is None


async def test_a_limit_is_exact_and_its_end_is_remembered(place: Place) -> None:
    await a_code(place.by, short_code="hot", scan_limit=10)  # type: ignore[arg-type]
    command = Follow("qr", "hot", PERSON)
    outcomes = await asyncio.gather(*(place.desk.follow(command) for _ in range(64)))
    assert Counter(map(type, outcomes)) == {Redirection: 10, Gone: 54}
    assert await place.desk.follow(command) == Gone()
    assert await how_many("scan") == 10
    assert await how_many("event", "kind = 'qr.scan_limit_reached'") == 1


async def test_on_a_custom_domain_there_is_what_its_organization_has(place: Place) -> None:
    await a_domain(place.by, HOST)
    await a_link(place.by, "https://example.com/custom", slug="menu", domain=HOST)
    await a_link(place.by, "https://example.com/default", slug="menu")
    await a_code(await a_tenant("other"), short_code="theirs")
    for host, path in ((HOST, "custom"), ("ink.test", "default"), (f"{HOST}:443", "custom")):
        led = led_to(await place.desk.follow(Follow("link", "menu", PERSON, host)))
        assert led == f"https://example.com/{path}"
    for host, is_there in (("ink.test", True), (HOST, False)):
        if is_there:
            await place.desk.follow(Follow("qr", "theirs", PERSON, host))
        else:
            with pytest.raises(NotFound):
                await place.desk.follow(Follow("qr", "theirs", PERSON, host))
    assert (await place.desk.find_home(HOST)) is not None
    assert (await place.desk.find_home("ink.test")) is None


async def test_without_a_database_what_is_known_leads_on_and_the_rest_is_told(
    place: Place,
) -> None:
    await a_code(place.by, short_code="free")
    await a_code(place.by, short_code="hot", scan_limit=10)  # type: ignore[arg-type]
    await asyncio.sleep(0.3)
    for slug in ("free", "hot"):
        await place.desk.follow(Follow("qr", slug, PERSON))
    place.wire.cut()
    assert led_to(await place.desk.follow(Follow("qr", "free", PERSON)))
    for slug in ("hot", "never-seen"):
        with pytest.raises(DatabaseAway):
            await place.desk.follow(Follow("qr", slug, PERSON))
    place.wire.lay()


async def test_visits_to_what_nobody_has_are_counted_by_day_and_domain(
    place: Place, clock: FixedClock
) -> None:
    await a_domain(place.by, HOST)
    async with place.opened() as desk:
        await asyncio.sleep(0.3)
        await desk.find_home(HOST)
        for host in ("ink.test", "", HOST, "elsewhere.example", HOST):
            desk.note_unknown(host)
        clock.moment += DAY
        desk.note_unknown(HOST)
    async with place.opened() as desk:
        await asyncio.sleep(0.3)
        await desk.find_home(HOST)
        desk.note_unknown(HOST)
    found = await rows("unknown_visit", order="day, hostname")
    assert [(row["day"], row["hostname"], row["visits"]) for row in found] == [
        (NOW.date(), "", 3),
        (NOW.date(), HOST, 2),
        ((NOW + DAY).date(), HOST, 2),
    ]
