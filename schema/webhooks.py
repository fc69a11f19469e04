"""Receivers, what is due to them, and every try."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Float, Index, String, UniqueConstraint, desc, text
from sqlmodel import Field

from schema.base import Json, Row, Timestamp


def _otherwise(value: str) -> dict[str, Any]:
    """What the column holds where nothing is said, also of rows that an older process writes."""
    return {"server_default": text(value), "nullable": False}


class EndpointRow(Row, table=True):
    """A receiver of events: `active`, `paused` by its owner, or `disabled` by what it answered.

    What is sealed is AES-256-GCM, bound to organization and row. `previous_sealed_secret` signs
    beside the newest until `previous_until`; several are listed there, each with its own end.
    `last_sequence` is the number of its newest message. `failing_since` is the first failure after
    the last success and `failures` how many there are in a row; before `open_until` nothing is sent
    but a probe, before `throttled_until` nothing.
    """

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
    previous_sealed_secret: bytes | None = None
    previous_until: datetime | None = Field(default=None, sa_type=Timestamp)
    signs_ed25519: bool = Field(default=False, sa_column_kwargs=_otherwise("false"))
    sealed_headers: bytes | None = None
    filter: dict[str, Any] | None = Field(default=None, sa_type=Json)
    rate_per_minute: int | None = None
    concurrency: int = Field(default=25, sa_column_kwargs=_otherwise("25"))
    ordering: str = Field(default="none", sa_column_kwargs=_otherwise("'none'"))
    payload_version: str = Field(default="1", sa_column_kwargs=_otherwise("'1'"))
    last_sequence: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_otherwise("0"))
    disabled_at: datetime | None = Field(default=None, sa_type=Timestamp)
    disabled_reason: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=Timestamp)
    failures: int = Field(default=0, sa_column_kwargs=_otherwise("0"))
    open_until: datetime | None = Field(default=None, sa_type=Timestamp)
    throttled_until: datetime | None = Field(default=None, sa_type=Timestamp)
    version: int = Field(default=1, sa_column_kwargs=_otherwise("1"))
    updated_at: datetime = Field(sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class DeliveryRow(Row, table=True):
    """One event due to one endpoint, exactly one row however often it is tried.

    `sequence` counts the messages of an endpoint without a gap. `order_key` is the asset where the
    endpoint wants the messages of one in their order. `reason` says why it is where it is. One that
    is `parked` is held, or failed at a receiver that is away, and no workflow is about it.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_delivery_age", "created_at", postgresql_using="brin"),
        Index("ix_delivery_newest", "endpoint_id", desc("created_at"), desc("id")),
        Index("ix_delivery_pending", "created_at", postgresql_where=text("status = 'pending'")),
        Index("ix_delivery_sequence", "endpoint_id", "sequence", unique=True),
        Index(
            "ix_delivery_arrived",
            *("endpoint_id", "finished_at"),
            postgresql_where=text("status = 'delivered'"),
        ),
        Index(
            "ix_delivery_order",
            *("endpoint_id", "order_key", "sequence"),
            postgresql_where=text("status = 'pending' AND order_key IS NOT NULL"),
        ),
        Index(
            "ix_delivery_held",
            *("reason", "endpoint_id", text("coalesce(sequence, 0)")),
            postgresql_where=text("status = 'pending' AND reason IS NOT NULL AND NOT parked"),
        ),
        Index(
            "ix_delivery_parked",
            *("endpoint_id", "reason", text("coalesce(sequence, 0)")),
            postgresql_where=text("parked AND status = 'pending'"),
        ),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    endpoint_id: UUID = Field(foreign_key="endpoint.id")
    event_id: UUID = Field(foreign_key="event.id")
    batch_id: UUID = Field(foreign_key="delivery_batch.id", index=True)
    status: str
    attempts: int
    sequence: int | None = Field(default=None, sa_type=BigInteger)
    order_key: str | None = None
    reason: str | None = None
    parked: bool = Field(default=False, sa_column_kwargs=_otherwise("false"))
    resend: int = Field(default=0, sa_column_kwargs=_otherwise("0"))
    next_at: datetime | None = Field(default=None, sa_type=Timestamp)
    finished_at: datetime | None = Field(default=None, sa_type=Timestamp)


class AttemptRow(Row, table=True):
    """One try of a delivery; `created_at` is when it was sent.

    Secrets in `request_headers` are redacted. `phases` are milliseconds by name: dns, connect, tls,
    first_byte, total. `why` says what decided the next try.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index("ix_attempt_age", "created_at", postgresql_using="brin"),
    )

    delivery_id: UUID = Field(foreign_key="delivery.id")
    number: int
    status_code: int | None
    error: str | None
    duration_ms: float
    address: str | None
    response_body: str
    request_headers: dict[str, Any] | None = Field(default=None, sa_type=Json)
    response_headers: dict[str, Any] | None = Field(default=None, sa_type=Json)
    phases: dict[str, Any] | None = Field(default=None, sa_type=Json)
    why: str | None = None
    next_at: datetime | None = Field(default=None, sa_type=Timestamp)
