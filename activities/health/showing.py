"""What links and codes show of their destinations: the state of the worst of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.health.watched import CODES, LINKS
from activities.rules.health import STATES, State
from schema.db import transaction

Kind = Literal["link", "qr"]

TABLES: Mapping[Kind, str] = {"link": "link", "qr": "qr_code"}
"""By the kind of the asset; rows of several are locked in this order (`schema.locks.ASSETS`)."""

_KNOWN = """
SELECT h.asset_id, h.url, h.state, h.since, h.failures, h.reason, h.checked_at, h.next_check_at
FROM ({addresses} WHERE a.id = ANY (:assets)) AS d CROSS JOIN LATERAL (
  SELECT * FROM link_health AS h WHERE h.asset_id = d.id AND h.url_hash = md5(d.url)::uuid OFFSET 0
) AS h ORDER BY h.asset_id, h.url
"""
"""OFFSET 0 is a fence: each address is looked up by its key."""
_ADDRESSES = {"link": LINKS, "qr": CODES}

_SHOWN = "SELECT id, health FROM {table} WHERE id = ANY (:assets)"
_LOCKED = f"{_SHOWN} ORDER BY id FOR NO KEY UPDATE"
_SHOW = """
UPDATE {table} AS a SET health = k.state
FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[])) AS k (id, state) WHERE a.id = k.id
"""


@dataclass(frozen=True)
class ReadDestinations:
    """What is known of the addresses that some assets of one kind lead to now."""

    kind: Kind
    asset_ids: frozenset[UUID]


@dataclass(frozen=True)
class DestinationView:
    """How one address is `since` then. `failures` are those in a row."""

    url: str
    state: State
    since: datetime | None
    failures: int
    reason: str | None
    checked_at: datetime | None
    next_check_at: datetime | None

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return STATES.index(self.state)


@dataclass(frozen=True)
class Destinations:
    """Those of each asset, by their addresses; an asset of which nothing is known has none."""

    of: Mapping[UUID, tuple[DestinationView, ...]]

    def worst(self, asset_id: UUID) -> DestinationView | None:
        """The worst destination of an asset."""
        return max(self.of.get(asset_id, ()), key=lambda each: each.rank, default=None)


@dataclass(frozen=True)
class ShowHealth:
    """Let links and codes show what is known of their destinations."""

    asset_ids: frozenset[UUID]


@dataclass(frozen=True)
class Shown:
    """A link or code that shows another state now, because of this destination.

    Without a destination nothing is known any more.
    """

    kind: Kind
    asset_id: UUID
    before: State
    state: State
    because: DestinationView | None


async def read_destinations(command: ReadDestinations) -> Destinations:
    """As it is now; addresses that nobody has looked at yet are there too when one is to."""
    asked = {"assets": list(command.asset_ids)}
    async with transaction() as session:
        known = text(_KNOWN.format(addresses=_ADDRESSES[command.kind]))
        rows = (await session.execute(known, asked)).all()
    by_asset = groupby(rows, key=lambda row: cast(UUID, row.asset_id))
    return Destinations({id_: tuple(_view(row) for row in mine) for id_, mine in by_asset})


async def show_health(command: ShowHealth) -> tuple[Shown, ...]:
    """What changed, in the order of locks. What shows the same is not waited for."""
    changed: list[Shown] = []
    async with transaction() as session:
        for kind, table in TABLES.items():
            asked = {"assets": list(command.asset_ids)}
            shown = (await session.execute(text(_SHOWN.format(table=table)), asked)).all()
            if not shown:
                continue
            known = await read_destinations(
                ReadDestinations(kind, frozenset(row.id for row in shown))
            )
            if moved := _moved(kind, shown, known):
                changed += await _show(session, kind, frozenset(one.asset_id for one in moved))
    return tuple(changed)


async def _show(session: AsyncSession, kind: Kind, ids: frozenset[UUID]) -> Sequence[Shown]:
    """Held, they are looked at once more: somebody may have changed them meanwhile."""
    held = text(_LOCKED.format(table=TABLES[kind]))
    shown = (await session.execute(held, {"assets": list(ids)})).all()
    known = await read_destinations(ReadDestinations(kind, ids))
    moved = _moved(kind, shown, known)
    values = {"ids": [one.asset_id for one in moved], "states": [one.state for one in moved]}
    await session.execute(text(_SHOW.format(table=TABLES[kind])), values)
    return moved


def _moved(kind: Kind, shown: Sequence[Any], known: Destinations) -> list[Shown]:
    moved = []
    for row in shown:
        worst = known.worst(row.id)
        state: State = worst.state if worst else "unknown"
        if state != row.health:
            moved.append(Shown(kind, row.id, row.health, state, worst))
    return moved


def _view(row: Any) -> DestinationView:
    return DestinationView(*row[1:])
