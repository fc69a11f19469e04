"""The scans that were just made, for who watches them come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden
from activities.statistics.raw import COLUMNS, RawScan
from schema.db import transaction

SLACK = timedelta(hours=1)
"""How much earlier than its id was made a visit may be; it says which months are looked into."""

_NEW = f"""
SELECT organization_id, total, {", ".join(COLUMNS)} FROM (
  SELECT *, count(*) OVER (PARTITION BY organization_id) AS total,
    row_number() OVER (PARTITION BY organization_id ORDER BY id DESC) AS place
  FROM scan WHERE id >= :low AND id < :high AND created_at >= :since
    AND organization_id = ANY(:owners)
) AS new WHERE place <= :most ORDER BY organization_id, id
"""  # noqa: S608


@dataclass(frozen=True)
class BeginToWatch:
    """Somebody wants to see the scans of the organization come in."""

    by: Actor


@dataclass(frozen=True)
class ReadFresh:
    """Scans whose ids were made after the millisecond `after`, and not after `until`.

    `most` of each organization are told, the newest ones.
    """

    organization_ids: tuple[UUID, ...]
    after: int
    until: int
    most: int = 100


@dataclass(frozen=True)
class Fresh:
    """The scans of one organization in the order of their ids; `total` counts all, bots too.

    They are those until the millisecond `until`.
    """

    organization_id: UUID
    until: int
    total: int
    scans: tuple[RawScan, ...]


@needs("assets.read")
async def begin_to_watch(command: BeginToWatch) -> None:
    """Whether that is allowed: scans are of all workspaces, so raises `Forbidden` for who is
    restricted to one.
    """
    if command.by.workspace_id is not None:
        raise Forbidden("organization.read")


async def read_fresh(command: ReadFresh) -> tuple[Fresh, ...]:
    """One for each organization that has any; who may see them was judged when watching began.

    One range of the primary key is read, however many organizations are asked for.
    """
    values = {
        "owners": list(command.organization_ids),
        "low": _first(command.after + 1),
        "high": _first(command.until + 1),
        "since": datetime.fromtimestamp(command.after / 1000, UTC) - SLACK,
        "most": command.most,
    }
    async with transaction() as session:
        rows = (await session.execute(text(_NEW), values)).all()
    found: dict[UUID, tuple[int, list[RawScan]]] = {}
    for owner, total, *columns in rows:
        found.setdefault(owner, (total, []))[1].append(RawScan(*columns))
    return tuple(
        Fresh(owner, command.until, total, tuple(scans)) for owner, (total, scans) in found.items()
    )


def _first(millisecond: int) -> UUID:
    """No id of this millisecond or a later one is below (RFC 9562 5.7)."""
    return UUID(int=millisecond << 80)
