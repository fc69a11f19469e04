"""Visits to addresses that nobody has, as far as they came to an organization's own domains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from activities.permits import needs
from activities.rules.actors import Actor
from schema.db import transaction

_SUM = text("""
SELECT unknown.hostname, sum(unknown.visits)
FROM domain JOIN unknown_visit AS unknown ON unknown.hostname = domain.hostname
WHERE domain.organization_id = :owner AND domain.status = 'active' AND domain.deleted_at IS NULL
  AND unknown.day BETWEEN greatest(:first, (domain.verified_at AT TIME ZONE 'UTC')::date) AND :last
GROUP BY unknown.hostname ORDER BY 2 DESC, 1 LIMIT :most
""")

MOST_DOMAINS = 100


@dataclass(frozen=True)
class ReadStrays:
    """Those of the actor's organization on the days (UTC) from `first` to `last`, both included."""

    by: Actor
    first: date
    last: date


@dataclass(frozen=True)
class Stray:
    """How many visits to unknown addresses came to a domain."""

    hostname: str
    visits: int


@needs("assets.read")
async def read_strays(command: ReadStrays) -> tuple[Stray, ...]:
    """By active domain, the most first; since it is the organization's, and no domain without any.

    An actor of one workspace is told nothing: domains belong to all.
    """
    by = command.by
    if by.workspace_id is not None:
        return ()
    values = {
        "owner": by.organization_id,
        "first": command.first,
        "last": command.last,
        "most": MOST_DOMAINS,
    }
    async with transaction() as session:
        rows = (await session.execute(_SUM, values)).all()
    return tuple(Stray(hostname, int(visits)) for hostname, visits in rows)
