"""Pictures kept for a while, renders by month, credits, and batches of pictures."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())

PACKED = {"picture_cache": "content", "render_part": "content", "render_logo": "png"}
"""Columns whose content is compressed already: trying again costs time and gains nothing."""


def upgrade() -> None:
    op.create_table(
        "picture_cache",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("score", JSON, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_picture_cache")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_picture_cache_used_at", "picture_cache", ["used_at"], unique=False)
    _make_quota()
    _make_batches()
    for table, column in PACKED.items():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def _make_quota() -> None:
    op.create_table(
        "render_month",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("renders", "credits")),
        _to("render_month", "organization"),
        sa.PrimaryKeyConstraint("organization_id", "month", name=op.f("pk_render_month")),
    )
    op.create_table(
        "render_credit",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_render_credit_not_overdrawn")),
        _to("render_credit", "organization"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_render_credit")),
    )
    op.create_table(
        "credit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        _to("credit_entry", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entry")),
        sa.UniqueConstraint(
            "organization_id", "reference", name=op.f("uq_credit_entry_organization_id_reference")
        ),
    )


def _make_batches() -> None:
    op.create_table(
        "render_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *(sa.Column(n, sa.Integer(), nullable=False) for n in ("total", "done", "failed")),
        *(sa.Column(name, JSON, nullable=False) for name in ("looks", "faults", "actor")),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        _to("render_batch", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_render_batch")),
    )
    newest = ["organization_id", sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_render_batch_newest", "render_batch", newest, unique=False)
    op.create_index("ix_render_batch_expires_at", "render_batch", ["expires_at"], unique=False)
    op.create_table(
        "render_part",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("outcomes", JSON, nullable=True),
        sa.Column("rendered_at", TIME, nullable=True),
        _to("render_part", "render_batch", "batch_id"),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_render_part")),
    )
    op.create_table(
        "render_logo",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        _to("render_logo", "render_batch", "batch_id"),
        sa.PrimaryKeyConstraint("batch_id", "look", name=op.f("pk_render_logo")),
    )


def _to(table: str, other: str, column: str = "organization_id") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def downgrade() -> None:
    for table in ("render_logo", "render_part", "render_batch"):
        op.drop_table(table)
    for table in ("credit_entry", "render_credit", "render_month", "picture_cache"):
        op.drop_table(table)
