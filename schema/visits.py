"""What visitors did: scans of assets and the conversions that followed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field

from schema.base import Json, Row, Timestamp


class ScanRow(Row, table=True):
    """One visit to an asset. `created_at` is the moment of it; the visitor's address is not kept.

    `asset_kind` is qr, link, page or barcode. `variant` and `rule` are what led the visit.
    """

    __tablename__ = "scan"
    __table_args__ = (Index("ix_scan_asset", "asset_id", "created_at"),)

    organization_id: UUID
    asset_id: UUID
    asset_kind: str
    variant: str | None = None
    rule: str | None = None
    country: str | None
    region: str | None = None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None
    is_bot: bool


class ConversionRow(Row, table=True):
    """Something that a visitor did after a visit. `visitor` is a random id out of a cookie."""

    __tablename__ = "conversion"
    __table_args__ = (
        UniqueConstraint("organization_id", "dedupe_key"),
        Index("ix_conversion_source", "source_id", "created_at"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    source_kind: str
    source_id: UUID
    visitor: UUID
    step: str
    value: Decimal | None = Field(default=None, sa_type=Numeric(18, 4))
    currency: str | None = None
    dedupe_key: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    occurred_at: datetime = Field(sa_type=Timestamp)
