"""The whole asset domain: codes, links, barcodes, what they are kept in, and stock."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


GRAMS = """
CREATE FUNCTION ink_grams(searched text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(searched, n, 3)), '{}')
  FROM generate_series(1, length(searched) - 2) n
$$
"""


def upgrade() -> None:
    op.execute(GRAMS)
    op.create_table(
        "conversion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("source_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("visitor", sa.Uuid(), nullable=False),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("dedupe_key", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_conversion_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion")),
        sa.UniqueConstraint(
            "organization_id", "dedupe_key", name=op.f("uq_conversion_organization_id_dedupe_key")
        ),
    )
    op.create_index("ix_conversion_source", "conversion", ["source_id", "created_at"], unique=False)
    op.create_table(
        "destination_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("old_url", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("new_url", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("changed_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_destination_change_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destination_change")),
    )
    op.create_index(
        "ix_destination_change_asset",
        "destination_change",
        ["asset_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        op.f("ix_destination_change_organization_id"),
        "destination_change",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "domain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("hostname", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("challenge", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("failure", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_domain_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain")),
    )
    op.create_index(
        "uq_domain_active",
        "domain",
        ["hostname"],
        unique=True,
        postgresql_where=sa.text("status = 'active' AND deleted_at IS NULL"),
    )
    op.create_index(
        "uq_domain_mine",
        "domain",
        ["organization_id", "hostname"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "slug_claim",
        sa.Column("space", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_slug_claim_organization_id")
        ),
        sa.PrimaryKeyConstraint("space", "slug", name=op.f("pk_slug_claim")),
    )
    op.create_index("ix_slug_claim_asset_id", "slug_claim", ["asset_id"], unique=False)
    op.create_table(
        "tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("colour", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_tag_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint(
            "organization_id", "name_key", name=op.f("uq_tag_organization_id_name_key")
        ),
    )
    op.create_table(
        "folder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("colour", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_folder_organization_id")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["folder.id"], name=op.f("fk_folder_parent_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_folder_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folder")),
        sa.UniqueConstraint(
            "workspace_id",
            "parent_id",
            "name_key",
            name=op.f("uq_folder_workspace_id_parent_id_name_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_folder_organization_id"), "folder", ["organization_id"], unique=False)
    op.create_index(op.f("ix_folder_parent_id"), "folder", ["parent_id"], unique=False)
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("format", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "terms", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column(
            "actor", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_import_job_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_import_job_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index(
        "ix_import_job_newest",
        "import_job",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "utm_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "utm", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_utm_template_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_utm_template_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utm_template")),
        sa.UniqueConstraint(
            "workspace_id", "name_key", name=op.f("uq_utm_template_workspace_id_name_key")
        ),
    )
    op.create_index(
        op.f("ix_utm_template_organization_id"), "utm_template", ["organization_id"], unique=False
    )
    op.create_table(
        "barcode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("tag_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "style", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("symbology", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("normalized_value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "integration",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("scan_count", sa.BigInteger(), nullable=False),
        sa.Column("last_scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_barcode_folder_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_barcode_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_barcode_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barcode")),
    )
    op.create_index(
        "ix_barcode_folder",
        "barcode",
        ["folder_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_barcode_grams",
        "barcode",
        [sa.literal_column("ink_grams(search_text)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_barcode_newest",
        "barcode",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        postgresql_include=["archived_at", "is_active", "workspace_id"],
    )
    op.create_index("ix_barcode_tags", "barcode", ["tag_ids"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_barcode_trash",
        "barcode",
        ["organization_id", "deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_barcode_workspace_id"), "barcode", ["workspace_id"], unique=False)
    op.create_table(
        "import_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "values", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "problems", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_job.id"], name=op.f("fk_import_item_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_item")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_import_item_import_id_number")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("tag_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "style", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destination_url", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "variants", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visit_limit", sa.BigInteger(), nullable=True),
        sa.Column("expired_url", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("domain_id", sa.Uuid(), nullable=True),
        sa.Column(
            "rules", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "utm", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("passes_query", sa.Boolean(), nullable=False),
        sa.Column(
            "preview", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "deep_links", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "health_check",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("health", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("click_count", sa.BigInteger(), nullable=False),
        sa.Column("last_clicked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_link_domain_id")),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_link_folder_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_link_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_link_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_domain_id"), "link", ["domain_id"], unique=False)
    op.create_index(
        "ix_link_folder",
        "link",
        ["folder_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_link_grams",
        "link",
        [sa.literal_column("ink_grams(search_text)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_link_newest",
        "link",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        postgresql_include=["archived_at", "is_active", "workspace_id"],
    )
    op.create_index(op.f("ix_link_slug"), "link", ["slug"], unique=False)
    op.create_index("ix_link_tags", "link", ["tag_ids"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_link_trash",
        "link",
        ["organization_id", "deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_link_workspace_id"), "link", ["workspace_id"], unique=False)
    op.create_table(
        "link_page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("tag_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "style", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "blocks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "theme", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("view_count", sa.BigInteger(), nullable=False),
        sa.Column("last_viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_link_page_folder_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_link_page_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_link_page_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_page")),
        sa.UniqueConstraint("slug", name=op.f("uq_link_page_slug")),
    )
    op.create_index(
        "ix_link_page_folder",
        "link_page",
        ["folder_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_link_page_grams",
        "link_page",
        [sa.literal_column("ink_grams(search_text)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_link_page_newest",
        "link_page",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        postgresql_include=["archived_at", "is_active", "workspace_id"],
    )
    op.create_index(
        "ix_link_page_tags", "link_page", ["tag_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_link_page_trash",
        "link_page",
        ["organization_id", "deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_link_page_workspace_id"), "link_page", ["workspace_id"], unique=False)
    op.create_table(
        "inventory_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("barcode_id", sa.Uuid(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sku", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=True),
        sa.Column("allows_negative", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("is_low", sa.Boolean(), nullable=False),
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "quantity >= 0 OR allows_negative", name=op.f("ck_inventory_item_stock_is_there")
        ),
        sa.ForeignKeyConstraint(
            ["barcode_id"], ["barcode.id"], name=op.f("fk_inventory_item_barcode_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_inventory_item_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_inventory_item_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_item")),
    )
    op.create_index(
        op.f("ix_inventory_item_barcode_id"), "inventory_item", ["barcode_id"], unique=False
    )
    op.create_index(
        "ix_inventory_item_newest",
        "inventory_item",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        op.f("ix_inventory_item_workspace_id"), "inventory_item", ["workspace_id"], unique=False
    )
    op.create_index(
        "uq_inventory_item_sku",
        "inventory_item",
        ["workspace_id", "sku"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL AND sku IS NOT NULL"),
    )
    op.create_table(
        "inventory_level",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("location", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inventory_item.id"], name=op.f("fk_inventory_level_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_level")),
        sa.UniqueConstraint(
            "item_id", "location", name=op.f("uq_inventory_level_item_id_location")
        ),
    )
    op.create_table(
        "inventory_movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("from_location", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("to_location", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("moved_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["inventory_item.id"], name=op.f("fk_inventory_movement_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_inventory_movement_organization_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_movement")),
    )
    op.create_index(
        "ix_inventory_movement_newest",
        "inventory_movement",
        ["item_id", sa.literal_column("sequence DESC")],
        unique=False,
    )
    op.create_index(
        "ix_inventory_movement_all",
        "inventory_movement",
        ["organization_id", sa.literal_column("sequence DESC")],
        unique=False,
    )
    op.add_column("qr_code", sa.Column("folder_id", sa.Uuid(), nullable=True))
    _add_filled("qr_code", sa.Column("tag_ids", postgresql.ARRAY(sa.Uuid())), "'{}'")
    _add_filled("qr_code", sa.Column("description", sqlmodel.sql.sqltypes.AutoString()), "''")
    _add_filled(
        "qr_code",
        sa.Column("style", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())),
        "'{}'",
    )
    _add_filled(
        "qr_code",
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString()),
        "lower(name || ' ' || short_code || ' ' || destination_url)",
    )
    _add_filled("qr_code", sa.Column("version", sa.Integer()), "1")
    op.add_column("qr_code", sa.Column("made_by", sa.Uuid(), nullable=True))
    op.add_column("qr_code", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    _add_filled(
        "qr_code",
        sa.Column("variants", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())),
        "'[]'",
    )
    op.add_column("qr_code", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("qr_code", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("qr_code", sa.Column("visit_limit", sa.BigInteger(), nullable=True))
    op.add_column(
        "qr_code", sa.Column("expired_url", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )
    op.add_column(
        "qr_code", sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )
    _add_filled("qr_code", sa.Column("type", sqlmodel.sql.sqltypes.AutoString()), "'URL'")
    _add_filled("qr_code", sa.Column("is_dynamic", sa.Boolean()), "true")
    _add_filled(
        "qr_code",
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())),
        "'{}'",
    )
    op.add_column(
        "qr_code", sa.Column("payload", sqlmodel.sql.sqltypes.AutoString(), nullable=True)
    )
    op.add_column("qr_code", sa.Column("link_id", sa.Uuid(), nullable=True))
    op.alter_column("qr_code", "destination_url", existing_type=sa.VARCHAR(), nullable=True)
    op.alter_column("qr_code", "short_code", existing_type=sa.VARCHAR(), nullable=True)
    op.create_index(
        "ix_qr_code_folder",
        "qr_code",
        ["folder_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_qr_code_grams",
        "qr_code",
        [sa.literal_column("ink_grams(search_text)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_qr_code_link_id"), "qr_code", ["link_id"], unique=False)
    op.create_index("ix_qr_code_tags", "qr_code", ["tag_ids"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_qr_code_trash",
        "qr_code",
        ["organization_id", "deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_qr_code_folder_id"), "qr_code", "folder", ["folder_id"], ["id"])
    op.create_foreign_key(op.f("fk_qr_code_link_id"), "qr_code", "link", ["link_id"], ["id"])
    op.alter_column("scan", "qr_code_id", new_column_name="asset_id")
    _add_filled("scan", sa.Column("asset_kind", sqlmodel.sql.sqltypes.AutoString()), "'qr'")
    op.add_column("scan", sa.Column("variant", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("scan", sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("scan", sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.drop_index("ix_qr_code_newest", table_name="qr_code")
    op.create_index(
        "ix_qr_code_newest",
        "qr_code",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
        postgresql_include=["archived_at", "is_active", "workspace_id"],
    )
    op.execute(
        "INSERT INTO slug_claim (space, slug, organization_id, asset_id, created_at) "
        "SELECT 'q', short_code, organization_id, id, created_at FROM qr_code"
    )


def _add_filled(table: str, column: sa.Column, value: str) -> None:
    """A column that is never null, filled from an SQL expression in rows that are there."""
    op.add_column(table, column)
    op.execute(f"UPDATE {table} SET {column.name} = {value}")  # noqa: S608
    op.alter_column(table, column.name, nullable=False)


def downgrade() -> None:
    op.execute("DELETE FROM scan WHERE asset_kind <> 'qr'")
    op.execute("DELETE FROM qr_code WHERE short_code IS NULL OR destination_url IS NULL")
    op.drop_index("ix_qr_code_newest", table_name="qr_code")
    op.create_index(
        "ix_qr_code_newest",
        "qr_code",
        ["organization_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.drop_column("scan", "region")
    op.drop_column("scan", "rule")
    op.drop_column("scan", "variant")
    op.drop_column("scan", "asset_kind")
    op.alter_column("scan", "asset_id", new_column_name="qr_code_id")
    op.drop_constraint(op.f("fk_qr_code_link_id"), "qr_code", type_="foreignkey")
    op.drop_constraint(op.f("fk_qr_code_folder_id"), "qr_code", type_="foreignkey")
    op.drop_index(
        "ix_qr_code_trash", table_name="qr_code", postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.drop_index("ix_qr_code_tags", table_name="qr_code", postgresql_using="gin")
    op.drop_index(op.f("ix_qr_code_link_id"), table_name="qr_code")
    op.drop_index("ix_qr_code_grams", table_name="qr_code", postgresql_using="gin")
    op.drop_index(
        "ix_qr_code_folder", table_name="qr_code", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.alter_column("qr_code", "short_code", existing_type=sa.VARCHAR(), nullable=False)
    op.alter_column("qr_code", "destination_url", existing_type=sa.VARCHAR(), nullable=False)
    op.drop_column("qr_code", "link_id")
    op.drop_column("qr_code", "payload")
    op.drop_column("qr_code", "content")
    op.drop_column("qr_code", "is_dynamic")
    op.drop_column("qr_code", "type")
    op.drop_column("qr_code", "password_hash")
    op.drop_column("qr_code", "expired_url")
    op.drop_column("qr_code", "visit_limit")
    op.drop_column("qr_code", "expires_at")
    op.drop_column("qr_code", "starts_at")
    op.drop_column("qr_code", "variants")
    op.drop_column("qr_code", "archived_at")
    op.drop_column("qr_code", "made_by")
    op.drop_column("qr_code", "version")
    op.drop_column("qr_code", "search_text")
    op.drop_column("qr_code", "style")
    op.drop_column("qr_code", "description")
    op.drop_column("qr_code", "tag_ids")
    op.drop_column("qr_code", "folder_id")
    op.drop_index("ix_inventory_movement_all", table_name="inventory_movement")
    op.drop_index("ix_inventory_movement_newest", table_name="inventory_movement")
    op.drop_table("inventory_movement")
    op.drop_table("inventory_level")
    op.drop_index(
        "uq_inventory_item_sku",
        table_name="inventory_item",
        postgresql_where=sa.text("deleted_at IS NULL AND sku IS NOT NULL"),
    )
    op.drop_index(op.f("ix_inventory_item_workspace_id"), table_name="inventory_item")
    op.drop_index(
        "ix_inventory_item_newest",
        table_name="inventory_item",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_inventory_item_barcode_id"), table_name="inventory_item")
    op.drop_table("inventory_item")
    op.drop_index(op.f("ix_link_page_workspace_id"), table_name="link_page")
    op.drop_index(
        "ix_link_page_trash",
        table_name="link_page",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index("ix_link_page_tags", table_name="link_page", postgresql_using="gin")
    op.drop_index(
        "ix_link_page_newest",
        table_name="link_page",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index("ix_link_page_grams", table_name="link_page", postgresql_using="gin")
    op.drop_index(
        "ix_link_page_folder",
        table_name="link_page",
    )
    op.drop_table("link_page")
    op.drop_index(op.f("ix_link_workspace_id"), table_name="link")
    op.drop_index(
        "ix_link_trash", table_name="link", postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.drop_index("ix_link_tags", table_name="link", postgresql_using="gin")
    op.drop_index(op.f("ix_link_slug"), table_name="link")
    op.drop_index(
        "ix_link_newest", table_name="link", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index("ix_link_grams", table_name="link", postgresql_using="gin")
    op.drop_index(
        "ix_link_folder", table_name="link", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(op.f("ix_link_domain_id"), table_name="link")
    op.drop_table("link")
    op.drop_table("import_item")
    op.drop_index(op.f("ix_barcode_workspace_id"), table_name="barcode")
    op.drop_index(
        "ix_barcode_trash", table_name="barcode", postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.drop_index("ix_barcode_tags", table_name="barcode", postgresql_using="gin")
    op.drop_index(
        "ix_barcode_newest", table_name="barcode", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index("ix_barcode_grams", table_name="barcode", postgresql_using="gin")
    op.drop_index(
        "ix_barcode_folder", table_name="barcode", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("barcode")
    op.drop_index(op.f("ix_utm_template_organization_id"), table_name="utm_template")
    op.drop_table("utm_template")
    op.drop_index("ix_import_job_newest", table_name="import_job")
    op.drop_table("import_job")
    op.drop_index(op.f("ix_folder_parent_id"), table_name="folder")
    op.drop_index(op.f("ix_folder_organization_id"), table_name="folder")
    op.drop_table("folder")
    op.drop_table("tag")
    op.drop_index("ix_slug_claim_asset_id", table_name="slug_claim")
    op.drop_table("slug_claim")
    op.drop_index(
        "uq_domain_mine", table_name="domain", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "uq_domain_active",
        table_name="domain",
        postgresql_where=sa.text("status = 'active' AND deleted_at IS NULL"),
    )
    op.drop_table("domain")
    op.drop_index(op.f("ix_destination_change_organization_id"), table_name="destination_change")
    op.drop_index("ix_destination_change_asset", table_name="destination_change")
    op.drop_table("destination_change")
    op.drop_index("ix_conversion_source", table_name="conversion")
    op.drop_table("conversion")
    op.execute("DROP FUNCTION ink_grams(text)")
