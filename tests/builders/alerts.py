"""Rules that look at scans, scans for them, and what they told, in one line each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from activities.alerts.changing import UpdateAlert, update_alert
from activities.alerts.creating import CreateAlert, create_alert
from activities.alerts.judging import AlertsJudged, JudgeBatch, judge_batch
from activities.alerts.reading import ReadAlert, read_alert
from activities.alerts.views import AlertView
from activities.rules.actors import Actor
from schema.db import transaction
from schema.tables import AlertFiringRow, NotificationRow
from tests.builders.batches import Seen, a_batch
from tests.conftest import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def an_alert(by: Actor, kind: str = "over", **more: Any) -> AlertView:
    """Unless told otherwise: ten scans or more within an hour."""
    usual = {"over": {"threshold": 10, "window_minutes": 60}}.get(kind, {})
    return await create_alert(CreateAlert(by, **{"name": "Posters", "kind": kind, **usual, **more}))


async def about(by: Actor, code: UUID, kind: str = "over", **more: Any) -> AlertView:
    """The same about a code."""
    return await an_alert(by, kind, asset_kind="qr", asset_id=code, **more)


async def altered(by: Actor, alert: AlertView, **more: Any) -> AlertView:
    return await update_alert(UpdateAlert(by, alert.id, **more))


async def as_it_is(by: Actor, alert: AlertView) -> AlertView:
    return await read_alert(ReadAlert(by, alert.id))


async def judged(now: datetime = NOW) -> AlertsJudged:
    return await judge_batch(JudgeBatch(now))


async def scanned(
    by: Actor, asset: UUID, at: datetime, times: int = 1, kind: str = "qr", *, is_bot: bool = False
) -> None:
    """So many visits at one moment, in one batch that no total has yet."""
    seen = Seen(asset, by.organization_id, at, kind=kind, is_bot=is_bot)
    await a_batch([seen] * times)


async def firings() -> list[tuple[UUID, datetime, int, float | None]]:
    """All of them, in their order: the rule, when, what was counted and expected."""
    query = select(AlertFiringRow).order_by(col(AlertFiringRow.at), col(AlertFiringRow.alert_id))
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
        return [(row.alert_id, row.at, row.counted, row.expected) for row in rows]


async def noted() -> list[tuple[str, dict[str, Any]]]:
    """What people were told: kind and words."""
    query = select(NotificationRow.kind, NotificationRow.words).order_by(col(NotificationRow.key))
    async with transaction() as session:
        return [(kind, words) for kind, words in await session.execute(query)]
