"""Where monitored links lead is looked at: how it is, and what each look showed."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
MONITORED = "(health_check ->> 'enabled') = 'true' AND deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "link_health",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("host", TEXT, nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("told_until", TIME, nullable=True),
        sa.Column("checked_at", TIME, nullable=True),
        sa.Column("next_check_at", TIME, nullable=True),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["link.id"],
            name=op.f("fk_link_health_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_link_health")),
    )
    op.create_index(
        "ix_link_health_due",
        "link_health",
        ["next_check_at"],
        unique=False,
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_link_health_busy",
        "link_health",
        ["host"],
        unique=False,
        postgresql_where=sa.text("claim IS NOT NULL"),
    )
    op.create_table(
        "link_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("method", TEXT, nullable=False),
        sa.Column("redirects", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        sa.Column("phases", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("certificate_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["link.id"],
            name=op.f("fk_link_check_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_check")),
    )
    op.create_index(
        "ix_link_check_newest",
        "link_check",
        ["link_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_link_check_age", "link_check", ["created_at"], unique=False, postgresql_using="brin"
    )
    op.create_index(
        "ix_link_monitored", "link", ["id"], unique=False, postgresql_where=sa.text(MONITORED)
    )


def downgrade() -> None:
    op.drop_index("ix_link_monitored", table_name="link")
    op.drop_table("link_check")
    op.drop_table("link_health")
