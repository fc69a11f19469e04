"""Pictures: those kept for a while, those of a month, credits, and those rendered as a job."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, desc
from sqlmodel import Field, SQLModel

from schema.base import Json, Row, Timestamp


class PictureCacheRow(SQLModel, table=True):
    """A finished picture under the digest of all that it was made from.

    UNLOGGED: nothing is written ahead, and a crash of the server empties it.
    """

    __tablename__ = "picture_cache"
    __table_args__ = (
        Index("ix_picture_cache_used_at", "used_at"),
        {"prefixes": ["UNLOGGED"]},
    )

    key: str = Field(primary_key=True)
    content: bytes
    media_type: str
    score: dict[str, Any] | None = Field(default=None, sa_type=Json)
    size: int
    used_at: datetime = Field(sa_type=Timestamp)


class RenderMonthRow(SQLModel, table=True):
    """The renders of an organization in a calendar month (UTC), `credits` of them paid extra."""

    __tablename__ = "render_month"

    organization_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    month: date = Field(primary_key=True)
    renders: int = Field(default=0, sa_type=BigInteger)
    credits: int = Field(default=0, sa_type=BigInteger)


class RenderCreditRow(SQLModel, table=True):
    """How many renders beyond its plan an organization has paid for and not used."""

    __tablename__ = "render_credit"
    __table_args__ = (CheckConstraint("balance >= 0", name="not_overdrawn"),)

    organization_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    balance: int = Field(sa_type=BigInteger)


class CreditEntryRow(Row, table=True):
    """What changed a balance: a purchase, or all renders of a month that were paid with credits.

    The changes of an organization add up to its balance.
    """

    __tablename__ = "credit_entry"
    __table_args__ = (UniqueConstraint("organization_id", "reference"),)

    organization_id: UUID = Field(foreign_key="organization.id")
    reference: str
    change: int = Field(sa_type=BigInteger)


class RenderBatchRow(Row, table=True):
    """Many pictures that are rendered as a job. `status`: waiting running done cancelled.

    `looks` are the kinds of picture that its lines share, `faults` what is wrong with which.
    """

    __tablename__ = "render_batch"
    __table_args__ = (
        Index("ix_render_batch_newest", "organization_id", desc("created_at"), desc("id")),
        Index("ix_render_batch_expires_at", "expires_at"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    workspace_id: UUID | None = None
    status: str
    digest: bytes
    total: int
    done: int = 0
    failed: int = 0
    looks: list[Any] = Field(default_factory=list, sa_type=Json)
    faults: list[Any] = Field(default_factory=list, sa_type=Json)
    actor: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    month: date
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)
    expires_at: datetime = Field(sa_type=Timestamp)


class RenderPartRow(SQLModel, table=True):
    """Some lines of a batch, and once they are rendered their share of the archive."""

    __tablename__ = "render_part"

    batch_id: UUID = Field(foreign_key="render_batch.id", primary_key=True)
    number: int = Field(primary_key=True)
    lines: list[Any] = Field(sa_type=Json)
    content: bytes | None = None
    outcomes: list[Any] | None = Field(default=None, sa_type=Json)
    rendered_at: datetime | None = Field(default=None, sa_type=Timestamp)


class RenderLogoRow(SQLModel, table=True):
    """The logo of one look of a batch, as it was when the batch was asked for."""

    __tablename__ = "render_logo"

    batch_id: UUID = Field(foreign_key="render_batch.id", primary_key=True)
    look: int = Field(primary_key=True)
    png: bytes
