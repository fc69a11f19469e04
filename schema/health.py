"""How the destinations of links and codes are, and what looks at them showed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, desc, text
from sqlmodel import Field, SQLModel

from schema.base import Json, Row, Timestamp


class LinkHealthRow(SQLModel, table=True):
    """How one of the addresses is that a link or code leads to, `since` then.

    `asset_kind` is link or qr; `url_hash` tells the addresses of one asset apart. `failures` are
    those in a row. The next look is due at `next_check_at`, null for what is not monitored;
    `every_minutes` is as a pass saw it last. Who looks at it has it under `claim` until
    `claimed_until`. `told_until` is the end of the certificate that was mailed about last.
    """

    __tablename__ = "link_health"
    __table_args__ = (
        Index(
            "ix_link_health_due",
            "next_check_at",
            postgresql_where=text("next_check_at IS NOT NULL"),
        ),
        Index("ix_link_health_busy", "host", postgresql_where=text("claim IS NOT NULL")),
    )

    asset_id: UUID = Field(primary_key=True)
    url_hash: UUID = Field(primary_key=True)
    asset_kind: str
    organization_id: UUID
    url: str
    host: str
    every_minutes: int
    state: str = "unknown"
    since: datetime | None = Field(default=None, sa_type=Timestamp)
    failures: int = 0
    reason: str | None = None
    told_until: datetime | None = Field(default=None, sa_type=Timestamp)
    checked_at: datetime | None = Field(default=None, sa_type=Timestamp)
    next_check_at: datetime | None = Field(default=None, sa_type=Timestamp)
    claim: UUID | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Timestamp)


class LinkCheckRow(Row, table=True):
    """One look at a destination of a link or code, at `created_at`; kept for 30 days.

    `state` is how the destination was after it. Without a `status` the `reason` is what went wrong,
    which `detail` puts into words. `duration_ms` and `phases` (dns, connect, tls, first_byte) are
    milliseconds.
    """

    __tablename__ = "link_check"
    __table_args__ = (
        Index("ix_link_check_newest", "asset_id", desc("created_at"), desc("id")),
        # Written in their order: BRIN costs next to nothing.
        Index("ix_link_check_age", "created_at", postgresql_using="brin"),
    )

    asset_id: UUID
    url: str
    state: str
    outcome: str
    status: int | None = None
    reason: str | None = None
    detail: str = ""
    method: str
    redirects: int
    duration_ms: float
    phases: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    certificate_until: datetime | None = Field(default=None, sa_type=Timestamp)
