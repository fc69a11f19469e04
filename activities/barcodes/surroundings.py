"""What views of barcodes show beside their rows: folder, tags, and who made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from activities.shelf.labels import Labels, ReadLabels, read_labels, wanted
from schema.db import transaction
from schema.tables import BarcodeRow, UserRow


@dataclass(frozen=True)
class ReadSurroundings:
    """The labels, and the names of the people, that some barcodes show."""

    labels: ReadLabels
    makers: frozenset[UUID]


@dataclass(frozen=True)
class Surroundings:
    """The labels, and names by id; who is not there any more has none."""

    labels: Labels
    names: Mapping[UUID, str]


def around(rows: Iterable[BarcodeRow]) -> ReadSurroundings:
    """All that these barcodes show."""
    rows = tuple(rows)
    return ReadSurroundings(wanted(rows), frozenset(row.made_by for row in rows if row.made_by))


async def read_surroundings(command: ReadSurroundings) -> Surroundings:
    """Read it, by at most one statement for each kind."""
    names: dict[UUID, str] = {}
    async with transaction() as session:
        labels = await read_labels(command.labels)
        if command.makers:
            query = select(UserRow.id, UserRow.name).where(col(UserRow.id).in_(command.makers))
            names = {row.id: row.name for row in await session.execute(query)}
    return Surroundings(labels, names)
