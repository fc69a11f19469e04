"""Images and fetched pictures for logos, and style presets."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TEXT = sqlmodel.sql.sqltypes.AutoString()
JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "sha256")),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("width", "height", "size")),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _to("image", "organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint(
            "organization_id", "sha256", name=op.f("uq_image_organization_id_sha256")
        ),
    )
    newest = ["organization_id", sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_image_newest", "image", newest, unique=False)
    op.create_table(
        "fetched_logo",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("url_sha256", TEXT, nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("width", "height")),
        *(sa.Column(name, TIME, nullable=False) for name in ("fetched_at", "checked_at")),
        _to("fetched_logo", "organization"),
        sa.PrimaryKeyConstraint("organization_id", "url_sha256", name=op.f("pk_fetched_logo")),
    )
    age = ["organization_id", sa.text("fetched_at DESC")]
    op.create_index("ix_fetched_logo_age", "fetched_logo", age, unique=False)
    # PNG is compressed: trying again costs time and gains nothing.
    for table in ("image", "fetched_logo"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN png SET STORAGE EXTERNAL")
    _make_presets()


def _make_presets() -> None:
    op.create_table(
        "style_preset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        *(sa.Column(n, sa.Uuid(), nullable=False) for n in ("organization_id", "workspace_id")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "name_key")),
        sa.Column("style", JSON, nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        *(_to("style_preset", table) for table in ("organization", "workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_style_preset")),
        sa.UniqueConstraint(
            "workspace_id", "name_key", name=op.f("uq_style_preset_workspace_id_name_key")
        ),
    )
    op.create_index(
        op.f("ix_style_preset_organization_id"), "style_preset", ["organization_id"], unique=False
    )
    op.create_index(
        "uq_style_preset_default",
        "style_preset",
        ["workspace_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )


def _to(table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{other}_id")
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name)


def downgrade() -> None:
    for table in ("style_preset", "fetched_logo", "image"):
        op.drop_table(table)
