"""Rules that fire: written down, told to receivers of events and to people, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.notices.telling import Notify, notify
from activities.outbox import EmitAll, emit_all
from activities.rules.alerts import ASKS, Judgement, Rule, in_words
from activities.rules.facts.alerts import AlertFired
from activities.rules.spelling import stamp
from schema.db import transaction

PREFIXES = {"qr": "qr", "link": "lnk", "barcode": "bc", "page": "pg"}

_WRITE = """
INSERT INTO alert_firing (id, created_at, alert_id, organization_id, at, counted, expected)
SELECT k.id, :now, k.alert, k.organization, :now, k.counted, k.expected
FROM unnest(CAST(:ids AS uuid[]), CAST(:alerts AS uuid[]), CAST(:organizations AS uuid[]),
  CAST(:counts AS bigint[]), CAST(:expected AS double precision[]))
  AS k (id, alert, organization, counted, expected)
ON CONFLICT (alert_id, at) DO NOTHING RETURNING alert_id
"""

_NOTE = "UPDATE alert SET fired_at = :now WHERE id = ANY (:ids)"


@dataclass(frozen=True)
class Fired:
    """A rule that fired: its row of `alert`, the rule, and what was found."""

    row: Any
    rule: Rule
    found: Judgement


@dataclass(frozen=True)
class TellFirings:
    """Rules, held by the open transaction, that fired for `at`."""

    fired: tuple[Fired, ...]
    at: datetime


async def tell_firings(command: TellFirings) -> None:
    """Tell of them; one that fired for this moment before is not told again."""
    if not command.fired:
        return
    async with transaction() as session:
        new = await _write(session, command.fired, command.at)
        fired = [one for one in command.fired if one.row.id in new]
        await emit_all(EmitAll(tuple(_fact(one, command.at) for one in fired)))
        for one in fired:
            await notify(_notice(one, command.at))


async def _write(session: AsyncSession, fired: Sequence[Fired], now: datetime) -> frozenset[UUID]:
    values = {
        "now": now,
        "ids": [uuid4() for _ in fired],
        "alerts": [one.row.id for one in fired],
        "organizations": [one.row.organization_id for one in fired],
        "counts": [one.found.counted for one in fired],
        "expected": [one.found.expected for one in fired],
    }
    new = frozenset((await session.execute(text(_WRITE), values)).scalars())
    await session.execute(text(_NOTE), {"now": now, "ids": list(new)})
    return new


def _fact(one: Fired, now: datetime) -> AlertFired:
    row, rule = one.row, one.rule
    return AlertFired(
        organization_id=row.organization_id,
        asset_id=row.id,
        occurred_at=now,
        workspace_id=row.home,
        source_prefix=PREFIXES.get(row.asset_kind, ""),
        source_id=row.asset_id,
        name=row.name,
        rule=rule.kind,
        threshold=rule.threshold,
        factor=rule.factor,
        window_minutes=rule.window_minutes if "window_minutes" in ASKS[rule.kind] else None,
        counted=one.found.counted,
        expected=one.found.expected,
    )


def _notice(one: Fired, now: datetime) -> Notify:
    return Notify(
        one.row.organization_id,
        "scan_alert",
        key=f"alert/{one.row.id}/{stamp(now)}",
        words={"name": one.row.name, "what": in_words(one.rule, one.found)},
        asset_kind=one.row.asset_kind,
        asset_id=one.row.asset_id,
        also=one.row.made_by,
    )
