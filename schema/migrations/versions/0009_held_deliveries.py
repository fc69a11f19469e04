"""Held deliveries are found by their endpoint and what holds them, however many there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_delivery_held",
        "delivery",
        ["reason", "endpoint_id", sa.text("coalesce(sequence, 0)")],
        unique=False,
        postgresql_where=sa.text("status = 'pending' AND reason IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_held", table_name="delivery")
