"""Rules that look at scans rest with what they look at, and codes have a health as links have."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
MONITORED = "(health_check ->> 'enabled') = 'true' AND deleted_at IS NULL"


def upgrade() -> None:
    _let_rules_rest()
    _watch_codes()
    _look_at_every_address()


def downgrade() -> None:
    op.execute("DELETE FROM link_check WHERE NOT EXISTS (SELECT FROM link WHERE id = asset_id)")
    op.drop_column("link_check", "url")
    op.alter_column("link_check", "asset_id", new_column_name="link_id")
    # What is known is found out again.
    op.execute("DELETE FROM link_health")
    op.drop_constraint("pk_link_health", "link_health")
    op.drop_column("link_health", "url_hash")
    op.drop_column("link_health", "asset_kind")
    op.alter_column("link_health", "asset_id", new_column_name="link_id")
    op.create_primary_key("pk_link_health", "link_health", ["link_id"])
    for table in ("link_health", "link_check"):
        op.create_foreign_key(
            op.f(f"fk_{table}_link_id"), table, "link", ["link_id"], ["id"], ondelete="CASCADE"
        )
    op.drop_index("ix_qr_code_monitored", table_name="qr_code")
    op.drop_column("qr_code", "health")
    op.drop_column("qr_code", "health_check")
    op.drop_column("alert", "is_resting")
    op.drop_column("alert", "since")


def _let_rules_rest() -> None:
    op.add_column(
        "alert", sa.Column("since", TIME, server_default=sa.text("now()"), nullable=False)
    )
    op.add_column(
        "alert",
        sa.Column("is_resting", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    for column in ("since", "is_resting"):
        op.alter_column("alert", column, server_default=None)


def _watch_codes() -> None:
    op.add_column(
        "qr_code",
        sa.Column(
            "health_check",
            postgresql.JSONB(none_as_null=True),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column(
        "qr_code", sa.Column("health", sa.String(), server_default="unknown", nullable=False)
    )
    op.create_index(
        "ix_qr_code_monitored", "qr_code", ["id"], unique=False, postgresql_where=sa.text(MONITORED)
    )


def _look_at_every_address() -> None:
    for table in ("link_health", "link_check"):
        op.drop_constraint(f"fk_{table}_link_id", table)
        op.alter_column(table, "link_id", new_column_name="asset_id")
    op.drop_constraint("pk_link_health", "link_health")
    op.add_column("link_health", sa.Column("url_hash", sa.Uuid(), nullable=True))
    op.add_column("link_health", sa.Column("asset_kind", TEXT, nullable=True))
    op.execute("UPDATE link_health SET url_hash = md5(url)::uuid, asset_kind = 'link'")
    for column in ("url_hash", "asset_kind"):
        op.alter_column("link_health", column, nullable=False)
    op.create_primary_key("pk_link_health", "link_health", ["asset_id", "url_hash"])
    op.add_column("link_check", sa.Column("url", TEXT, nullable=True))
    op.execute(
        "UPDATE link_check AS c SET url = coalesce((SELECT h.url FROM link_health AS h "
        "WHERE h.asset_id = c.asset_id LIMIT 1), '')"
    )
    op.alter_column("link_check", "url", nullable=False)
