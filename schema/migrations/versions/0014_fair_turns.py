"""Waiting events by organization, so that each has its turn; arrivals by the moment they came; what
is parked apart from what workflows wait with; waiting mails by the moment they are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNTOLD = sa.text("dispatched_at IS NULL")
DELIVERED = sa.text("status = 'delivered'")
HELD = "status = 'pending' AND reason IS NOT NULL"
NOT_STARTED = sa.text("started_at IS NULL")

LOCK = "LOCK TABLE event, delivery, mail IN ACCESS EXCLUSIVE MODE"
"""Before anything else and in this order: who takes them one by one may meet another at it."""


def _index_held(where: str) -> None:
    op.drop_index("ix_delivery_held", table_name="delivery")
    op.create_index(
        "ix_delivery_held",
        "delivery",
        ["reason", "endpoint_id", sa.text("coalesce(sequence, 0)")],
        unique=False,
        postgresql_where=sa.text(where),
    )


def upgrade() -> None:
    op.execute(LOCK)
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
    _index_held(f"{HELD} AND NOT parked")
    op.drop_index("ix_mail_waiting", table_name="mail", postgresql_where=NOT_STARTED)
    op.create_index(
        "ix_mail_waiting",
        "mail",
        [sa.text("coalesce(not_before, created_at)")],
        unique=False,
        postgresql_where=NOT_STARTED,
    )


def downgrade() -> None:
    op.execute(LOCK)
    op.drop_index("ix_mail_waiting", table_name="mail", postgresql_where=NOT_STARTED)
    op.create_index(
        "ix_mail_waiting", "mail", ["created_at"], unique=False, postgresql_where=NOT_STARTED
    )
    _index_held(HELD)
    op.drop_index("ix_delivery_arrived", table_name="delivery", postgresql_where=DELIVERED)
    op.drop_index("ix_event_waiting", table_name="event", postgresql_where=UNTOLD)
    op.create_index(
        "ix_event_waiting", "event", ["sequence"], unique=False, postgresql_where=UNTOLD
    )
