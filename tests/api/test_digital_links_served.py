"""GS1 Digital Links through the server with its memory, on a database of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest_asyncio

from activities.gateways.spool import Spool
from activities.outside import Outside
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from activities.visits.desk import Desk
from tests.api.visit_servers import Answer, Place, a_line, a_server
from tests.builders.databases import a_database
from tests.builders.tenants import a_heard_tenant
from tests.builders.waiting import until
from workers.embedded_postgres import EmbeddedPostgres

GTIN = "09506000134352"
LOT = f"/01/{GTIN}/10/A%2FB"


@dataclass(frozen=True)
class Served:
    """A tenant, and a server over a desk."""

    url: str
    by: Actor
    place: Place

    async def ask(self, target: str, method: str = "GET", **headers: str) -> Answer:
        async with a_line(self.place.port) as line:
            return await line.ask(target, method, **headers)

    async def scans(self) -> Counter[bool]:
        """How many there are, by whether they are a bot's."""
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            cursor = await connection.execute("SELECT is_bot FROM scan")
            return Counter(is_bot for (is_bot,) in await cursor.fetchall())


@pytest_asyncio.fixture
async def served(
    postgres: EmbeddedPostgres, world: Outside, tmp_path: Path
) -> AsyncIterator[Served]:
    async with a_database(postgres.url, connections=4) as url:
        by = await a_heard_tenant()
        desk = Desk(Spool(tmp_path / "spool"))
        await desk.start()
        try:
            async with a_server(desk, quick=True) as place:
                yield Served(url, by, place)
        finally:
            await desk.stop()


async def test_a_slash_in_a_lot_stays_one_and_each_visit_is_counted_once(served: Served) -> None:
    content = {"gtin": GTIN, "lot": "A/B"}
    await create_qr_code(
        CreateQrCode(served.by, "https://lot.example/", type="GS1", content=content)
    )
    for _ in range(2):
        answer = await served.ask(f"{LOT}?17=261231")
        assert (answer.status, answer.headers["location"]) == (
            307,
            "https://lot.example/?17=261231",
        )
    assert (await served.ask(LOT, "HEAD")).status == 307
    assert (await served.ask(f"/01/{GTIN}/10/A/B")).status == 400
    assert (await served.ask(f"/01/{GTIN}")).status == 404
    assert (await served.ask(f"{LOT}?linkType=linkset")).status == 200
    assert await served.scans() == {False: 2, True: 1}


async def test_a_limit_holds_for_a_product_however_many_come(served: Served) -> None:
    command = CreateQrCode(
        served.by, "https://few.example/", type="GS1", content={"gtin": GTIN}, scan_limit=3
    )
    await create_qr_code(command)
    answers = await asyncio.gather(*(served.ask(f"/01/{GTIN}") for _ in range(12)))
    assert Counter(each.status for each in answers) == {307: 3, 410: 9}
    assert await served.scans() == {False: 3}


async def test_a_change_is_followed_soon(served: Served) -> None:
    code = await create_qr_code(
        CreateQrCode(served.by, "https://old.example/", type="GS1", content={"gtin": GTIN})
    )
    assert (await served.ask(f"/01/{GTIN}")).headers["location"] == "https://old.example/"
    await update_qr_code(UpdateQrCode(served.by, code.id, destination_url="https://new.example/"))

    async def is_new() -> bool:
        answer = await served.ask(f"/01/{GTIN}")
        return answer.headers["location"] == "https://new.example/"

    await until(is_new)
