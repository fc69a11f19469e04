"""Ends to come have a table of their own, so that to tell one touches no index of its asset."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
KINDS = {"link": "link", "qr_code": "qr"}
"""In the order in which the application locks them (`schema.locks.ASSETS`)."""

LOCK = f"LOCK TABLE {', '.join(KINDS)} IN ACCESS EXCLUSIVE MODE"
"""Before anything else: who reads a table and then writes to it would wait for us, and we for it,
if we held a weaker lock by then."""

COUNTED = ["archived_at", "is_active", "workspace_id"]
GOING_ON = "expires_at IS NOT NULL AND ended_at IS NULL AND is_active AND deleted_at IS NULL"

KEEP = """
CREATE FUNCTION ink_end_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM asset_end WHERE asset_id = OLD.id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO asset_end (asset_id, asset_kind, expires_at)
    SELECT NEW.id, TG_ARGV[0], NEW.expires_at
    WHERE NEW.expires_at IS NOT NULL AND NEW.is_active AND NEW.deleted_at IS NULL;
  END IF;
  RETURN NULL;
END $$
"""
"""An end that was told comes again when its date, its switch or the trash let it: what was said of
that date is known (`expiry_notice`)."""

WHEN = {
    "insert": "INSERT ON {0} FOR EACH ROW WHEN (NEW.expires_at IS NOT NULL)",
    "update": "UPDATE OF expires_at, is_active, deleted_at ON {0} FOR EACH ROW WHEN ("
    "OLD.expires_at IS DISTINCT FROM NEW.expires_at OR OLD.is_active <> NEW.is_active "
    "OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))",
    "delete": "DELETE ON {0} FOR EACH ROW WHEN (OLD.expires_at IS NOT NULL)",
}


def _list_newest(table: str, counted: str) -> None:
    """The index that lists and their counts read, anew."""
    op.drop_index(f"ix_{table}_newest", table_name=table)
    op.create_index(
        f"ix_{table}_newest",
        table,
        ["organization_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        postgresql_include=[*COUNTED, counted],
    )


def upgrade() -> None:
    op.execute(LOCK)
    op.create_table(
        "asset_end",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("asset_kind", TEXT, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_asset_end")),
    )
    op.create_index("ix_asset_end_next", "asset_end", ["asset_kind", "expires_at", "asset_id"])
    op.execute(KEEP)
    for table, kind in KINDS.items():
        for name, when in WHEN.items():
            op.execute(
                f"CREATE TRIGGER {table}_end_{name} AFTER {when.format(table)} "
                f"EXECUTE FUNCTION ink_end_changed('{kind}')"
            )
        op.execute(
            "INSERT INTO asset_end (asset_id, asset_kind, expires_at) "  # noqa: S608
            f"SELECT id, '{kind}', expires_at FROM {table} WHERE {GOING_ON}"
        )
        op.drop_index(f"ix_{table}_ending", table_name=table)
        _list_newest(table, "expires_at")
        op.drop_column(table, "ended_at")


def downgrade() -> None:
    op.execute(LOCK)
    for table in KINDS:
        op.add_column(table, sa.Column("ended_at", TIME, nullable=True))
        op.execute(
            f"UPDATE {table} SET ended_at = expires_at "  # noqa: S608
            "WHERE expires_at <= now() AND is_active AND deleted_at IS NULL "
            f"AND NOT EXISTS (SELECT FROM asset_end WHERE asset_id = {table}.id)"
        )
        _list_newest(table, "ended_at")
        op.create_index(
            f"ix_{table}_ending",
            table,
            ["expires_at", "id"],
            unique=False,
            postgresql_where=sa.text(GOING_ON),
        )
        for name in WHEN:
            op.execute(f"DROP TRIGGER {table}_end_{name} ON {table}")
    op.execute("DROP FUNCTION ink_end_changed()")
    op.drop_table("asset_end")
