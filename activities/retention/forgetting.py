"""What is over is forgotten, a kind at a time, in small transactions that wait for nobody.

What is in use meanwhile is left for the next night. What proves something (audit, keys, grants)
stays, and so do slugs: none is ever given to another organization. Scans and their totals are
looked after by `activities.statistics.storage`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from temporalio import activity

from activities.retention.assets import TRASHED
from activities.retention.credentials import OVER
from activities.retention.webhooks import LOGGED, windows
from activities.rules.retention import (
    KEPT_AFTER_ITS_END,
    NOTICES_KEPT,
    RECOVERABLE,
    TOLD_KEPT,
    TRASH,
    UNUSED_PICTURES_KEPT,
    Kind,
)
from activities.shifts import Shift
from schema.db import transaction

MOST_ROWS = 2000
MOST_ASSETS = 500
"""Each asset that goes has its rows elsewhere, and is told to who remembers it."""

_ALONE: Mapping[Kind, str] = {
    **OVER,
    **TRASHED,
    "delivery_batches": "DELETE FROM delivery_batch WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM delivery_batch AS b WHERE created_at < :unrecoverable "
    "AND started_at IS NOT NULL AND NOT EXISTS (SELECT FROM delivery WHERE batch_id = b.id) "
    "LIMIT :most)) RETURNING 1",
    "expiry_notices": "DELETE FROM expiry_notice WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM expiry_notice WHERE noted_at < :known AND expires_at < :known LIMIT :most)) "
    "RETURNING 1",
    "fetched_logos": "DELETE FROM fetched_logo WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM fetched_logo WHERE checked_at < :unused LIMIT :most)) RETURNING 1",
}
"""Statements that answer a row for each that went."""


@dataclass(frozen=True)
class Forget:
    """Forget what of a kind is over at `now`, for `seconds` at most."""

    kind: Kind
    now: datetime
    seconds: float = 60.0


@dataclass(frozen=True)
class PartForgotten:
    """How many rows went; `is_done` when none is left that nobody holds."""

    rows: int
    is_done: bool


@dataclass(frozen=True)
class ForgetOver:
    """Forget what of all these kinds is over at `now`, for `seconds` at most."""

    kinds: tuple[Kind, ...]
    now: datetime
    seconds: float = 60.0


@dataclass(frozen=True)
class KindForgotten:
    """How many rows of a kind went; `is_done` when none is left that nobody holds."""

    kind: Kind
    rows: int
    is_done: bool


@activity.defn
async def forget_over(command: ForgetOver) -> tuple[KindForgotten, ...]:
    """Kind after kind, the first at least; only the last of the answer may be not done."""
    shift, ended = Shift(command.seconds), list[KindForgotten]()
    for kind in command.kinds:
        part = await forget(Forget(kind, command.now, shift.seconds_left()))
        ended.append(KindForgotten(kind, part.rows, part.is_done))
        if not part.is_done or shift.is_over():
            break
    return tuple(ended)


@activity.defn
async def forget(command: Forget) -> PartForgotten:
    """Part after part. Doing it again forgets the rest."""
    kind, now = command.kind, command.now
    shift = Shift(command.seconds)
    if kind in LOGGED:
        rows = 0
        for window in windows(kind, now):
            rows += await shift.work(partial(_delete, LOGGED[kind], window, MOST_ROWS))
        return PartForgotten(rows, shift.is_done)
    most = MOST_ASSETS if kind in TRASHED else MOST_ROWS
    rows = await shift.work(partial(_delete, _ALONE[kind], _moments(now), most))
    return PartForgotten(rows, shift.is_done)


async def _delete(statement: str, values: Mapping[str, Any], most: int) -> tuple[int, bool]:
    """How many rows went, and whether there may be more."""
    # Statements are those of this folder; only values come from outside.
    counted = text(f"WITH {_last(statement)} SELECT count(*) FROM gone")  # noqa: S608
    async with transaction() as session:
        rows = int(await session.scalar(counted, {**values, "most": most}) or 0)
    return rows, rows == most


def _last(statement: str) -> str:
    """The statement as the CTE `gone`, unless it names its own."""
    return statement if "gone AS" in statement else f"gone AS ({statement})"


def _moments(now: datetime) -> dict[str, Any]:
    """What conditions compare with."""
    return {
        "now": now,
        "long_ago": now - KEPT_AFTER_ITS_END,
        "unrecoverable": now - RECOVERABLE,
        "trashed": now - TRASH,
        "known": now - NOTICES_KEPT,
        "told": now - TOLD_KEPT,
        "unused": now - UNUSED_PICTURES_KEPT,
    }
