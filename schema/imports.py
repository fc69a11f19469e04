"""Files of other platforms, on their way in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, desc
from sqlmodel import Field

from schema.base import Json, Row, Timestamp


class ImportRow(Row, table=True):
    """A file that was looked at and may be run. `status`: previewed running done cancelled.

    `terms` are what it was previewed with (`https_only`, the default folder and tags...).
    """

    __tablename__ = "import_job"
    __table_args__ = (
        Index("ix_import_job_newest", "organization_id", desc("created_at"), desc("id")),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    workspace_id: UUID = Field(foreign_key="workspace.id")
    format: str
    status: str
    headers: list[str] = Field(default_factory=list, sa_type=Json)
    terms: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    total: int = 0
    made: int = 0
    failed: int = 0
    made_by: UUID | None = None
    actor: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)


class ImportItemRow(Row, table=True):
    """One line of the file: what it asks for, and what became of it (waiting made failed)."""

    __tablename__ = "import_item"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    import_id: UUID = Field(foreign_key="import_job.id")
    number: int
    values: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    problems: list[str] = Field(default_factory=list, sa_type=Json)
    status: str
    asset_id: UUID | None = None
