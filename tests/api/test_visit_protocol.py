"""Visits that memory answers: nobody can tell them from those that the application answers."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from activities.gateways.clock import FixedClock
from activities.gateways.drawers import Drawers
from activities.gateways.spool import Spool
from activities.rules.actors import Actor
from activities.visits.desk import Desk
from activities.visits.recorder import MOST_WAITING
from schema.db import connect
from tests.api.visit_servers import PHONE, Place, a_line, a_server, request
from tests.builders.databases import a_database
from tests.builders.examples import so_many
from tests.builders.scans import a_visit, an_asset
from tests.builders.tenants import a_code, a_heard_tenant
from tests.builders.visits import a_domain, a_link
from tests.builders.waiting import until
from tests.conftest import NOW, a_world
from tests.fakes.listener import Names
from tests.fakes.tcp_proxy import TcpProxy, a_wire
from workers.embedded_postgres import EmbeddedPostgres

GERMANS = {"when": [{"type": "language", "in": ["de"]}], "destinationUrl": "https://example.de/"}
WORDS = {
    "when": [{"type": "query", "name": "ref", "value": "x"}],
    "destinationUrl": "https://example.com/ref",
}
BOT = {"user_agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
NEAR = {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "https", "cf_ipcountry": "DE"}
FAR = {"x_forwarded_for": "203.0.113.9, 127.0.0.1", "cf_ipcountry": "FR", "cf_region_code": "BRE"}


@dataclass(frozen=True)
class World:
    """Two servers over one desk, whose database is behind a wire; `tables` is beside that."""

    tables: psycopg.AsyncConnection[dict[str, Any]]
    wire: TcpProxy
    desk: Desk
    by: Actor
    quick: Place
    plain: Place

    async def rows(self, query: LiteralString) -> list[dict[str, Any]]:
        """What a statement answers; it is committed."""
        cursor = await self.tables.execute(query)
        return await cursor.fetchall()

    async def scans(self) -> list[dict[str, Any]]:
        """All scans, taken away, without their ids."""
        found = await self.rows(
            "WITH s AS (DELETE FROM scan RETURNING *) SELECT * FROM s ORDER BY id"
        )
        return [{name: row[name] for name in row if name != "id"} for row in found]

    async def ask(self, place: Place, target: str, method: str, **headers: str) -> Any:
        """The answer, and the scans that it left."""
        async with a_line(place.port) as line:
            answer = await line.ask(target, method, **headers)
        return answer.lasting, await self.scans()


@pytest.fixture(params=[(), ("127.0.0.0/8",)], ids=["direct", "behind a proxy"])
def trusted(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Whether the test's own address is that of a trusted proxy."""
    found: tuple[str, ...] = request.param
    return found


@pytest_asyncio.fixture(scope="module")
async def town(
    postgres: EmbeddedPostgres, drawers: Drawers
) -> AsyncIterator[tuple[psycopg.AsyncConnection[dict[str, Any]], Actor]]:
    """A database that all tests here share: what one of them changes, no other looks at."""
    nobody = Names(OSError("nobody knows this name"))
    async with (
        a_world(FixedClock(NOW), nobody, drawers),
        a_database(postgres.url, connections=4) as url,
        await psycopg.AsyncConnection.connect(url, autocommit=True, row_factory=dict_row) as tables,
    ):
        by = await a_heard_tenant()
        await a_code(by, "https://example.com/a?b=ü", short_code="plain")
        await a_code(by, "https://example.com/c", short_code="other")
        await a_link(by, "https://example.com/l", slug="menu", utm={"source": "flyer"})
        await a_link(by, slug="ruled", rules=(GERMANS, WORDS), passes_query=True)
        await a_domain(by)
        await a_link(by, "https://example.com/own", slug="menu", domain="links.acme.com")
        yield tables, by


@pytest_asyncio.fixture
async def make_world(town: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """A desk that knows nothing yet, and no scans."""
    tables, by = town
    # What was changed before is heard of by nobody who begins now.
    await tables.execute("DELETE FROM route_change")
    await tables.execute("DELETE FROM scan")
    at = tables.info
    async with a_wire(at.port) as wire:
        url = f"postgresql://{at.user}:{at.password}@127.0.0.1:{wire.port}/{at.dbname}"
        await connect(url, pool_size=4)
        desk = Desk(Spool(tmp_path / "spool"))
        await desk.start()
        try:
            yield tables, wire, desk, by
        finally:
            await desk.stop()


@pytest_asyncio.fixture
async def here(make_world: Any, trusted: tuple[str, ...]) -> AsyncIterator[World]:
    tables, wire, desk, by = make_world
    async with (
        a_server(desk, quick=True, trusted=trusted) as quick,
        a_server(desk, quick=False, trusted=trusted) as plain,
    ):
        yield World(tables, wire, desk, by, quick, plain)


@pytest_asyncio.fixture
async def direct(make_world: Any) -> AsyncIterator[World]:
    """Without a proxy, and with everything remembered."""
    tables, wire, desk, by = make_world
    async with a_server(desk, quick=True) as quick, a_server(desk, quick=False) as plain:
        built = World(tables, wire, desk, by, quick, plain)
        async with a_line(quick.port) as line:
            for target in ("/q/plain", "/q/other", "/menu", "/ruled"):
                await line.ask(target)
        await built.scans()
        quick.entrance.entered = 0
        yield built


VISITS: list[tuple[str, dict[str, str]]] = [
    ("/q/plain", {}),
    ("/q/plain/", {}),
    ("/q/plain?utm_source=News%20letter&utm_medium=a+b&x=%FC", {}),
    ("/menu", {"host": "links.acme.com"}),
    ("/menu", {"host": "LINKS.acme.com:443"}),
    ("/menu/", {"referer": "https://www.example.org/path?query"}),
    ("/ruled?a=b&c", {"accept_language": "de-AT, en;q=0.5"}),
    ("/ruled?ref=x&ref=y&%20", {}),
    ("/ruled?a=1#part", {}),
    ("/ruled?", {}),
    ("/q/plain", BOT),
    ("/q/plain", {"sec_purpose": "prefetch"}),
    ("/q/plain", {"dnt": "1"}),
    ("/q/plain", {"cookie": "ink_visitor=x; other=y", "accept": "application/json"}),
    ("/q/plain", NEAR),
    ("/q/plain", FAR),
    ("/menu", {**FAR, "x_forwarded_proto": " http "}),
    *(
        ("/q/plain", {"x_forwarded_for": odd, "x_forwarded_proto": "https, http"})
        for odd in ("", ",", "unknown", "[::1]:80", "2001:db8::1", "198.51.100.7:99, ,", "\xfc")
    ),
    ("/q/plain", {"x_forwarded_proto": "wss"}),
    ("/q/plain", {"user_agent": ""}),
    ("/q/plain", {"user_agent": "M\xfcller/1.0 \xff", "accept_language": "\xe9"}),
]


async def test_the_same_visit_has_the_same_answer_and_the_same_scan(here: World) -> None:
    for target, headers in VISITS:
        for method in ("GET", "HEAD"):
            what = (method, target, headers)
            expected = await here.ask(here.plain, target, method, **headers)
            assert (expected[0][0], len(expected[1])) == (302, 1), what
            entered = here.quick.entrance.entered
            assert await here.ask(here.quick, target, method, **headers) == expected, what
            is_slow = "%" in target or "#" in target
            assert here.quick.entrance.entered - entered == is_slow, what


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30).map(str.strip)
SOME_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "user_agent": st.sampled_from([PHONE, BOT["user_agent"], "curl/8", "Slackbot 1.0"]),
        "accept_language": st.sampled_from(["de", "en-US,de", "*", "fr;q=0.1"]) | PRINTABLE,
        "referer": st.sampled_from(["https://www.example.org/", "android-app://x"]) | PRINTABLE,
        "x_forwarded_for": st.sampled_from(["198.51.100.7", "::1", "a, 127.0.0.2"]) | PRINTABLE,
        "x_forwarded_proto": st.sampled_from(["http", "https", "ftp", ""]),
        "cf_ipcountry": st.sampled_from(["DE", "XX", "T1", "de"]) | PRINTABLE,
        "purpose": st.sampled_from(["prefetch", "preview"]) | PRINTABLE,
        "sec_gpc": st.sampled_from(["1", "0"]),
        "host": st.sampled_from(["ink.test", "links.acme.com", "localhost", "elsewhere.example"]),
    },
)
TARGETS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["/q/plain", "/menu", "/ruled", "/q/other", "/q/nobody"]),
    st.sampled_from(["", "/", "//"]),
    st.sampled_from(
        ["", "?", "?ref=x", "?utm_source=a&utm_term=%00b", "?a=b?c", "?&&=", "?x=\\^|"]
    ),
)


@given(TARGETS, st.sampled_from(["GET", "HEAD"]), SOME_HEADERS)
@settings(max_examples=so_many(60), deadline=None, suppress_health_check=[*HealthCheck])
async def test_any_visit_has_the_same_answer_and_the_same_scan(
    here: World, target: str, method: str, headers: dict[str, str]
) -> None:
    expected = await here.ask(here.plain, target, method, **headers)
    assert await here.ask(here.quick, target, method, **headers) == expected


async def test_what_is_not_remembered_is_looked_up_without_the_application(direct: World) -> None:
    await a_code(direct.by, short_code="fresh")
    async with a_line(direct.quick.port) as line:
        for _ in range(3):
            assert (await line.ask("/q/fresh")).status == 302
    assert direct.quick.entrance.entered == 0
    assert len(await direct.scans()) == 3


async def test_what_comes_behind_a_look_up_waits_where_it_is(direct: World) -> None:
    await a_code(direct.by, short_code="newer")
    flood = request("/menu", x_note="." * 30_000) * 1500
    async with a_line(direct.quick.port) as line:
        direct.wire.hold()
        await line.send(request("/q/newer"))
        await asyncio.sleep(0.1)
        line.writer.write(flood)
        await asyncio.sleep(0.5)
        # The kernel's buffers take some megabytes; the server takes nothing.
        left = line.writer.transport.get_write_buffer_size()
        assert left > len(flood) * 0.6
        direct.wire.go_on()
        assert [(await line.answer()).status for _ in range(3)] == [302] * 3


async def test_one_connection_takes_many_visits(direct: World) -> None:
    async with a_line(direct.quick.port) as line:
        for n in range(40):
            answer = await line.ask("/menu" if n % 2 else "/q/plain")
            assert answer.status == 302
            assert "connection" not in answer.headers
    assert direct.quick.entrance.entered == 0
    assert len(await direct.scans()) == 40


async def test_requests_in_a_row_are_answered_in_their_order(direct: World) -> None:
    targets = [
        *("/q/plain", "/api/health/", "/menu", "/q/nobody", "/q/other", "/q/plain"),
        *("/docs/oauth/openapi.json", "/menu"),
    ]
    async with a_line(direct.plain.port) as line:
        expected = [(await line.ask(target)).lasting for target in targets]
    async with a_line(direct.quick.port) as line:
        for _ in range(5):
            await line.send(*(request(target) for target in targets))
            assert [(await line.answer()).lasting for _ in targets] == expected
    assert len(await direct.scans()) == 6 * 5


async def test_a_request_in_pieces_is_one_visit(direct: World) -> None:
    whole = request("/q/plain")
    async with a_line(direct.quick.port) as line:
        for at in range(0, len(whole), 7):
            await line.send(whole[at : at + 7])
            await asyncio.sleep(0)
        assert (await line.answer()).status == 302
        assert (await line.ask("/menu")).status == 302
    assert len(await direct.scans()) == 2


@pytest.mark.parametrize(
    ("version", "headers"), [("1.1", {"connection": "close"}), ("1.0", {}), ("1.0", BOT)]
)
async def test_who_wants_one_answer_gets_one_and_the_end(
    direct: World, version: str, headers: dict[str, str]
) -> None:
    async with a_line(direct.quick.port) as line:
        await line.send(request("/q/plain", version=version, **headers))
        assert (await line.answer()).status == 302
        assert await line.is_over()
    assert len(await direct.scans()) == 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content_length": "5"}, b"hello"),
        ({"content_length": "0"}, b""),
        ({"transfer_encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n"),
    ],
)
async def test_a_body_that_nobody_asked_for_disturbs_nothing(
    direct: World, headers: dict[str, str], body: bytes
) -> None:
    async with a_line(direct.quick.port) as line:
        await line.send(request("/q/plain", **headers), body, request("/menu"))
        assert (await line.answer()).headers["location"] == "https://example.com/a?b=%C3%BC"
        assert (await line.answer()).headers["location"].startswith("https://example.com/l")
    assert len(await direct.scans()) == 2


@pytest.mark.parametrize("given", ["01HZ8ABCDEF", "my-own.id:7", 'a"><script>', "short", "x" * 80])
async def test_a_request_id_is_kept_when_it_is_sane_and_told_with_the_event(
    direct: World, given: str
) -> None:
    async with a_line(direct.plain.port) as line:
        plain = (await line.ask("/q/plain", x_request_id=given)).headers["x-request-id"]
    async with a_line(direct.quick.port) as line:
        quick = (await line.ask("/q/plain", x_request_id=given)).headers["x-request-id"]
    assert (quick == given) == (plain == given)
    assert quick == given or len(quick) == 26
    events = await direct.rows(
        "SELECT request_id FROM event WHERE kind = 'qr.scanned' ORDER BY sequence DESC LIMIT 2"
    )
    assert [event["request_id"] for event in events] == [quick, plain]


async def test_every_visit_has_an_id_of_its_own(direct: World) -> None:
    async with a_line(direct.quick.port) as line:
        ids = [(await line.ask("/q/plain")).headers["x-request-id"] for _ in range(50)]
    assert len(set(ids)) == 50
    assert all(len(one) == 26 for one in ids)


async def test_a_long_address_and_one_in_other_letters_lead_on(direct: World) -> None:
    async with a_line(direct.quick.port) as line:
        for target in (f"/q/plain?{'x' * 9000}", "/q/%70lain", "/%6Denu", "/q/plain?x=[%]"):
            assert (await line.ask(target)).status == 302, target
    assert direct.quick.entrance.entered == 4
    assert len(await direct.scans()) == 4


async def test_what_is_no_request_is_refused_and_costs_nobody_else(direct: World) -> None:
    async with a_line(direct.quick.port) as line:
        await line.send(b"GET /q/plain HTTP/1.1\r\nhost ink.test\r\n\r\n")
        assert (await line.answer()).status == 400
    async with a_line(direct.quick.port) as line:
        assert (await line.ask("/q/plain")).status == 302


@pytest.mark.parametrize("end", ["half", "closed", "reset"])
@pytest.mark.parametrize("more", ["", "/api/health/", "/menu"])
async def test_who_goes_away_before_the_answer_costs_others_nothing(
    direct: World, end: str, more: str
) -> None:
    direct.wire.hold()
    for _ in range(8):
        async with a_line(direct.quick.port) as line:
            await line.send(request("/q/plain"), request(more) if more else b"")
            await asyncio.sleep(0.01)
            if end == "half":
                line.writer.write_eof()
            elif end == "reset":
                raw = line.writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.writer.transport.abort()
    async with a_line(direct.quick.port) as line:
        await line.send(request("/q/other"))
        await asyncio.sleep(0.05)
        direct.wire.go_on()
        assert (await line.answer()).status == 302
        assert (await line.ask("/q/other")).status == 302
    scans = await direct.scans()
    assert 2 <= len(scans) <= 2 + 8 * 2
    assert {scan["device"] for scan in scans} == {"mobile"}


async def test_a_stop_answers_what_is_under_way(direct: World) -> None:
    async with a_line(direct.quick.port) as waiting, a_line(direct.quick.port) as idle:
        await idle.ask("/menu")
        direct.wire.hold()
        await waiting.send(request("/q/plain"))
        await asyncio.sleep(0.1)
        direct.quick.ask_to_stop()
        await asyncio.sleep(0.3)
        direct.wire.go_on()
        answer = await waiting.answer()
        assert (answer.status, answer.headers["connection"]) == (302, "close")
        assert await waiting.is_over()
        assert await idle.is_over()
        await direct.quick.stopped()
    assert len(await direct.scans()) == 2


async def test_without_a_database_remembered_visits_lead_on_and_are_counted_later(
    direct: World,
) -> None:
    direct.wire.cut()
    async with a_line(direct.quick.port) as line:
        for _ in range(20):
            assert (await line.ask("/q/plain")).status == 302
        assert (await line.ask("/q/never-seen")).status == 503
    direct.wire.lay()

    await until(lambda: are_there(direct, 20))
    await asyncio.sleep(1.0)
    assert len(await direct.scans()) == 20


async def are_there(world: World, scans: int) -> bool:
    return await world.rows("SELECT count(*) FROM scan") == [{"count": scans}]


async def test_more_visits_than_memory_is_given_to_are_told_when_to_come_again(
    direct: World,
) -> None:
    scan = a_visit(an_asset(by=direct.by))
    async with a_line(direct.quick.port) as line:
        direct.wire.hold()
        await line.send(request("/q/other"))
        await asyncio.sleep(0.1)
        for _ in range(MOST_WAITING):
            direct.desk.recorder.record(scan, lambda fate: None)
        async with a_line(direct.quick.port) as another:
            answer = await another.ask("/q/plain")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        direct.wire.go_on()
        assert (await line.answer()).status == 302
        assert (await line.ask("/q/plain")).status == 302
    # Some come by way of the disk where the machine is busy: those were held for too long.
    await until(lambda: are_there(direct, MOST_WAITING + 2))


async def test_a_change_is_followed_by_the_next_visit(direct: World) -> None:
    async with a_line(direct.quick.port) as line:
        assert (await line.ask("/q/other")).headers["location"] == "https://example.com/c"
        await direct.tables.execute(
            "UPDATE qr_code SET destination_url = 'https://example.com/new' "
            "WHERE short_code = 'other'"
        )

        async def is_new() -> bool:
            answer = await line.ask("/q/other")
            return answer.headers["location"] == "https://example.com/new"

        await until(is_new, 1.0)
