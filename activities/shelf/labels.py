"""The names of folders and tags, for views of assets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, select

from schema.assets import AssetRow
from schema.db import transaction
from schema.tables import FolderRow, TagRow


@dataclass(frozen=True)
class ReadLabels:
    """The names behind these ids."""

    folder_ids: frozenset[UUID]
    tag_ids: frozenset[UUID]


@dataclass(frozen=True)
class Labels:
    """Names by id; what is not there any more has none."""

    folders: Mapping[UUID, str] = field(default_factory=dict)
    tags: Mapping[UUID, str] = field(default_factory=dict)

    def folder(self, row: AssetRow) -> str | None:
        """The name of the folder that the asset is in."""
        return self.folders.get(row.folder_id) if row.folder_id else None

    def tags_of(self, row: AssetRow) -> tuple[str, ...]:
        """The names of its tags, in their order."""
        return tuple(self.tags[tag] for tag in row.tag_ids if tag in self.tags)


def wanted(rows: Iterable[AssetRow]) -> ReadLabels:
    """All labels that these assets show."""
    rows = tuple(rows)
    return ReadLabels(
        frozenset(row.folder_id for row in rows if row.folder_id),
        frozenset(tag for row in rows for tag in row.tag_ids),
    )


async def read_labels(command: ReadLabels) -> Labels:
    """The names, at most one statement for each kind."""
    folders: dict[UUID, str] = {}
    tags: dict[UUID, str] = {}
    async with transaction() as session:
        if command.folder_ids:
            query = select(FolderRow.id, FolderRow.name).where(
                col(FolderRow.id).in_(command.folder_ids)
            )
            folders = dict((await session.execute(query)).all())
        if command.tag_ids:
            query = select(TagRow.id, TagRow.name).where(col(TagRow.id).in_(command.tag_ids))
            tags = dict((await session.execute(query)).all())
    return Labels(folders, tags)
