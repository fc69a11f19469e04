"""What people are told, rules that look at scans, runs of jobs, and deliveries that are parked."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
WORDS = postgresql.JSONB(none_as_null=True)

LET_GO = """
WITH parked AS (
  SELECT id, organization_id, (row_number() OVER (
    PARTITION BY organization_id ORDER BY coalesce(sequence, 0), id) - 1) / 250 AS part
  FROM delivery WHERE parked AND status = 'pending'
), part AS MATERIALIZED (
  SELECT organization_id, part, gen_random_uuid() AS batch_id, count(*) AS size
  FROM parked GROUP BY organization_id, part
), batch AS (
  INSERT INTO delivery_batch (id, created_at, organization_id, size, summary, request_id)
  SELECT batch_id, now(), organization_id, size, size || ' that were held', '' FROM part
)
UPDATE delivery SET batch_id = part.batch_id, next_at = now(),
  reason = CASE WHEN attempts > 0 THEN 'resend' END
FROM parked JOIN part USING (organization_id, part) WHERE delivery.id = parked.id
"""
"""No workflow is about what is parked: in batches that nobody started yet the version before finds
it. Not in those it was in, whose workflows are over."""


def upgrade() -> None:
    _widen()
    _notifications()
    _preferences_and_digests()
    _alerts()
    _runs()
    _parking()


def downgrade() -> None:
    for name in ("job_run", "alert_firing", "alert", "digest", "notice_preference", "notification"):
        op.drop_table(name)
    op.execute(LET_GO)
    op.drop_index("ix_delivery_parked", table_name="delivery")
    op.drop_column("delivery", "parked")
    op.drop_index("ix_mail_group_id", table_name="mail")
    op.drop_column("mail", "not_before")
    op.drop_column("mail", "group_id")
    for name in ("quiet_until", "quiet_from", "digest_at", "time_zone"):
        op.drop_column("account_user", name)
    op.drop_column("organization", "trial_ends_at")


def _widen() -> None:
    op.add_column("organization", sa.Column("trial_ends_at", TIME, nullable=True))
    for column in (
        sa.Column("time_zone", TEXT, server_default="Etc/UTC", nullable=False),
        sa.Column("digest_at", sa.SmallInteger(), server_default=sa.text("480"), nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_until", sa.SmallInteger(), nullable=True),
    ):
        op.add_column("account_user", column)
    op.add_column("mail", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column("mail", sa.Column("not_before", TIME, nullable=True))
    op.create_index(
        "ix_mail_group_id",
        "mail",
        ["group_id"],
        unique=False,
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )


def _notifications() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("asset_kind", TEXT, nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("mail", TEXT, nullable=False),
        sa.Column("mailed_at", TIME, nullable=True),
        sa.Column("read_at", TIME, nullable=True),
        _to("notification", "organization_id", "organization"),
        _to("notification", "user_id", "account_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "user_id",
            "organization_id",
            "key",
            name=op.f("uq_notification_user_id_organization_id_key"),
        ),
    )
    op.create_index(
        "ix_notification_newest",
        "notification",
        ["user_id", "organization_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_notification_undigested",
        "notification",
        ["user_id", "organization_id"],
        unique=False,
        postgresql_where=sa.text("mail = 'daily' AND mailed_at IS NULL"),
    )
    op.create_index(
        "ix_notification_age",
        "notification",
        ["created_at"],
        unique=False,
        postgresql_using="brin",
    )


def _preferences_and_digests() -> None:
    op.create_table(
        "notice_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("mail", TEXT, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        _to("notice_preference", "organization_id", "organization"),
        _to("notice_preference", "user_id", "account_user"),
        sa.PrimaryKeyConstraint(
            "user_id", "organization_id", "topic", name=op.f("pk_notice_preference")
        ),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        _to("digest", "organization_id", "organization"),
        _to("digest", "user_id", "account_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint(
            "user_id",
            "organization_id",
            "kind",
            "period",
            name=op.f("uq_digest_user_id_organization_id_kind_period"),
        ),
    )
    op.create_index(
        "ix_digest_age", "digest", ["created_at"], unique=False, postgresql_using="brin"
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("asset_kind", TEXT, nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=True),
        sa.Column("factor", sa.Float(), nullable=True),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("looked_at", TIME, nullable=True),
        sa.Column("fired_at", TIME, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        _to("alert", "organization_id", "organization"),
        _to("alert", "workspace_id", "workspace"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    for column in ("organization_id", "workspace_id", "asset_id"):
        op.create_index(op.f(f"ix_alert_{column}"), "alert", [column], unique=False)
    op.create_index(
        "ix_alert_due",
        "alert",
        ["looked_at"],
        unique=False,
        postgresql_where=sa.text("is_active AND deleted_at IS NULL"),
    )
    op.create_table(
        "alert_firing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=True),
        _to("alert_firing", "alert_id", "alert", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_firing")),
        sa.UniqueConstraint("alert_id", "at", name=op.f("uq_alert_firing_alert_id_at")),
    )


def _runs() -> None:
    op.create_table(
        "job_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("workflow_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        _to("job_run", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("workflow_id", name=op.f("uq_job_run_workflow_id")),
    )
    op.create_index(
        "ix_job_run_newest",
        "job_run",
        ["organization_id", sa.text("created_at DESC"), sa.text("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_job_run_age", "job_run", ["created_at"], unique=False, postgresql_using="brin"
    )


def _parking() -> None:
    op.add_column(
        "delivery",
        sa.Column("parked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_delivery_parked",
        "delivery",
        ["endpoint_id", "reason", sa.literal_column("coalesce(sequence, 0)")],
        unique=False,
        postgresql_where=sa.text("parked AND status = 'pending'"),
    )


def _to(
    table: str, column: str, other: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)
