"""Several API processes of one database: each hears of changes, and none loses a scan."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.journeys.another_api import another_api
from tests.journeys.conftest import PERSON, Studio, until

EACH = 25


def scans(studio: Studio, code: str) -> int:
    with psycopg.connect(studio.stack.database_url) as database:
        rows = database.execute(
            "SELECT count(*) FROM scan JOIN qr_code ON qr_code.id = asset_id WHERE short_code = %s",
            (code,),
        ).fetchall()
    return int(rows[0][0])


def spooled(studio: Studio) -> list[Path]:
    return list((studio.stack.data_dir / "spool").glob("*.scans"))


async def test_what_is_changed_through_one_process_is_seen_at_the_other(
    studio: Studio, tmp_path: Path
) -> None:
    code = await studio.create("https://example.com/before")
    async with another_api(studio.stack, tmp_path) as other:

        async def leads_to() -> str:
            return (await other.client.get(f"/q/{code}", headers=PERSON)).headers["location"]

        assert await leads_to() == "https://example.com/before"
        changed = await studio.client.patch(
            f"/api/v1/dynamic/{code}/", json={"destination_url": "https://example.com/after"}
        )
        assert changed.status_code == 200, changed.text

        async def is_changed() -> bool:
            return await leads_to() == "https://example.com/after"

        await until(is_changed, 1.0)


async def test_processes_that_share_a_spool_lose_nothing_without_postgresql(
    studio: Studio, tmp_path: Path
) -> None:
    code = await studio.create("https://example.com/shared")
    postgres = studio.stack._postgres
    assert postgres is not None
    async with another_api(studio.stack, tmp_path) as other:

        async def visit_both() -> None:
            for _ in range(EACH):
                assert (await studio.visit(code)).status_code == 302
                assert (await other.client.get(f"/q/{code}", headers=PERSON)).status_code == 302

        await visit_both()
        postgres.stop()
        await visit_both()
        assert len(spooled(studio)) == 2
        postgres.start()
        await until(lambda: not spooled(studio), 60)
    assert scans(studio, code) == 4 * EACH
