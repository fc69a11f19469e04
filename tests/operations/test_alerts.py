"""Rules that look at scans: judged in time, told once for each crossing, at rest while they may."""

from __future__ import annotations

from datetime import datetime
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.alerts import creating
from activities.alerts.counting import Asked, CountVisits, count_visits
from activities.alerts.ending import DeleteAlert, delete_alert
from activities.alerts.judging import (
    AlertsJudged,
    JudgeAlerts,
    JudgeBatch,
    judge_alerts,
    judge_batch,
)
from activities.alerts.reading import (
    ListAlerts,
    ListFirings,
    ReadAlert,
    list_alerts,
    list_firings,
    read_alert,
)
from activities.gateways.clock import FixedClock
from activities.qr_codes.shelving import (
    DeleteQrCode,
    RestoreQrCode,
    delete_qr_code,
    restore_qr_code,
)
from activities.rules.actors import Actor
from activities.rules.alerts import Span
from activities.rules.errors import InvalidFields, NotFound, PlanLimitReached, VersionMismatch
from activities.rules.paging import PageRequest
from activities.statistics.rolling import RollUp, roll_up
from tests.builders.alerts import (
    DAY,
    HOUR,
    MINUTE,
    about,
    altered,
    an_alert,
    as_it_is,
    firings,
    judged,
    noted,
    scanned,
)
from tests.builders.batches import a_batch, in_batches, some_scans
from tests.builders.keys import a_workspace, an_actor
from tests.builders.qr_codes import a_dynamic, changed, events
from tests.builders.tenants import a_code, a_tenant, an_organization
from tests.builders.visits import a_link
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")


async def a_member() -> Actor:
    return await an_actor(await an_organization())


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_counted_is_what_happened_rolled_up_or_not(seed: int) -> None:
    dice, by, stranger = Random(seed), await a_tenant(), await a_tenant("other")
    code, link, others = await a_code(by), await a_link(by), await a_code(stranger)
    mine = [(code.id, by.organization_id, "qr"), (link.id, by.organization_id, "link")]
    theirs = (others.id, stranger.organization_id, "qr")
    scans = some_scans(dice, [*mine, theirs], NOW - 4 * DAY, 96, 600)
    for batch in in_batches(dice, scans):
        await a_batch(batch)
        if dice.random() < 0.3:
            await roll_up(RollUp(dice.randint(1, 90)))
    ends = _quarter(NOW)
    spans = [
        Span(first, min(ends, first + dice.choice((1, 2, 4, 7, 50, 96, 300))))
        for first in (dice.randint(ends - 384, ends - 1) for _ in range(40))
    ]
    targets = {code.id: {code.id}, code.workspace_id: {code.id, link.id}, others.id: {others.id}}
    asked = tuple(Asked(target, span) for target in targets for span in spans)
    found = await count_visits(CountVisits(asked, frozenset((code.workspace_id,))))
    assert list(found.visits) == [
        sum(
            scan.asset_id in targets[one.target]
            and not scan.is_bot
            and one.span.first <= _quarter(scan.at) < one.span.end
            for scan in scans
        )
        for one in asked
    ]


def _quarter(moment: datetime) -> int:
    return int(moment.timestamp()) // 900


async def test_a_crossing_is_told_once_in_all_ways(clock: FixedClock) -> None:
    by = await a_member()
    code = await a_code(by)
    alert = await about(by, code.id)
    await scanned(by, code.id, NOW - 5 * MINUTE, 12)
    await scanned(by, code.id, NOW - 5 * MINUTE, 50, is_bot=True)
    assert await judged() == AlertsJudged(1, 0, 1, is_done=True)
    assert await judged() == AlertsJudged(0, 0, 0, is_done=True)
    assert (await judged(NOW + 5 * MINUTE)).fired == 0
    assert await firings() == [(alert.id, NOW, 12, None)]
    words = {"name": "Posters", "what": "12 scans within 1 hour, 10 or more"}
    assert await noted() == [("scan_alert", words)]
    (payload,) = [payload for kind, payload in await events() if kind == "alert.fired"]
    assert payload == {
        "id": f"alr_{alert.id.hex}",
        "name": "Posters",
        "rule": "over",
        "workspaceId": f"wsp_{code.workspace_id.hex}",
        "assetId": f"qr_{code.id.hex}",
        "threshold": 10,
        "factor": None,
        "windowMinutes": 60,
        "counted": 12,
        "expected": None,
        "firedAt": "2026-11-21T12:00:00.000Z",
    }
    assert ((await as_it_is(by, alert)).state, (await as_it_is(by, alert)).fired_at) == (
        "crossed",
        NOW,
    )


async def test_it_is_told_again_when_it_was_over_in_between() -> None:
    by = await a_member()
    code = await a_code(by)
    await about(by, code.id)
    for start in (NOW, NOW + 3 * HOUR):
        await scanned(by, code.id, start + MINUTE, 20)
        for n in range(1, 30):
            await judged(start + n * 5 * MINUTE)
    assert [at for _, at, _, _ in await firings()] == [NOW + 5 * MINUTE, NOW + 185 * MINUTE]


async def test_a_late_run_of_an_earlier_time_judges_nothing() -> None:
    by = await a_member()
    code = await a_code(by)
    await about(by, code.id)
    await judged(NOW + 30 * MINUTE)
    await scanned(by, code.id, NOW + MINUTE, 20)
    assert await judged(NOW + 25 * MINUTE) == AlertsJudged(0, 0, 0, is_done=True)
    assert (await judged(NOW + 35 * MINUTE)).fired == 1


async def test_a_rule_of_a_workspace_looks_at_all_in_it() -> None:
    organization = await an_organization()
    by = await an_actor(organization)
    code, link = await a_code(by), await a_link(by)
    elsewhere = await a_workspace(organization)
    mine = await an_alert(by)
    other = await an_alert(by, workspace_id=elsewhere)
    await scanned(by, code.id, NOW - MINUTE, 5)
    await scanned(by, link.id, NOW - MINUTE, 5, kind="link")
    await judged()
    assert [one for one, *_ in await firings()] == [mine.id]
    assert (await as_it_is(by, other)).state == "armed"


async def test_a_first_scan_is_told_once_and_not_of_what_was_scanned_before() -> None:
    by = await a_member()
    new, old = await a_code(by), await a_code(by)
    await scanned(by, old.id, NOW - 40 * DAY)
    alert = await about(by, new.id, "first_scan")
    assert (await about(by, old.id, "first_scan")).state == "crossed"
    assert (await judged()).fired == 0
    for n in (1, 2):
        await scanned(by, new.id, NOW + n * MINUTE)
        await scanned(by, old.id, NOW + n * MINUTE)
        await judged(NOW + n * 5 * MINUTE)
    assert [one for one, *_ in await firings()] == [alert.id]


async def test_a_silence_is_told_once_until_somebody_comes() -> None:
    by = await a_member()
    code, never = await a_code(by), await a_code(by)
    alert = await about(by, code.id, "silence", window_minutes=60)
    await about(by, never.id, "silence", window_minutes=60)
    await scanned(by, code.id, NOW - 3 * HOUR)
    await scanned(by, code.id, NOW + 4 * HOUR)
    for n in range(80):
        await judged(NOW + n * 5 * MINUTE)
    assert [(one, at) for one, at, *_ in await firings()] == [
        (alert.id, NOW + 65 * MINUTE),
        (alert.id, NOW + 5 * HOUR + 20 * MINUTE),
    ]


async def test_a_spike_is_told_with_what_is_usual(database: AsyncConnection) -> None:
    by = await a_member()
    code = await a_code(by)
    await database.execute(text("UPDATE qr_code SET created_at = created_at - interval '30 days'"))
    await about(by, code.id, "spike", factor=3.0, window_minutes=60)
    for back in range(1, 15):
        await scanned(by, code.id, NOW - back * DAY - 10 * MINUTE, 4)
    await scanned(by, code.id, NOW - 10 * MINUTE, 40)
    await judged()
    ((_, _, counted, expected),) = await firings()
    assert (counted, expected) == (40, 4.0)


@pytest.mark.parametrize("how", ["switched off", "in the trash"])
async def test_a_rule_rests_with_its_asset_and_looks_anew_when_it_is_back(how: str) -> None:
    by = await a_member()
    code = await a_code(by)
    alert = await about(by, code.id, "silence", window_minutes=60)
    await scanned(by, code.id, NOW)
    if how == "switched off":
        await changed(by, code, is_active=False)
    else:
        await delete_qr_code(DeleteQrCode(by, code.id))
    assert await judged(NOW + 2 * HOUR) == AlertsJudged(0, 1, 0, is_done=True)
    assert (await as_it_is(by, alert)).is_resting
    if how == "switched off":
        await changed(by, code, is_active=True)
    else:
        await restore_qr_code(RestoreQrCode(by, code.id))
    back = NOW + 3 * HOUR
    assert [(await judged(back + n * 5 * MINUTE)).fired for n in range(14)] == [0] * 13 + [1]
    assert not (await as_it_is(by, alert)).is_resting


@pytest.mark.parametrize("kind", ["under", "silence"])
@pytest.mark.parametrize("asset", ["code", "link"])
async def test_what_nobody_can_scan_yet_or_any_more_is_not_told_as_quiet(
    database: AsyncConnection, asset: str, kind: str
) -> None:
    by = await a_member()
    begins = NOW + DAY
    if asset == "code":
        late = (await a_dynamic(by, starts_at=begins)).id
        full = (await a_dynamic(by, scan_limit=2)).id
        await database.execute(text("UPDATE qr_code SET scan_count = 2 WHERE visit_limit = 2"))
    else:
        late = (await a_link(by, starts_at=begins)).id
        full = (await a_link(by, slug="full", click_limit=2)).id
        await database.execute(text("UPDATE link SET click_count = 2 WHERE visit_limit = 2"))
    more = {"threshold": 5} if kind == "under" else {}
    word = "qr" if asset == "code" else "link"
    alerts = [
        await an_alert(by, kind, asset_kind=word, asset_id=id_, window_minutes=60, **more)
        for id_ in (late, full)
    ]
    await scanned(by, full, NOW - 10 * MINUTE)
    await scanned(by, late, NOW - 10 * MINUTE)
    for hours in (2, 5, 23):
        assert await judged(NOW + hours * HOUR) == AlertsJudged(0, 2, 0, is_done=True)
    assert (await as_it_is(by, alerts[0])).is_resting
    for minutes in range(0, 90, 5):
        await judged(begins + minutes * MINUTE)
    assert [one for one, *_ in await firings()] == [alerts[0].id]


async def test_the_last_scans_before_the_limit_count_for_who_looks_for_many(
    database: AsyncConnection,
) -> None:
    by = await a_member()
    code = await a_dynamic(by, scan_limit=5)
    await about(by, code.id, "over", threshold=4, window_minutes=60)
    await scanned(by, code.id, NOW, 5)
    await database.execute(text("UPDATE qr_code SET scan_count = 5"))
    assert (await judged(NOW + 5 * MINUTE)).fired == 1


async def test_a_rule_that_is_switched_off_or_deleted_is_not_judged() -> None:
    by = await a_member()
    off, gone = await an_alert(by, is_active=False), await an_alert(by)
    await delete_alert(DeleteAlert(by, gone.id))
    assert await judged() == AlertsJudged(0, 0, 0, is_done=True)
    with pytest.raises(NotFound):
        await read_alert(ReadAlert(by, gone.id))
    listed = await list_alerts(ListAlerts(by, PageRequest()))
    assert [one.id for one in listed.items] == [off.id]


async def test_other_figures_begin_anew(clock: FixedClock) -> None:
    by = await a_member()
    code = await a_code(by)
    alert = await about(by, code.id)
    await scanned(by, code.id, NOW - MINUTE, 30)
    await judged()
    assert (await altered(by, alert, name="Other")).state == "crossed"
    again = await altered(by, alert, threshold=20)
    assert (again.state, again.version) == ("armed", 3)
    await judged(NOW + 5 * MINUTE)
    assert len(await firings()) == 2
    assert (await altered(by, alert, threshold=20)).version == 3


async def test_a_run_goes_on_until_none_is_left() -> None:
    by = await a_member()
    for _ in range(5):
        await an_alert(by)
    assert await judge_batch(JudgeBatch(NOW, most=2)) == AlertsJudged(2)
    assert await judge_alerts(JudgeAlerts(NOW)) == AlertsJudged(3, is_done=True)


async def test_a_rule_follows_its_asset_into_another_workspace() -> None:
    organization = await an_organization()
    by = await an_actor(organization)
    code, elsewhere = await a_code(by), await a_workspace(organization)
    alert = await about(by, code.id)
    await changed(by, code, workspace_id=elsewhere)
    await judged()
    assert (await as_it_is(by, alert)).workspace_id == elsewhere


async def test_refusals() -> None:
    organization = await an_organization()
    by = await an_actor(organization)
    code, stranger = await a_code(by), await a_tenant("other")
    alert = await about(by, code.id)
    with pytest.raises(InvalidFields) as wrong:
        await an_alert(by, name=" ", threshold=0, factor=2.0)
    assert wrong.value.fields.keys() == {"name", "threshold", "factor"}
    with pytest.raises(InvalidFields):
        await about(by, code.id, workspace_id=code.workspace_id)
    with pytest.raises(InvalidFields):
        await altered(by, alert, factor=2.0)
    for figure in ("threshold", "window_minutes"):
        with pytest.raises(InvalidFields) as empty:
            await altered(by, alert, **{figure: None})
        assert empty.value.fields.keys() == {figure}
    spike = await about(by, code.id, "spike", factor=3.0, window_minutes=60)
    for figure in ("factor", "window_minutes"):
        with pytest.raises(InvalidFields):
            await altered(by, spike, **{figure: None})
    with pytest.raises(VersionMismatch):
        await altered(by, alert, version=7, name="Other")
    with pytest.raises(NotFound):
        await about(stranger, code.id)
    with pytest.raises(NotFound):
        await an_alert(stranger, workspace_id=code.workspace_id)
    restricted = await an_actor(organization, workspace_id=await a_workspace(organization))
    for actor in (stranger, restricted):
        with pytest.raises(NotFound):
            await altered(actor, alert, name="Other")
        with pytest.raises(NotFound):
            await delete_alert(DeleteAlert(actor, alert.id))
        with pytest.raises(NotFound):
            await list_firings(ListFirings(actor, alert.id, PageRequest()))
        assert (await list_alerts(ListAlerts(actor, PageRequest()))).total == 0


async def test_there_is_an_end_to_how_many_there_are(database: AsyncConnection) -> None:
    by = await a_member()
    alert = await an_alert(by)
    await many_like(database, alert.id, creating.MOST - 1)
    with pytest.raises(PlanLimitReached):
        await an_alert(by)


async def many_like(database: AsyncConnection, alert: UUID, number: int) -> None:
    await database.execute(
        text(
            "INSERT INTO alert SELECT (jsonb_populate_record(a, "
            "jsonb_build_object('id', gen_random_uuid()))).* "
            "FROM alert AS a, generate_series(1, :number) WHERE id = :id"
        ),
        {"number": number, "id": alert},
    )
