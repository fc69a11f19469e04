"""Webhooks: how endpoints are sent to, what became of deliveries and why, all of each attempt."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def _told(name: str, kind: sa.types.TypeEngine[object], otherwise: str) -> sa.Column[object]:
    """A column with a value in every row, also in those that are there."""
    return sa.Column(name, kind, server_default=sa.text(otherwise), nullable=False)


def _maybe(name: str, kind: sa.types.TypeEngine[object]) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=True)


ENDPOINT = (
    _maybe("previous_sealed_secret", sa.LargeBinary()),
    _maybe("previous_until", TIME),
    _told("signs_ed25519", sa.Boolean(), "false"),
    _maybe("sealed_headers", sa.LargeBinary()),
    _maybe("filter", JSON),
    _maybe("rate_per_minute", sa.Integer()),
    _told("concurrency", sa.Integer(), "25"),
    _told("ordering", TEXT, "'none'"),
    _told("payload_version", TEXT, "'1'"),
    _told("last_sequence", sa.BigInteger(), "0"),
    _maybe("disabled_at", TIME),
    _maybe("disabled_reason", TEXT),
    _maybe("failing_since", TIME),
    _told("failures", sa.Integer(), "0"),
    _maybe("open_until", TIME),
    _maybe("throttled_until", TIME),
    _told("version", sa.Integer(), "1"),
)

DELIVERY = (
    _maybe("sequence", sa.BigInteger()),
    _maybe("order_key", TEXT),
    _maybe("reason", TEXT),
    _told("resend", sa.Integer(), "0"),
)

ATTEMPT = (
    _maybe("request_headers", JSON),
    _maybe("response_headers", JSON),
    _maybe("phases", JSON),
    _maybe("why", TEXT),
)

ADDED = {"endpoint": ENDPOINT, "delivery": DELIVERY, "attempt": ATTEMPT}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_delivery_sequence", "delivery", ["endpoint_id", "sequence"], unique=True)
    op.create_index(
        "ix_delivery_order",
        "delivery",
        ["endpoint_id", "order_key", "sequence"],
        unique=False,
        postgresql_where=sa.text("status = 'pending' AND order_key IS NOT NULL"),
    )
    op.add_column("event", _maybe("only_to", sa.Uuid()))
    op.create_foreign_key(op.f("fk_event_only_to"), "event", "endpoint", ["only_to"], ["id"])
    # Its numbers change with every message: with room in each page its indexes need not.
    op.execute("ALTER TABLE endpoint SET (fillfactor = 70)")


def downgrade() -> None:
    op.execute("ALTER TABLE endpoint RESET (fillfactor)")
    op.drop_column("event", "only_to")
    for index in ("ix_delivery_order", "ix_delivery_sequence"):
        op.drop_index(index, table_name="delivery")
    for table, columns in ADDED.items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
