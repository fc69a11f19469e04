"""Receivers, what is due to them, and every try."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Float, Index, String, UniqueConstraint, desc, text
from sqlmodel import Field

from schema.base import Json, Row, Timestamp


class EndpointRow(Row, table=True):
    """A receiver of events. `sealed_secret` is AES-256-GCM, bound to organization and row."""

    __tablename__ = "endpoint"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    url: str
    events: list[str] = Field(sa_type=ARRAY(String))
    scheme: str
    description: str
    status: str
    retry_delays: list[float] = Field(sa_type=ARRAY(Float))
    retry_policy: dict[str, Any] = Field(sa_type=Json)
    sealed_secret: bytes
    updated_at: datetime = Field(sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class DeliveryRow(Row, table=True):
    """One event due to one endpoint, exactly one row however often it is tried."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_delivery_newest", "endpoint_id", desc("created_at"), desc("id")),
        Index("ix_delivery_pending", "created_at", postgresql_where=text("status = 'pending'")),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    endpoint_id: UUID = Field(foreign_key="endpoint.id")
    event_id: UUID = Field(foreign_key="event.id")
    batch_id: UUID = Field(foreign_key="delivery_batch.id", index=True)
    status: str
    attempts: int
    next_at: datetime | None = Field(default=None, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)


class AttemptRow(Row, table=True):
    """One try of a delivery; `created_at` is when it was sent."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    delivery_id: UUID = Field(foreign_key="delivery.id")
    number: int
    status_code: int | None
    error: str | None
    duration_ms: float
    address: str | None
    response_body: str
    next_at: datetime | None = Field(default=None, sa_type=Timestamp)
