"""What visitors did: scans of assets and the conversions that followed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Identity,
    Index,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from schema.base import Json, Row, Timestamp


class ScanRow(SQLModel, table=True):
    """One visit to an asset. `created_at` is the moment of it; the visitor's address is not kept.

    Partitioned by month of `created_at`. Scans that are written by one statement have ids that
    follow each other, beginning at a number of their own (`activities.rules.scan_ids`): a trigger
    notes each such batch in `scan_batch`.

    `asset_kind` is qr, link, page or barcode. `variant` and `rule` are what led the visit.
    `visitor` is a keyed hash whose key lives for a day; None for who does not want to be followed.
    `local_hour` is the hour at the visitor's place (0 to 23), where it is known. `is_counted` says
    that the counter of the asset has it already; the roll-up adds the others.
    """

    __tablename__ = "scan"
    __table_args__ = (
        PrimaryKeyConstraint("id", "created_at"),
        Index("ix_scan_asset", "asset_id", "created_at"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: UUID
    created_at: datetime = Field(sa_type=Timestamp)
    organization_id: UUID
    asset_id: UUID
    asset_kind: str
    variant: str | None = None
    rule: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    device: str
    os: str | None = None
    browser: str | None = None
    language: str | None = None
    referrer_domain: str | None = None
    utm: dict[str, str] | None = Field(default=None, sa_type=Json)
    visitor: int | None = Field(default=None, sa_type=BigInteger)
    local_hour: int | None = Field(default=None, sa_type=SmallInteger)
    is_bot: bool
    is_counted: bool = False


class ScanBatchRow(SQLModel, table=True):
    """Scans that no total has yet: those with ids from `id` to `last_id`.

    Written by a trigger of `scan`; the roll-up deletes it in the transaction that adds its scans to
    the totals. So totals plus the scans of these batches are always all scans.
    """

    __tablename__ = "scan_batch"

    id: UUID = Field(primary_key=True)
    last_id: UUID
    first_at: datetime = Field(sa_type=Timestamp)
    last_at: datetime = Field(sa_type=Timestamp)
    size: int


class ScanTotalRow(SQLModel):
    """Totals of a `scope_id`, which is an asset or a whole organization, for one span of time.

    `visits` are those of people, `uniques` how many of them were a visitor's first one of the day
    (UTC) there, `bots` those of machines. `doc` has the same by what is known of them
    (`activities.rules.totals`).
    """

    scope_id: UUID
    organization_id: UUID
    visits: int = Field(default=0, sa_type=BigInteger)
    uniques: int = Field(default=0, sa_type=BigInteger)
    bots: int = Field(default=0, sa_type=BigInteger)
    # As text: read and written as a whole, several times quicker than as jsonb, and smaller.
    doc: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class ScanHourRow(ScanTotalRow, table=True):
    """Totals of one hour (UTC)."""

    __tablename__ = "scan_hour"
    __table_args__ = (
        PrimaryKeyConstraint("scope_id", "hour"),
        # For forgetting old ones: hours are written nearly in their order.
        Index("ix_scan_hour_hour", "hour", postgresql_using="brin"),
    )

    hour: datetime = Field(sa_type=Timestamp)


class ScanDayRow(ScanTotalRow, table=True):
    """Totals of one day (UTC)."""

    __tablename__ = "scan_day"
    __table_args__ = (
        PrimaryKeyConstraint("scope_id", "day"),
        Index("ix_scan_day_organization", "organization_id", "day"),
    )

    day: date


class ScanVisitorRow(SQLModel, table=True):
    """When a visitor came to an asset for the first time on a day (UTC); kept for some days only.

    The first time at the organization is the first of these.
    """

    __tablename__ = "scan_visitor"
    __table_args__ = (PrimaryKeyConstraint("day", "organization_id", "visitor", "asset_id"),)

    day: date
    organization_id: UUID
    visitor: int = Field(sa_type=BigInteger)
    asset_id: UUID
    first_at: datetime = Field(sa_type=Timestamp)


class ScanKeepingRow(SQLModel, table=True):
    """Since when scans of an organization are kept; those of days (UTC) before were forgotten."""

    __tablename__ = "scan_keeping"

    organization_id: UUID = Field(primary_key=True)
    since: date


class VisitorSaltRow(SQLModel, table=True):
    """The key of the visitor hashes of one day (UTC). Nobody can make them again without it."""

    __tablename__ = "visitor_salt"

    day: date = Field(primary_key=True)
    salt: bytes


class UnknownVisitRow(SQLModel, table=True):
    """How many visits of a day (UTC) asked for what is not there; `hostname` is empty for ours."""

    __tablename__ = "unknown_visit"
    __table_args__ = (PrimaryKeyConstraint("day", "hostname"),)

    day: date
    hostname: str
    visits: int = Field(sa_type=BigInteger)


class RouteChangeRow(SQLModel, table=True):
    """Something changed that visits depend on; processes that remember it look here every second.

    Written by triggers, which also NOTIFY: `asset {id}`, `slug {space}/{slug}`, `domain {hostname}`
    or `events {organization id}`.
    """

    __tablename__ = "route_change"
    __table_args__ = (Index("ix_route_change_changed_at", "changed_at"),)

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    changed_at: datetime = Field(
        sa_column=Column(Timestamp, server_default=text("clock_timestamp()"), nullable=False)
    )
    changed: str


class ConversionRow(Row, table=True):
    """Something that a visitor did after a visit. `visitor` is a random id out of a cookie.

    `variant` is what the source's A/B test shows this visitor.
    """

    __tablename__ = "conversion"
    __table_args__ = (
        UniqueConstraint("organization_id", "dedupe_key"),
        Index("ix_conversion_source", "source_id", "created_at"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    source_kind: str
    source_id: UUID
    visitor: UUID
    variant: str | None = None
    step: str
    value: Decimal | None = Field(default=None, sa_type=Numeric(18, 4))
    currency: str | None = None
    dedupe_key: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    occurred_at: datetime = Field(sa_type=Timestamp)
