"""What a tenant makes, and the visits to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, desc
from sqlmodel import Field

from schema.base import Row, Timestamp


class QrCodeRow(Row, table=True):
    """A QR code. `short_code` is never reused, not even after deletion."""

    __tablename__ = "qr_code"
    __table_args__ = (
        Index("ix_qr_code_newest", "organization_id", desc("created_at"), desc("id")),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    workspace_id: UUID = Field(foreign_key="workspace.id", index=True)
    short_code: str = Field(unique=True)
    name: str
    destination_url: str
    is_active: bool
    scan_count: int = Field(default=0, sa_type=BigInteger)
    last_scanned_at: datetime | None = Field(default=None, sa_type=Timestamp)
    updated_at: datetime = Field(sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class ScanRow(Row, table=True):
    """One visit. `created_at` is the moment of it; the visitor's address is not kept."""

    __tablename__ = "scan"
    __table_args__ = (Index("ix_scan_asset", "qr_code_id", "created_at"),)

    organization_id: UUID
    qr_code_id: UUID
    country: str | None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None
    is_bot: bool
