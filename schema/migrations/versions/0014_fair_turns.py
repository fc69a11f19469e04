"""Waiting events by organization, so that each has its turn; arrivals by the moment they came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNTOLD = sa.text("dispatched_at IS NULL")
DELIVERED = sa.text("status = 'delivered'")


def upgrade() -> None:
    op.drop_index("ix_event_waiting", table_name="event", postgresql_where=UNTOLD)
    op.create_index(
        "ix_event_waiting",
        "event",
        ["organization_id", "sequence"],
        unique=False,
        postgresql_where=UNTOLD,
    )
    op.create_index(
        "ix_delivery_arrived",
        "delivery",
        ["endpoint_id", "finished_at"],
        unique=False,
        postgresql_where=DELIVERED,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_arrived", table_name="delivery", postgresql_where=DELIVERED)
    op.drop_index("ix_event_waiting", table_name="event", postgresql_where=UNTOLD)
    op.create_index(
        "ix_event_waiting", "event", ["sequence"], unique=False, postgresql_where=UNTOLD
    )
