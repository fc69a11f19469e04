"""How the platform is: what an operator's status page asks the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from schema.db import DatabaseAway, transaction

__all__ = ["Backlog", "DatabaseAway", "read_backlog"]

_BACKLOG = text(
    """
    SELECT
      (SELECT count(*) FROM event WHERE dispatched_at IS NULL),
      (SELECT extract(epoch FROM now() - min(created_at)) FROM event WHERE dispatched_at IS NULL),
      (SELECT count(*) FROM delivery_batch WHERE started_at IS NULL),
      (SELECT count(*) FROM mail WHERE started_at IS NULL),
      (SELECT count(*) FROM delivery WHERE status = 'pending'),
      (SELECT extract(epoch FROM now() - min(created_at)) FROM delivery WHERE status = 'pending')
    """
)


@dataclass(frozen=True)
class Backlog:
    """What waits to be told. Ages are seconds of the oldest, 0 when nothing waits."""

    waiting_events: int
    oldest_event_seconds: float
    waiting_batches: int
    waiting_mails: int
    undelivered: int
    oldest_undelivered_seconds: float


async def read_backlog() -> Backlog:
    """Count what waits. Raises `DatabaseAway` when PostgreSQL does not answer."""
    async with transaction() as session:
        row = (await session.execute(_BACKLOG)).one()
    events, event_age, batches, mails, pending, pending_age = row
    return Backlog(
        waiting_events=events,
        oldest_event_seconds=round(float(event_age or 0), 3),
        waiting_batches=batches,
        waiting_mails=mails,
        undelivered=pending,
        oldest_undelivered_seconds=round(float(pending_age or 0), 3),
    )
