"""Dynamic codes: made with their event, refused in words, seen by their owner only."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.cause import Cause, caused_by
from activities.gateways.clock import FixedClock
from activities.gateways.dice import LoadedDice
from activities.outside import Outside, install
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import (
    ListQrCodes,
    ReadQrCode,
    SummarizeQrCodes,
    list_qr_codes,
    read_qr_code,
    summarize_qr_codes,
)
from activities.rules.errors import (
    InvalidFields,
    NotFound,
    NoWorkspace,
    PlanLimitReached,
    ShortCodeTaken,
)
from activities.rules.listings import Listing
from activities.rules.paging import PageRequest
from tests.builders.tenants import a_code, a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")


async def test_a_code_and_its_event_are_made_together(database: AsyncConnection) -> None:
    by = await a_tenant()
    with caused_by(Cause("request-1")):
        code = await a_code(by, "https://example.com/welcome", name="Welcome")
    row = (await database.execute(text("SELECT kind, payload, request_id FROM event"))).one()
    assert row.kind == "qr.created"
    assert row.request_id == "request-1"
    assert row.payload["id"] == f"qr_{code.id.hex}"
    assert row.payload["shortUrl"] == code.short_url == f"https://ink.test/q/{code.short_code}"
    assert row.payload["createdAt"] == "2026-11-21T12:00:00.000Z"


async def test_a_taken_short_code_is_refused_and_announces_nothing(
    database: AsyncConnection,
) -> None:
    await a_code(await a_tenant("first"), short_code="summer24")
    second = await a_tenant("second")
    with pytest.raises(ShortCodeTaken):
        await a_code(second, short_code="summer24")
    assert await database.scalar(text("SELECT count(*) FROM event")) == 1


async def test_short_codes_are_case_sensitive() -> None:
    by = await a_tenant()
    await a_code(by, short_code="summer24")
    assert (await a_code(by, short_code="Summer24")).short_code == "Summer24"


async def test_a_drawn_code_that_is_taken_is_drawn_again(world: Outside) -> None:
    by = await a_tenant()
    same, other = b"\1" * 16, b"\2" * 16
    install(dataclasses.replace(world, dice=LoadedDice(same, same, other)))
    first, second = await a_code(by), await a_code(by)
    assert first.short_code != second.short_code
    assert len(second.short_code or "") == 7


@pytest.mark.parametrize(
    ("destination", "name", "short_code", "field"),
    [
        ("ftp://example.com", "", None, "destination_url"),
        ("https://", "", None, "destination_url"),
        ("https://user:pass@example.com", "", None, "destination_url"),
        ("https://example.com/a b", "", None, "destination_url"),
        ("https://example.com/\r\nSet-Cookie: a=b", "", None, "destination_url"),
        ("https://[::1", "", None, "destination_url"),
        ("https://example.com/" + "a" * 2048, "", None, "destination_url"),
        ("https://" + "ü" * 70 + ".de", "", None, "destination_url"),
        ("https://example.com", "n" * 201, None, "name"),
        ("https://example.com", "", "ab", "short_code"),
        ("https://example.com", "", "a/b/c", "short_code"),
        ("https://example.com", "", "Admin", "short_code"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    database: AsyncConnection, destination: str, name: str, short_code: str | None, field: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await create_qr_code(CreateQrCode(by, destination, name, short_code))
    assert list(refused.value.fields) == [field]
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 0


async def test_another_tenants_code_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    code = await a_code(theirs)
    for wanted in (ReadQrCode(mine, short_code=code.short_code), ReadQrCode(mine, id=code.id)):
        with pytest.raises(NotFound):
            await read_qr_code(wanted)
    assert (await list_qr_codes(ListQrCodes(mine, Listing(PageRequest())))).total == 0
    with pytest.raises(NotFound):
        await create_qr_code(
            CreateQrCode(mine, "https://example.com", workspace_id=code.workspace_id)
        )


async def test_an_organization_without_a_workspace_is_told_so(database: AsyncConnection) -> None:
    by = await a_tenant()
    await database.execute(text("UPDATE workspace SET deleted_at = now()"))
    with pytest.raises(NoWorkspace):
        await a_code(by)


async def test_pages_are_newest_first_and_complete(clock: FixedClock) -> None:
    by = await a_tenant()
    made = []
    for number in range(5):
        clock.moment += timedelta(seconds=1)
        made.append((await a_code(by, name=f"code {number}")).short_code)
    seen: list[str] = []
    for number in (1, 2, 3):
        page = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(number, 2))))
        assert page.total == 5
        assert page.last_number == 3
        seen += [item.short_code or "" for item in page.items]
    assert seen == made[::-1]


async def test_search_takes_percent_signs_for_what_they_are() -> None:
    by = await a_tenant()
    await a_code(by, name="10% off")
    await a_code(by, name="100 days")
    found = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(), search="0% OFF")))
    assert [item.name for item in found.items] == ["10% off"]


async def test_the_summary_counts_what_is_there() -> None:
    by = await a_tenant()
    await a_code(by)
    await create_qr_code(CreateQrCode(by, "https://example.com", is_active=False))
    summary = await summarize_qr_codes(SummarizeQrCodes(by))
    assert (summary.total, summary.active, summary.scan_count) == (2, 1, 0)


async def test_a_plan_has_room_for_so_many_codes(database: AsyncConnection) -> None:
    by = await a_tenant()
    await database.execute(
        text(
            "INSERT INTO qr_code SELECT (jsonb_populate_record(c, jsonb_build_object("
            "'id', gen_random_uuid(), 'short_code', 'code' || n))).* "
            "FROM qr_code c, generate_series(2, 49) n WHERE c.short_code = :code"
        ),
        {"code": (await a_code(by)).short_code},
    )
    await a_code(by)
    with pytest.raises(PlanLimitReached, match="up to 50 assets"):
        await a_code(by)
