"""What was said of the ends of codes and links, so that nothing is said twice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, PrimaryKeyConstraint, SmallInteger
from sqlmodel import Field, SQLModel

from schema.base import Timestamp


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
