"""Rules judged for a moment: those that were not yet, in batches, each batch in one transaction.

What it says of a rule is written with it, so whoever comes late, or at the same time, finds nothing
to do: a rule that was judged for a moment is judged for later ones only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.alerts.counting import Asked, CountVisits, count_visits
from activities.alerts.firing import Fired, TellFirings, tell_firings
from activities.rules.alerts import Judgement, Rule, Span, judge, more_spans, spans
from activities.shifts import Shift
from schema.db import transaction

MOST = 500
"""Rules of one transaction."""

# Who looks for many scans is told of the last ones before the limit, too.
_SCANNED = (
    "(a.kind NOT IN ('under', 'silence') OR coalesce({0}.starts_at <= :now, true)"
    " AND coalesce({0}.{1} < {0}.visit_limit, true))"
)
_AWAKE = f"""
CASE a.asset_kind
  WHEN 'qr' THEN q.is_active AND q.deleted_at IS NULL AND coalesce(q.expires_at > :now, true)
    AND {_SCANNED.format("q", "scan_count")}
  WHEN 'link' THEN l.is_active AND l.deleted_at IS NULL AND coalesce(l.expires_at > :now, true)
    AND {_SCANNED.format("l", "click_count")}
  WHEN 'barcode' THEN b.is_active AND b.deleted_at IS NULL
  WHEN 'page' THEN p.is_active AND p.deleted_at IS NULL
  ELSE true
END AND w.deleted_at IS NULL
"""

_DUE = f"""
SELECT a.*, coalesce({_AWAKE}, false) AS is_awake,
  coalesce(q.created_at, l.created_at, b.created_at, p.created_at, w.created_at) AS made_at,
  coalesce(q.workspace_id, l.workspace_id, b.workspace_id, p.workspace_id, w.id) AS home
FROM alert AS a JOIN workspace AS w ON w.id = a.workspace_id
LEFT JOIN qr_code AS q ON a.asset_kind = 'qr' AND q.id = a.asset_id
LEFT JOIN link AS l ON a.asset_kind = 'link' AND l.id = a.asset_id
LEFT JOIN barcode AS b ON a.asset_kind = 'barcode' AND b.id = a.asset_id
LEFT JOIN link_page AS p ON a.asset_kind = 'page' AND p.id = a.asset_id
WHERE a.is_active AND a.deleted_at IS NULL AND a.since <= :now
  AND (a.looked_at IS NULL OR a.looked_at < :now)
ORDER BY a.looked_at NULLS FIRST, a.id LIMIT :most FOR NO KEY UPDATE OF a SKIP LOCKED
"""  # noqa: S608

_KEEP = """
UPDATE alert AS a SET looked_at = :now, state = k.state, is_resting = k.is_resting,
  workspace_id = k.home,
  since = CASE WHEN a.is_resting AND NOT k.is_resting THEN :now ELSE a.since END
FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:resting AS boolean[]),
  CAST(:homes AS uuid[])) AS k (id, state, is_resting, home)
WHERE a.id = k.id
"""
"""An asset that was moved takes its rules along."""


@dataclass(frozen=True)
class JudgeAlerts:
    """Judge what is due at `now`, for `seconds` at most."""

    now: datetime
    seconds: float = 60.0


@dataclass(frozen=True)
class AlertsJudged:
    """How many rules were judged, rested as what they look at is off, and fired."""

    judged: int = 0
    resting: int = 0
    fired: int = 0
    is_done: bool = False


@dataclass(frozen=True)
class JudgeBatch:
    """Judge at most `most` rules for `now`."""

    now: datetime
    most: int = MOST


@dataclass(frozen=True)
class _Due:
    """A row of the statement above, and the rule that it is; None for one that rests."""

    row: Any
    rule: Rule | None

    @property
    def target(self) -> UUID:
        found: UUID = self.row.asset_id or self.row.workspace_id
        return found


@activity.defn
async def judge_alerts(command: JudgeAlerts) -> AlertsJudged:
    """Batch by batch; `is_done` when none is left. Doing it again judges what is left."""
    shift, done = Shift(command.seconds), AlertsJudged()
    while not (done.is_done or shift.is_over()):
        part = await judge_batch(JudgeBatch(command.now))
        done = AlertsJudged(
            done.judged + part.judged,
            done.resting + part.resting,
            done.fired + part.fired,
            part.is_done,
        )
    return done


async def judge_batch(command: JudgeBatch) -> AlertsJudged:
    """The rules that waited longest; those that somebody else holds are left to him."""
    now = command.now
    async with transaction() as session:
        due = await _due(session, command)
        counts = await _count(due, now)
        found = {one.row.id: judge(one.rule, now, counts[one.row.id]) for one in due if one.rule}
        await _keep(session, due, found, now)
        fired = tuple(
            Fired(one.row, one.rule, found[one.row.id])
            for one in due
            if one.rule and found[one.row.id].fires
        )
        await tell_firings(TellFirings(fired, now))
    resting = len(due) - len(found)
    return AlertsJudged(len(found), resting, len(fired), is_done=len(due) < command.most)


async def _due(session: AsyncSession, command: JudgeBatch) -> Sequence[_Due]:
    asked = {"now": command.now, "most": command.most}
    rows = (await session.execute(text(_DUE), asked)).all()
    return [_Due(row, _rule(row, command.now) if row.is_awake else None) for row in rows]


def _rule(row: Any, now: datetime) -> Rule:
    """One that wakes up looks from now on."""
    return Rule(
        kind=row.kind,
        window_minutes=row.window_minutes,
        since=now if row.is_resting else row.since,
        made_at=row.made_at,
        threshold=row.threshold,
        factor=row.factor,
        state=row.state,
        looked_at=row.looked_at,
    )


async def _count(due: Sequence[_Due], now: datetime) -> Mapping[UUID, tuple[int, ...]]:
    """What each rule has to know, those that need more with one more statement."""
    awake = [(one, one.rule) for one in due if one.rule]
    workspaces = frozenset(one.target for one, _ in awake if one.row.asset_id is None)
    counts = await _answered([(one, spans(rule, now)) for one, rule in awake], workspaces)
    more = [(one, more_spans(rule, now, counts[one.row.id])) for one, rule in awake]
    besides = await _answered(more, workspaces)
    return {one: counts[one] + besides[one] for one in counts}


async def _answered(
    asked: Sequence[tuple[_Due, tuple[Span, ...]]], workspaces: frozenset[UUID]
) -> Mapping[UUID, tuple[int, ...]]:
    questions = tuple(Asked(one.target, span) for one, each in asked for span in each)
    answers = iter((await count_visits(CountVisits(questions, workspaces))).visits)
    return {one.row.id: tuple(next(answers) for _ in each) for one, each in asked}


async def _keep(
    session: AsyncSession, due: Sequence[_Due], found: Mapping[UUID, Judgement], now: datetime
) -> None:
    """A rule that rests stays as it is."""
    states = [found[one.row.id].state if one.rule else one.row.state for one in due]
    values = {
        "now": now,
        "ids": [one.row.id for one in due],
        "states": states,
        "resting": [one.rule is None for one in due],
        "homes": [one.row.home for one in due],
    }
    if due:
        await session.execute(text(_KEEP), values)
