"""Messages that ought to have been tried long ago, and that perhaps no workflow is about any more.

Somebody terminated theirs in the Temporal UI, or Temporal lost its database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import text

from activities.cause import Cause
from activities.outside import outside
from schema.db import transaction

LATE = timedelta(hours=1)
"""Far more than a busy platform is late; nothing happens to one whose workflow is there."""

NOBODY = UUID(int=0)

_FIND = text(
    "SELECT d.id, d.organization_id, d.attempts, d.resend, e.kind, e.request_id, e.traceparent, "
    "endpoint.url FROM delivery AS d JOIN event AS e ON e.id = d.event_id "
    "JOIN endpoint ON endpoint.id = d.endpoint_id "
    "WHERE d.status = 'pending' AND NOT d.parked AND d.created_at < :late "
    "AND (d.next_at IS NULL OR d.next_at < :late) AND d.id > :after ORDER BY d.id LIMIT :limit"
)


@dataclass(frozen=True)
class FindOrphans:
    """Up to `limit` of them, behind the one with the id `after`."""

    after: UUID = NOBODY
    limit: int = 200


@dataclass(frozen=True)
class Orphan:
    """A message whose next attempt is `number`; its policy counts from attempt `first`."""

    id: UUID
    organization_id: UUID
    number: int
    first: int
    resend: int
    kind: str
    host: str
    cause: Cause


async def find_orphans(command: FindOrphans) -> tuple[Orphan, ...]:
    """In the order of their ids."""
    given = {
        "late": outside().clock.now() - LATE,
        "after": command.after,
        "limit": command.limit,
    }
    async with transaction() as session:
        rows = (await session.execute(_FIND, given)).all()
    return tuple(
        Orphan(
            id=row.id,
            organization_id=row.organization_id,
            number=row.attempts + 1,
            first=1 if row.resend == 0 else max(1, row.attempts),
            resend=row.resend,
            kind=row.kind,
            host=urlsplit(row.url).hostname or "",
            cause=Cause(row.request_id, row.traceparent),
        )
        for row in rows
    )
