"""Ends of codes and links: which are to come, and what was said of them, each once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, PrimaryKeyConstraint, SmallInteger
from sqlmodel import Field, SQLModel

from schema.base import Timestamp


class AssetEndRow(SQLModel, table=True):
    """An active code (`qr`) or link that ends at `expires_at`, until its end is told.

    Kept by triggers of both tables: to tell an end touches no index of theirs, of which there are
    ten, and no visit of anything has to wait for it.
    """

    __tablename__ = "asset_end"
    __table_args__ = (Index("ix_asset_end_next", "asset_kind", "expires_at", "asset_id"),)

    asset_id: UUID = Field(primary_key=True)
    asset_kind: str
    expires_at: datetime = Field(sa_type=Timestamp)


class ExpiryNoticeRow(SQLModel, table=True):
    """It was announced that an asset ends at `expires_at`.

    `days` is which warning it was, so many days before; 0 is the end itself. A date that was put
    off and comes back is known already.
    """

    __tablename__ = "expiry_notice"
    __table_args__ = (
        PrimaryKeyConstraint("asset_id", "expires_at", "days"),
        Index("ix_expiry_notice_noted_at", "noted_at"),
    )

    asset_id: UUID
    expires_at: datetime = Field(sa_type=Timestamp)
    days: int = Field(sa_type=SmallInteger)
    noted_at: datetime = Field(sa_type=Timestamp, nullable=False)
