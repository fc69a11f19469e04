"""A visit is led on and counted once."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.redirects import FollowCode, follow_code
from activities.rules.errors import NotFound
from tests.builders.tenants import PERSON, ROBOT, a_code, a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")


async def test_a_visit_is_counted_recorded_and_announced(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_code(by, "https://example.com/menu")
    destination = await follow_code(FollowCode(code.short_code or "", PERSON))
    assert destination.url == "https://example.com/menu"
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).scan_count == 1
    scan = (await database.execute(text("SELECT country, device, is_bot FROM scan"))).one()
    assert tuple(scan) == ("DE", "mobile", False)
    payload = await database.scalar(text("SELECT payload FROM event WHERE kind = 'qr.scanned'"))
    assert payload["shortCode"] == code.short_code
    assert payload["country"] == "DE"


async def test_a_bot_is_led_on_and_recorded_but_not_counted(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_code(by)
    await follow_code(FollowCode(code.short_code or "", ROBOT))
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).scan_count == 0
    assert await database.scalar(text("SELECT count(*) FROM scan WHERE is_bot")) == 1
    assert await database.scalar(text("SELECT count(*) FROM event")) == 1


@pytest.mark.parametrize("state", ["unknown", "inactive", "deleted"])
async def test_a_code_that_leads_nowhere_records_nothing(
    database: AsyncConnection, state: str
) -> None:
    by = await a_tenant()
    made = CreateQrCode(by, "https://example.com", is_active=state != "inactive")
    code = await create_qr_code(made)
    if state == "deleted":
        await database.execute(text("UPDATE qr_code SET deleted_at = now()"))
    wanted = "nothere" if state == "unknown" else code.short_code or ""
    with pytest.raises(NotFound):
        await follow_code(FollowCode(wanted, PERSON))
    assert await database.scalar(text("SELECT count(*) FROM scan")) == 0
