"""What happens by itself: ends of codes and links, warnings of them, and what is forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ENDING = ("qr_code", "link")
COUNTED = ["archived_at", "is_active", "workspace_id"]
GOING_ON = "expires_at IS NOT NULL AND ended_at IS NULL AND is_active AND deleted_at IS NULL"
AGING = ("attempt", "delivery", "delivery_batch", "event")


def _list_newest(table: str, *counted: str) -> None:
    """The index that lists and their counts read, anew."""
    op.drop_index(f"ix_{table}_newest", table_name=table)
    op.create_index(
        f"ix_{table}_newest",
        table,
        ["organization_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        postgresql_include=[*COUNTED, *counted],
    )


def upgrade() -> None:
    for table in ENDING:
        op.add_column(table, sa.Column("ended_at", TIME, nullable=True))
        _list_newest(table, "ended_at")
        op.create_index(
            f"ix_{table}_ending",
            table,
            ["expires_at", "id"],
            unique=False,
            postgresql_where=sa.text(GOING_ON),
        )
    op.add_column(
        "organization",
        sa.Column(
            "expiry_warning_days",
            sa.ARRAY(sa.SmallInteger()),
            server_default=sa.text("'{7,1}'"),
            nullable=False,
        ),
    )
    op.create_table(
        "expiry_notice",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("noted_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "expires_at", "days", name=op.f("pk_expiry_notice")),
    )
    op.create_index("ix_expiry_notice_noted_at", "expiry_notice", ["noted_at"], unique=False)
    # Written nearly in their order, and often: BRIN costs them next to nothing.
    for table in AGING:
        op.create_index(
            f"ix_{table}_age", table, ["created_at"], unique=False, postgresql_using="brin"
        )


def downgrade() -> None:
    for table in AGING:
        op.drop_index(f"ix_{table}_age", table_name=table)
    op.drop_table("expiry_notice")
    op.drop_column("organization", "expiry_warning_days")
    for table in ENDING:
        op.drop_index(f"ix_{table}_ending", table_name=table)
        _list_newest(table)
        op.drop_column(table, "ended_at")
