"""What codes are shown with: names of folders and tags, links that lead them, and counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from activities.outside import outside
from activities.shelf.labels import Labels, ReadLabels, read_labels, wanted
from activities.statistics.pending import Counters, ReadCounters, read_counters
from schema.db import transaction
from schema.tables import DomainRow, LinkRow, QrCodeRow


@dataclass(frozen=True)
class ReadSurroundings:
    """What is around some codes."""

    labels: ReadLabels
    link_ids: frozenset[UUID]
    counters: ReadCounters


@dataclass(frozen=True)
class LinkedView:
    """The link that a code is tied to."""

    id: UUID
    slug: str
    short_url: str
    destination_url: str | None


@dataclass(frozen=True)
class Surroundings:
    """Names and links by id; what is not there any more, or in the trash, has none."""

    labels: Labels
    links: Mapping[UUID, LinkedView] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)


def around(rows: Iterable[QrCodeRow]) -> ReadSurroundings:
    """All that these codes are shown with."""
    rows = tuple(rows)
    return ReadSurroundings(
        wanted(rows),
        frozenset(row.link_id for row in rows if row.link_id),
        ReadCounters("qr", frozenset(row.id for row in rows)),
    )


async def read_surroundings(command: ReadSurroundings) -> Surroundings:
    """At most one statement each for folders, tags and links, and two for counters."""
    query = (
        select(LinkRow, DomainRow.hostname)
        .join(DomainRow, col(DomainRow.id) == col(LinkRow.domain_id), isouter=True)
        .where(col(LinkRow.id).in_(command.link_ids), col(LinkRow.deleted_at).is_(None))
    )
    links: dict[UUID, LinkedView] = {}
    async with transaction() as session:
        labels = await read_labels(command.labels)
        counters = await read_counters(command.counters)
        if command.link_ids:
            links = {
                row.id: LinkedView(
                    row.id, row.slug, outside().link_url(row.slug, hostname), row.destination_url
                )
                for row, hostname in await session.execute(query)
            }
    return Surroundings(labels, links, counters)
