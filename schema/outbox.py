"""Facts that were recorded and must be told: events, and the batches they leave in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, text
from sqlmodel import Field

from schema.base import Json, Row, Timestamp


class EventRow(Row, table=True):
    """A fact, written in the transaction that made it true. `sequence` is the order of writing.

    With `only_to` it is a sample, told to that endpoint alone, whatever it subscribed to.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index(
            "ix_event_waiting",
            *("organization_id", "sequence"),
            postgresql_where=text("dispatched_at IS NULL"),
        ),
        # For forgetting old ones: events are written nearly in their order.
        Index("ix_event_age", "created_at", postgresql_using="brin"),
    )

    sequence: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False)
    )
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: str
    asset_id: UUID
    payload: dict[str, Any] = Field(sa_type=Json)
    only_to: UUID | None = Field(default=None, foreign_key="endpoint.id")
    request_id: str
    traceparent: str | None
    dispatched_at: datetime | None = Field(default=None, sa_type=Timestamp)


class DeliveryBatchRow(Row, table=True):
    """Deliveries of one organization that one workflow makes. The id is that of the first one.

    The row is committed before the workflow is started and `started_at` after, so that a crash in
    between starts the same batch again under the same workflow id.
    """

    __tablename__ = "delivery_batch"
    __table_args__ = (
        Index(
            "ix_delivery_batch_waiting", "created_at", postgresql_where=text("started_at IS NULL")
        ),
        Index("ix_delivery_batch_age", "created_at", postgresql_using="brin"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    size: int
    summary: str
    kind: str | None = Field(default=None, description="that of all its events, if it is one")
    asset_id: UUID | None = Field(default=None, description="that of all its events, if it is one")
    request_id: str
    traceparent: str | None
    started_at: datetime | None = Field(default=None, sa_type=Timestamp)
