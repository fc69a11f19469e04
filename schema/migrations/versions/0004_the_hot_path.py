"""Visits at speed: scans by month, batches that no total has yet, totals, and what changed."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

MONTHS = """
CREATE FUNCTION ink_make_scan_months(first date, months integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  month date := date_trunc('month', first);
  part text;
  low text;
  high text;
  made integer := 0;
BEGIN
  FOR n IN 1..months LOOP
    part := 'scan_' || to_char(month, 'YYYY_MM');
    low := to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00';
    high := to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00';
    IF to_regclass(part) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE scan INCLUDING DEFAULTS)', part);
      IF to_regclass('scan_others') IS NOT NULL THEN
        LOCK TABLE scan_others IN ACCESS EXCLUSIVE MODE;
        EXECUTE format(
          'WITH moved AS (DELETE FROM scan_others WHERE created_at >= %L AND created_at < %L'
          ' RETURNING *) INSERT INTO %I SELECT * FROM moved', low, high, part
        );
      END IF;
      EXECUTE format('ALTER TABLE scan ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        part, low, high);
      made := made + 1;
    END IF;
    month := month + interval '1 month';
  END LOOP;
  RETURN made;
END $$
"""
"""The months are those of UTC, whatever the zone of the session is. Answers how many were made.

Attached and not made as partitions, so that nobody who writes or reads scans has to wait. Scans of
the month that are in the partition of all others move; no trigger of `scan` meets them.
"""

ROOM = ("qr_code", "link", "scan_hour", "scan_day")
"""Tables whose counters change all the time: with room in each page their indexes need not."""

BATCHES = """
CREATE FUNCTION ink_scans_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO scan_batch (id, last_id, first_at, last_at, size)
  SELECT min(id::text)::uuid, max(id::text)::uuid, min(created_at), max(created_at), count(*)
  FROM written HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER scan_written AFTER INSERT ON scan
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ink_scans_written()
"""

ROUTES = """
CREATE FUNCTION ink_tell_route(what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  number bigint;
BEGIN
  INSERT INTO route_change (changed) VALUES (what) RETURNING id INTO number;
  PERFORM pg_notify('inkloom_routes', number || ' ' || what);
END $$;
CREATE FUNCTION ink_route_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  one record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'slug_claim' THEN PERFORM ink_tell_route('slug ' || one.space || '/' || one.slug);
    WHEN 'domain' THEN PERFORM ink_tell_route('domain ' || one.hostname);
    WHEN 'endpoint' THEN PERFORM ink_tell_route('events ' || one.organization_id);
    ELSE PERFORM ink_tell_route('asset ' || one.id);
  END CASE;
  RETURN NULL;
END $$
"""

SHORT = (
    "destination_url, variants, starts_at, expires_at, visit_limit, expired_url, password_hash, "
    "is_active, deleted_at, organization_id"
)
WATCHED = {
    "qr_code": f"DELETE OR UPDATE OF {SHORT}, short_code, link_id",
    "link": f"DELETE OR UPDATE OF {SHORT}, slug, domain_id, rules, utm, passes_query, preview, "
    "deep_links",
    "slug_claim": "INSERT OR UPDATE OR DELETE",
    "domain": "INSERT OR UPDATE OR DELETE",
    "endpoint": "INSERT OR DELETE OR UPDATE OF events, status, deleted_at",
}
"""What of which table visits depend on; counters are left out."""

OLD_COLUMNS = (
    "created_at, organization_id, asset_id, asset_kind, variant, rule, country, region, device, "
    "os, browser, language, referrer_domain, is_bot"
)


def upgrade() -> None:
    op.execute("ALTER TABLE scan RENAME TO scan_before")
    op.execute("ALTER TABLE scan_before DROP CONSTRAINT pk_scan")
    op.execute("DROP INDEX ix_scan_asset")
    _make_tables()
    op.execute(MONTHS)
    op.execute("SELECT ink_make_scan_months((now() - interval '1 month')::date, 5)")
    op.execute("CREATE TABLE scan_others PARTITION OF scan DEFAULT")
    _keep_old_scans()
    op.execute(BATCHES)
    op.execute(ROUTES)
    for table, when in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER {table}_route AFTER {when} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ink_route_changed()"
        )
    op.add_column("conversion", sa.Column("variant", TEXT, nullable=True))
    op.add_column(
        "qr_code", sa.Column("unique_count", sa.BigInteger(), server_default="0", nullable=False)
    )
    for table in ROOM:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 85)")
    # Its rows live for a second: what is dead is cleared away before it slows down the living.
    op.execute(
        "ALTER TABLE scan_batch "
        "SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)"
    )


def _make_tables() -> None:
    op.create_table(
        "scan",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "organization_id")),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("asset_kind", "device")),
        *(sa.Column(name, TEXT, nullable=True) for name in ("variant", "rule", "country")),
        *(sa.Column(name, TEXT, nullable=True) for name in ("region", "city", "os", "browser")),
        *(sa.Column(name, TEXT, nullable=True) for name in ("language", "referrer_domain")),
        sa.Column("utm", JSON, nullable=True),
        sa.Column("visitor", sa.BigInteger(), nullable=True),
        sa.Column("local_hour", sa.SmallInteger(), nullable=True),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("is_bot", "is_counted")),
        sa.PrimaryKeyConstraint("id", "created_at", name=op.f("pk_scan")),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index("ix_scan_asset", "scan", ["asset_id", "created_at"], unique=False)
    op.create_table(
        "scan_batch",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "last_id")),
        *(sa.Column(name, TIME, nullable=False) for name in ("first_at", "last_at")),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_batch")),
    )
    for table, span, kind in (("scan_hour", "hour", TIME), ("scan_day", "day", sa.Date())):
        op.create_table(
            table,
            *(sa.Column(n, sa.Uuid(), nullable=False) for n in ("scope_id", "organization_id")),
            *(sa.Column(n, sa.BigInteger(), nullable=False) for n in ("visits", "uniques", "bots")),
            sa.Column("doc", sa.JSON(), nullable=False),
            sa.Column(span, kind, nullable=False),
            sa.PrimaryKeyConstraint("scope_id", span, name=op.f(f"pk_{table}")),
        )
    op.create_index(
        "ix_scan_day_organization", "scan_day", ["organization_id", "day"], unique=False
    )
    op.create_index(
        "ix_scan_hour_hour", "scan_hour", ["hour"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "scan_visitor",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("visitor", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint(
            *("day", "organization_id", "visitor", "asset_id"), name=op.f("pk_scan_visitor")
        ),
    )
    op.create_table(
        "scan_keeping",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_scan_keeping")),
    )
    op.create_table(
        "visitor_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_visitor_salt")),
    )
    op.create_table(
        "unknown_visit",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hostname", TEXT, nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "hostname", name=op.f("pk_unknown_visit")),
    )
    op.create_table(
        "route_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("changed_at", TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("changed", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_change")),
    )
    op.create_index("ix_route_change_changed_at", "route_change", ["changed_at"], unique=False)


def _keep_old_scans() -> None:
    """The scans of before, in batches with ids of their own; their counters have them already."""
    op.execute(
        f"INSERT INTO scan (id, {OLD_COLUMNS}, is_counted) "  # noqa: S608
        "SELECT ('00000000-0000-7000-8' || lpad(to_hex((n - 1) / 10000), 3, '0') || '-'"
        " || lpad(to_hex(n), 12, '0'))::uuid, "
        f"{OLD_COLUMNS}, true FROM "
        "(SELECT *, row_number() OVER (ORDER BY created_at, id) AS n FROM scan_before) AS old"
    )
    op.execute(
        "INSERT INTO scan_batch (id, last_id, first_at, last_at, size) "
        "SELECT min(id::text)::uuid, max(id::text)::uuid, min(created_at), max(created_at), "
        "count(*) FROM scan GROUP BY substr(id::text, 20, 4)"
    )
    op.execute("DROP TABLE scan_before")


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP TRIGGER {table}_route ON {table}")
    op.execute("DROP FUNCTION ink_route_changed")
    op.execute("DROP FUNCTION ink_tell_route")
    op.drop_column("conversion", "variant")
    op.drop_column("qr_code", "unique_count")
    for table in ROOM[:2]:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    op.execute("ALTER TABLE scan RENAME TO scan_parts")
    op.execute("ALTER INDEX ix_scan_asset RENAME TO ix_scan_parts_asset")
    op.execute(f"CREATE TABLE scan AS SELECT id, {OLD_COLUMNS} FROM scan_parts")  # noqa: S608
    op.execute("DROP TABLE scan_parts")
    op.execute("DROP FUNCTION ink_scans_written")
    op.execute("DROP FUNCTION ink_make_scan_months")
    for name in ("id", "created_at", "organization_id", "asset_id", "asset_kind", "device"):
        op.alter_column("scan", name, nullable=False)
    op.alter_column("scan", "is_bot", nullable=False)
    op.create_primary_key(op.f("pk_scan"), "scan", ["id"])
    op.create_index("ix_scan_asset", "scan", ["asset_id", "created_at"], unique=False)
    for table in ("route_change", "unknown_visit", "visitor_salt", "scan_visitor", "scan_keeping"):
        op.drop_table(table)
    for table in ("scan_day", "scan_hour", "scan_batch"):
        op.drop_table(table)
