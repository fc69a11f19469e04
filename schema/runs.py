"""Jobs of tenants that have no table of their own: which workflow does them, how they ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, desc
from sqlmodel import Field

from schema.base import Row, Timestamp


class RunRow(Row, table=True):
    """A job that a tenant asked for: a check of a link or a recovery of an endpoint (`subject_id`).

    `state` is running until its end is kept, or somebody looks after it: then it is done, cancelled
    or failed, and `done` of `total` say how far it came. `total` is null where it is not known.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        Index("ix_job_run_newest", "organization_id", desc("created_at"), desc("id")),
        # Written in their order: BRIN costs next to nothing.
        Index("ix_job_run_age", "created_at", postgresql_using="brin"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    workspace_id: UUID | None = None
    kind: str
    subject_id: UUID
    workflow_id: str = Field(unique=True)
    state: str = "running"
    total: int | None = None
    done: int = 0
    made_by: UUID | None = None
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
