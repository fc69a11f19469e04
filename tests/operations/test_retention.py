"""What is over is forgotten every night, what is not stays, and slugs stay for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.barcodes.creating import CreateBarcode, create_barcode
from activities.barcodes.shelving import DeleteBarcode, delete_barcode
from activities.expiry.ending import EndAssets, end_assets
from activities.gateways.clock import FixedClock
from activities.inventory.items import CreateItem, create_item
from activities.links.creating import CreateLink, create_link
from activities.links.shelving import DeleteLink, delete_link
from activities.notices.telling import Notify, notify
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.qr_codes.shelving import (
    DeleteQrCode,
    RestoreQrCode,
    delete_qr_code,
    restore_qr_code,
)
from activities.retention.forgetting import MOST_ROWS, Forget, PartForgotten, forget
from activities.rules.errors import NotFound, ShortCodeTaken
from activities.rules.retention import KINDS, Kind
from activities.runs import NoteRun, note_run
from activities.sessions import OpenSession, open_session
from activities.visits.following import Straight
from activities.visits.leading import Follow
from tests.builders.deliveries import some_batches
from tests.builders.qr_codes import HOME, a_dynamic, changed, claims
from tests.builders.tenants import PERSON, a_tenant, an_endpoint, an_organization
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world", "only_ours")

DAY = timedelta(days=1)


@pytest.fixture
async def only_ours(database: AsyncConnection) -> None:
    """Without what tests that commit have left behind."""
    await database.execute(text("DELETE FROM sign_in_link"))


async def forgotten(kind: Kind, now: datetime = NOW) -> int:
    """How many rows of the kind went; all that are over do."""
    part = await forget(Forget(kind, now))
    assert part == PartForgotten(part.rows, is_done=True)
    return part.rows


async def night(now: datetime) -> dict[str, int]:
    """What one night forgets, without what is nothing."""
    rows = {kind: await forgotten(kind, now) for kind in KINDS}
    return {kind: count for kind, count in rows.items() if count}


async def count(database: AsyncConnection, table: str) -> int:
    return int(await database.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def a_log(database: AsyncConnection, plan: str = "free", codes: int = 3) -> None:
    """An endpoint of this plan that was sent messages, each with one attempt, all through."""
    by = await a_tenant()
    await database.execute(text("UPDATE organization SET plan = :plan"), {"plan": plan})
    await an_endpoint(by, events=("qr.created",))
    await some_batches(by, codes)
    await database.execute(text("UPDATE delivery_batch SET started_at = created_at"))
    await database.execute(
        text("UPDATE delivery SET status = 'delivered', attempts = 1, finished_at = created_at")
    )
    await database.execute(
        text(
            "INSERT INTO attempt (id, created_at, delivery_id, number, duration_ms, response_body) "
            "SELECT gen_random_uuid(), created_at, id, 1, 5, 'ok' FROM delivery"
        )
    )


async def log_of(database: AsyncConnection) -> list[int]:
    tables = ("attempt", "delivery", "delivery_batch", "event")
    return [await count(database, table) for table in tables]


async def test_nothing_goes_in_the_first_night(database: AsyncConnection) -> None:
    await a_log(database)
    assert await night(NOW) == {}


@pytest.mark.parametrize(
    ("plan", "days"),
    [("free", 7), ("starter", 14), ("pro", 30), ("business", 90), ("enterprise", 180)],
)
async def test_attempts_are_kept_as_long_as_the_plan_says(
    database: AsyncConnection, plan: str, days: int
) -> None:
    await a_log(database, plan)
    assert await forgotten("attempts", NOW + days * DAY) == 0
    assert await forgotten("attempts", NOW + days * DAY + timedelta(seconds=1)) == 3


async def test_messages_are_kept_while_they_can_be_recovered(database: AsyncConnection) -> None:
    await a_log(database, "free")
    assert await night(NOW + 30 * DAY) == {"attempts": 3}
    told = {"deliveries": 3, "delivery_batches": 1, "events": 3}
    assert await night(NOW + 32 * DAY) == told
    assert await log_of(database) == [0, 0, 0, 0]
    await a_log_again(database)


async def a_log_again(database: AsyncConnection) -> None:
    """Numbers go on where they were: the next message has the next one."""
    last = await database.scalar(text("SELECT last_sequence FROM endpoint"))
    assert last == 3


async def test_what_is_forgotten_late_is_forgotten_whole(database: AsyncConnection) -> None:
    await a_log(database, "enterprise")
    told = {"attempts": 3, "deliveries": 3, "delivery_batches": 1, "events": 3}
    assert await night(NOW + 1000 * DAY) == told


async def test_nothing_goes_behind_a_message_that_is_not_through(
    database: AsyncConnection,
) -> None:
    await a_log(database)
    second = text("UPDATE delivery SET status = 'pending', finished_at = NULL WHERE sequence = 2")
    await database.execute(second)
    await night(NOW + 40 * DAY)
    left = await database.execute(text("SELECT sequence FROM delivery ORDER BY 1"))
    assert list(left.scalars()) == [2, 3]
    assert (await log_of(database))[0] == 1
    assert (await log_of(database))[2:] == [1, 2]


async def test_an_event_that_was_told_to_nobody_yet_stays(database: AsyncConnection) -> None:
    by = await a_tenant()
    await a_dynamic(by)
    assert await night(NOW + 400 * DAY) == {}
    await database.execute(text("UPDATE event SET dispatched_at = created_at"))
    assert await night(NOW + 400 * DAY) == {"events": 1}


async def test_codes_leave_the_trash_when_nobody_can_take_them_back(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, short_code="printed", expires_at=NOW)
    await changed(by, code, destination_url="https://example.com/b")
    kept = await a_dynamic(by)
    await end_assets(EndAssets(NOW))
    await delete_qr_code(DeleteQrCode(by, id=code.id))
    assert await forgotten("qr_codes", NOW + 30 * DAY) == 0
    assert await forgotten("qr_codes", NOW + 31 * DAY + timedelta(seconds=1)) == 1
    with pytest.raises(NotFound):
        await restore_qr_code(RestoreQrCode(by, code.id))
    assert (await read_qr_code(ReadQrCode(by, id=kept.id))).id == kept.id
    assert await count(database, "destination_change") == 0
    assert await count(database, "expiry_notice") == 0
    assert (await claims())["printed"] == code.id


async def test_a_code_that_is_forgotten_is_given_to_nobody_and_leads_nowhere() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    code = await a_dynamic(by, short_code="printed")
    await delete_qr_code(DeleteQrCode(by, id=code.id))
    await forgotten("qr_codes", NOW + 40 * DAY)
    for who in (by, other):
        with pytest.raises(ShortCodeTaken):
            await create_qr_code(CreateQrCode(who, HOME, short_code="printed"))
    with pytest.raises(NotFound):
        await Straight().follow(Follow("qr", "printed", PERSON))


async def test_what_is_tied_to_something_forgotten_stays(database: AsyncConnection) -> None:
    by = await a_tenant()
    link = await create_link(CreateLink(by, "https://example.com/l"))
    code = await a_dynamic(by, link_id=link.id)
    barcode = await create_barcode(CreateBarcode(by, "CODE128", "SHELF-7"))
    item = await create_item(CreateItem(by, name="Tea", sku="TEA", barcode_id=barcode.id))
    await delete_link(DeleteLink(by, id=link.id))
    await delete_barcode(DeleteBarcode(by, barcode.id))
    later = NOW + 40 * DAY
    assert (await forgotten("links", later), await forgotten("barcodes", later)) == (1, 1)
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).link_id is None
    tied: Any = await database.scalar(
        text("SELECT barcode_id FROM inventory_item WHERE id = :id"), {"id": item.id}
    )
    assert tied is None


async def test_sessions_and_links_go_a_month_after_their_end(database: AsyncConnection) -> None:
    home = await an_organization()
    await open_session(OpenSession(home.owner_id))
    end = NOW + 14 * DAY
    assert await forgotten("browser_sessions", end + 30 * DAY) == 0
    assert await forgotten("browser_sessions", end + 31 * DAY) == 1


async def test_notices_of_ends_are_kept_for_a_year(database: AsyncConnection) -> None:
    by = await a_tenant()
    await a_dynamic(by, expires_at=NOW)
    await end_assets(EndAssets(NOW))
    assert await forgotten("expiry_notices", NOW + 399 * DAY) == 0
    assert await forgotten("expiry_notices", NOW + 401 * DAY) == 1


async def test_notifications_and_runs_are_kept_for_ninety_days(database: AsyncConnection) -> None:
    by = await a_tenant()
    await notify(Notify(by.organization_id, "stock_low", "k", {"name": "Mug", "left": "2"}))
    await note_run(NoteRun(by, "check", by.organization_id, "check/1"))
    assert await night(NOW + 90 * DAY) == {}
    told = {"notifications": 1, "job_runs": 1}
    assert await night(NOW + 90 * DAY + timedelta(seconds=1)) == told


async def test_a_kind_is_forgotten_in_bounded_parts(database: AsyncConnection) -> None:
    await database.execute(
        text(
            "INSERT INTO mail (id, created_at, kind, recipient, request_id) "
            "SELECT gen_random_uuid(), :then, 'sign_in', 'x', 'r' FROM generate_series(1, :many)"
        ),
        {"then": NOW - 31 * DAY, "many": MOST_ROWS + 5},
    )
    assert (await forget(Forget("mails", NOW, seconds=-1))).rows == 0
    assert not (await forget(Forget("mails", NOW, seconds=-1))).is_done
    assert await forgotten("mails") == MOST_ROWS + 5
