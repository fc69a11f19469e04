"""Statistics of assets and organizations: who may read them, and what is there without visits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from activities.barcodes.creating import CreateBarcode, create_barcode
from activities.gateways.clock import FixedClock
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.rules.errors import InvalidFields, NotFound
from activities.statistics.reading import Kind, ReadStatistics, read_statistics
from activities.statistics.rolling import RollUp, roll_up
from activities.statistics.views import Figures, Share
from tests.builders.batches import Seen, a_batch, later
from tests.builders.pages import a_page
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import a_link
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")


async def test_days_hours_and_weekdays_without_visits_are_there_as_zero() -> None:
    by = await a_tenant()
    code = await a_code(by)
    told = await read_statistics(ReadStatistics(by, "qr", code.id))
    assert [day.day for day in told.days] == [
        NOW.date() - timedelta(days=days) for days in range(29, -1, -1)
    ]
    assert {day.figures for day in told.days} == {Figures()}
    assert told.hours == (Figures(),) * 24
    assert told.weekdays == (Figures(),) * 7
    assert (told.figures, told.all_time, told.last_at) == (Figures(), Figures(), None)
    assert set(told.shares.values()) == {()}


@pytest.mark.parametrize("is_rolled_up", [False, True])
async def test_visits_are_told_apart(is_rolled_up: bool) -> None:
    by = await a_tenant()
    code = await a_code(by)
    german = Seen(code.id, by.organization_id, NOW, visitor=1, told={"country": "DE"})
    await a_batch([german, later(german, visitor=2), later(german, visitor=1)])
    await a_batch([later(german, told={"country": "AT"}, visitor=3), later(german, told={})])
    await a_batch([later(german, is_bot=True), later(german, at=NOW - timedelta(days=40))])
    if is_rolled_up:
        await roll_up(RollUp())
    told = await read_statistics(ReadStatistics(by, "qr", code.id, time_zone="Asia/Kathmandu"))
    assert told.figures == Figures(5, 3, 1)
    assert told.all_time == Figures(6, 4, 1)
    assert told.last_at == NOW
    assert told.shares["country"] == (Share("DE", 3, 2), Share(None, 1, 0), Share("AT", 1, 1))
    assert told.shares["kind"] == (Share("qr", 5, 3),)
    assert told.shares["utm_source"] == (Share(None, 5, 3),)
    assert told.hours[17] == Figures(5, 3, 1)
    assert told.weekdays[5] == Figures(5, 3, 1)


async def test_every_kind_of_asset_has_statistics_and_the_organization_has_all() -> None:
    by = await a_tenant()
    barcode = await create_barcode(CreateBarcode(by, "EAN13", "4006381333931"))
    assets: dict[Kind, object] = {
        "qr": (await a_code(by)).id,
        "link": (await a_link(by)).id,
        "page": (await a_page(by)).id,
        "barcode": barcode.id,
    }
    for kind, asset_id in assets.items():
        seen = Seen(asset_id, by.organization_id, NOW, visitor=1, kind=kind)  # type: ignore[arg-type]
        await a_batch([seen])
        await roll_up(RollUp())
        told = await read_statistics(ReadStatistics(by, kind, asset_id))  # type: ignore[arg-type]
        assert (told.figures, told.shares["kind"]) == (Figures(1, 1, 0), (Share(kind, 1, 1),))
    told = await read_statistics(ReadStatistics(by, "organization", by.organization_id))
    assert told.figures == Figures(4, 1, 0)
    assert {share.value for share in told.shares["kind"]} == set(assets)


@pytest.mark.parametrize("kind", ["qr", "link", "page", "barcode", "organization"])
async def test_what_is_not_ours_is_not_found(kind: Kind) -> None:
    by, stranger = await a_tenant(), await a_tenant("other")
    code = await a_code(by)
    ids = {"qr": code.id, "organization": by.organization_id}
    for who, asset_id in ((stranger, ids.get(kind, uuid4())), (by, uuid4())):
        with pytest.raises(NotFound):
            await read_statistics(ReadStatistics(who, kind, asset_id))


async def test_who_sees_one_workspace_sees_its_assets_and_not_the_whole() -> None:
    by = await a_tenant()
    code = await a_code(by)
    inside = replace(by, workspace_id=code.workspace_id)
    outside = replace(by, workspace_id=uuid4())
    await read_statistics(ReadStatistics(inside, "qr", code.id))
    with pytest.raises(NotFound):
        await read_statistics(ReadStatistics(outside, "qr", code.id))
    with pytest.raises(NotFound):
        await read_statistics(ReadStatistics(inside, "organization", by.organization_id))


async def test_what_is_in_the_trash_has_none() -> None:
    by = await a_tenant()
    code = await a_code(by)
    await delete_qr_code(DeleteQrCode(by, code.id))
    with pytest.raises(NotFound):
        await read_statistics(ReadStatistics(by, "qr", code.id))


async def test_a_span_that_is_none_is_refused() -> None:
    by = await a_tenant()
    code = await a_code(by)
    first, last = date(2026, 2, 2), date(2026, 2, 1)
    with pytest.raises(InvalidFields):
        await read_statistics(ReadStatistics(by, "qr", code.id, first=first, last=last))
    with pytest.raises(InvalidFields):
        await read_statistics(ReadStatistics(by, "qr", code.id, time_zone="Mars/Olympus"))


async def test_today_is_the_day_in_the_zone(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_code(by)
    clock.moment = NOW.replace(hour=23)
    await a_batch([Seen(code.id, by.organization_id, clock.moment)])
    for zone, day in (("UTC", 21), ("Europe/Berlin", 22)):
        told = await read_statistics(ReadStatistics(by, "qr", code.id, days=1, time_zone=zone))
        assert (told.first, told.last) == (date(2026, 11, day),) * 2
        assert told.figures == Figures(1, 0, 0)
