"""What was sent to webhooks: attempts for as long as the plan says, the rest a month at least.

A recovery reaches back 30 days, so deliveries and events stay for so long whatever the plan. Of the
messages of an endpoint only the oldest go: none is missing between two that are there, and none
goes that is not through, nor what was sent after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.rules.plans import ALIASES, PLANS, plan_of
from activities.rules.retention import RECOVERABLE, Kind

WEEK = timedelta(days=7)
MARGIN = timedelta(days=30)
"""How much older than it may be something can be, where nights were missed; all before is one."""

_PLANS = """
JOIN organization AS o ON o.id = d.organization_id
JOIN unnest(CAST(:plans AS text[]), CAST(:cutoffs AS timestamptz[])) AS p (plan, cutoff)
  ON p.plan = o.plan
"""

_ATTEMPTS = f"""
old AS (
  SELECT a.id FROM attempt AS a JOIN delivery AS d ON d.id = a.delivery_id {_PLANS}
  WHERE a.created_at >= :begin AND a.created_at < :end AND a.created_at < p.cutoff
  AND d.status <> 'pending' LIMIT :most
), gone AS (
  DELETE FROM attempt USING old WHERE attempt.id = old.id RETURNING 1
)
"""  # noqa: S608

_DELIVERIES = f"""
held AS (
  SELECT endpoint_id, min(sequence) AS first FROM delivery
  WHERE status = 'pending' GROUP BY endpoint_id
), old AS (
  SELECT d.id FROM delivery AS d {_PLANS} LEFT JOIN held AS h ON h.endpoint_id = d.endpoint_id
  WHERE d.created_at >= :begin AND d.created_at < :end AND d.created_at < p.cutoff
  AND d.status <> 'pending' AND (h.first IS NULL OR coalesce(d.sequence, 0) < h.first)
  ORDER BY d.created_at, d.sequence LIMIT :most FOR UPDATE OF d SKIP LOCKED
), tried AS (
  DELETE FROM attempt USING old WHERE attempt.delivery_id = old.id
), gone AS (
  DELETE FROM delivery USING old WHERE delivery.id = old.id RETURNING 1
)
"""  # noqa: S608

_EVENTS = f"""
old AS (
  SELECT d.id FROM event AS d {_PLANS}
  WHERE d.created_at >= :begin AND d.created_at < :end AND d.created_at < p.cutoff
  AND d.dispatched_at < :unrecoverable
  AND NOT EXISTS (SELECT FROM delivery WHERE event_id = d.id)
  LIMIT :most FOR UPDATE OF d SKIP LOCKED
), gone AS (
  DELETE FROM event USING old WHERE event.id = old.id RETURNING 1
)
"""  # noqa: S608

LOGGED: Mapping[Kind, str] = {
    "attempts": _ATTEMPTS,
    "deliveries": _DELIVERIES,
    "events": _EVENTS,
}
"""A statement for each kind, about a window of time."""


def windows(kind: Kind, now: datetime) -> Iterator[dict[str, Any]]:
    """The values of its statement, for one week after the other, the oldest first.

    Weeks that some plans keep are looked through once a night, and not once for each part.
    """
    names = (*PLANS, *ALIASES)
    kept = {name: timedelta(days=plan_of(name).webhook_log_days) for name in names}
    if kind != "attempts":
        kept = {name: max(span, RECOVERABLE) for name, span in kept.items()}
    asked = {
        "plans": list(kept),
        "cutoffs": [now - span for span in kept.values()],
        **({"unrecoverable": now - RECOVERABLE} if kind == "events" else {}),
    }
    begin, end = datetime(1, 1, 2, tzinfo=UTC), now - max(kept.values()) - MARGIN
    while begin < now - min(kept.values()):
        yield {**asked, "begin": begin, "end": end}
        begin, end = end, end + WEEK
