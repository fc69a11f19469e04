"""Who may do what: people, keys, OAuth, audit, and what protects the API."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scope", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_idempotency_key_key_hash")),
    )
    op.create_index(
        op.f("ix_idempotency_key_expires_at"), "idempotency_key", ["expires_at"], unique=False
    )
    op.create_table(
        "rate_bucket",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("full_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_bucket")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("next_path", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_link_email"), "sign_in_link", ["email"], unique=False)
    op.create_table(
        "solved_captcha",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solved_captcha")),
        sa.UniqueConstraint("challenge_hash", name=op.f("uq_solved_captcha_challenge_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_solved_captcha_token_hash")),
    )
    op.create_index(
        op.f("ix_solved_captcha_expires_at"), "solved_captcha", ["expires_at"], unique=False
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("actor_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("request_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_audit_entry_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        "ix_audit_entry_recent",
        "audit_entry",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recipient", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("provider_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("refused", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("request_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("traceparent", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_mail_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("redirect_uris", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_oauth_client_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oauth_client_client_id")),
    )
    op.create_index(
        op.f("ix_oauth_client_organization_id"), "oauth_client", ["organization_id"], unique=False
    )
    op.create_table(
        "team_invite",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["account_user.id"], name=op.f("fk_team_invite_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_team_invite_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_invite")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_team_invite_token_hash")),
    )
    op.create_index(
        op.f("ix_team_invite_organization_id"), "team_invite", ["organization_id"], unique=False
    )
    op.create_table(
        "token_family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_token_family_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name=op.f("fk_token_family_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_family")),
    )
    op.create_index(op.f("ix_token_family_user_id"), "token_family", ["user_id"], unique=False)
    op.create_table(
        "oauth_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_row_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_row_id"], ["oauth_client.id"], name=op.f("fk_oauth_grant_client_row_id")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_oauth_grant_organization_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account_user.id"], name=op.f("fk_oauth_grant_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_oauth_grant_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
    )
    op.create_index(
        op.f("ix_oauth_grant_client_row_id"), "oauth_grant", ["client_row_id"], unique=False
    )
    op.create_index(
        op.f("ix_oauth_grant_organization_id"), "oauth_grant", ["organization_id"], unique=False
    )
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_family.id"], name=op.f("fk_refresh_token_family_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    op.create_index(
        op.f("ix_refresh_token_family_id"), "refresh_token", ["family_id"], unique=False
    )
    op.create_table(
        "api_key_usage",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_api_key_usage_key_id")),
        sa.PrimaryKeyConstraint("key_id", "day", name=op.f("pk_api_key_usage")),
    )
    op.create_table(
        "oauth_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uri", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("redirect_uri_given", sa.Boolean(), nullable=False),
        sa.Column("challenge", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("challenge_method", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["oauth_grant.id"], name=op.f("fk_oauth_code_grant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_code_code_hash")),
    )
    op.create_index(op.f("ix_oauth_code_grant_id"), "oauth_code", ["grant_id"], unique=False)
    op.create_table(
        "oauth_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("access_hash", sa.LargeBinary(), nullable=False),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["oauth_grant.id"], name=op.f("fk_oauth_token_grant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_token")),
        sa.UniqueConstraint("access_hash", name=op.f("uq_oauth_token_access_hash")),
        sa.UniqueConstraint("refresh_hash", name=op.f("uq_oauth_token_refresh_hash")),
    )
    op.create_index(op.f("ix_oauth_token_grant_id"), "oauth_token", ["grant_id"], unique=False)
    op.add_column(
        "account_user",
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    )
    op.add_column("account_user", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "account_user",
        sa.Column("external_subject", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    )
    op.create_unique_constraint(
        op.f("uq_account_user_external_subject"), "account_user", ["external_subject"]
    )
    _add_filled("api_key", sa.Column("kind", sqlmodel.sql.sqltypes.AutoString()), "'api'")
    op.add_column("api_key", sa.Column("per_minute", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("burst", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("daily_cap", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("made_by", sa.Uuid(), nullable=True))
    op.add_column("api_key", sa.Column("rotated_to", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_api_key_rotated_to"), "api_key", "api_key", ["rotated_to"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_api_key_made_by"), "api_key", "account_user", ["made_by"], ["id"]
    )
    _add_filled("browser_session", sa.Column("agent", sqlmodel.sql.sqltypes.AutoString()), "''")
    _add_filled("browser_session", sa.Column("seen_at", sa.DateTime(timezone=True)), "created_at")
    op.create_index(
        "ix_mail_waiting", "mail", ["created_at"], postgresql_where=sa.text("started_at IS NULL")
    )
    op.execute("ALTER TABLE rate_bucket SET (fillfactor = 50)")
    op.execute("ALTER TABLE api_key_usage SET (fillfactor = 50)")
    op.execute(
        "CREATE TRIGGER wake_relay AFTER INSERT ON mail "
        "FOR EACH STATEMENT EXECUTE FUNCTION inkloom_wake_relay()"
    )
    op.execute(
        """
        CREATE FUNCTION inkloom_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the audit log is append-only';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION inkloom_keep_audit()"
    )


def _add_filled(table: str, column: sa.Column, value: str) -> None:
    """A column that is never null, filled from an SQL expression in rows that are there."""
    op.add_column(table, column)
    op.execute(f"UPDATE {table} SET {column.name} = {value}")  # noqa: S608
    op.alter_column(table, column.name, nullable=False)


def downgrade() -> None:
    op.drop_column("browser_session", "seen_at")
    op.drop_column("browser_session", "agent")
    op.drop_constraint(op.f("fk_api_key_made_by"), "api_key", type_="foreignkey")
    op.drop_constraint(op.f("fk_api_key_rotated_to"), "api_key", type_="foreignkey")
    op.drop_column("api_key", "rotated_to")
    op.drop_column("api_key", "made_by")
    op.drop_column("api_key", "daily_cap")
    op.drop_column("api_key", "burst")
    op.drop_column("api_key", "per_minute")
    op.drop_column("api_key", "kind")
    op.drop_constraint(op.f("uq_account_user_external_subject"), "account_user", type_="unique")
    op.drop_column("account_user", "external_subject")
    op.drop_column("account_user", "proved_at")
    op.drop_column("account_user", "password_hash")
    op.drop_index(op.f("ix_oauth_token_grant_id"), table_name="oauth_token")
    op.drop_table("oauth_token")
    op.drop_index(op.f("ix_oauth_code_grant_id"), table_name="oauth_code")
    op.drop_table("oauth_code")
    op.drop_table("api_key_usage")
    op.drop_index(op.f("ix_refresh_token_family_id"), table_name="refresh_token")
    op.drop_table("refresh_token")
    op.drop_index(op.f("ix_oauth_grant_organization_id"), table_name="oauth_grant")
    op.drop_index(op.f("ix_oauth_grant_client_row_id"), table_name="oauth_grant")
    op.drop_table("oauth_grant")
    op.drop_index(op.f("ix_token_family_user_id"), table_name="token_family")
    op.drop_table("token_family")
    op.drop_index(op.f("ix_team_invite_organization_id"), table_name="team_invite")
    op.drop_table("team_invite")
    op.drop_index(op.f("ix_oauth_client_organization_id"), table_name="oauth_client")
    op.drop_table("oauth_client")
    op.drop_index("ix_mail_waiting", table_name="mail")
    op.drop_table("mail")
    op.drop_index("ix_audit_entry_recent", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index(op.f("ix_solved_captcha_expires_at"), table_name="solved_captcha")
    op.drop_table("solved_captcha")
    op.drop_index(op.f("ix_sign_in_link_email"), table_name="sign_in_link")
    op.drop_table("sign_in_link")
    op.drop_table("rate_bucket")
    op.drop_index(op.f("ix_idempotency_key_expires_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.execute("DROP FUNCTION inkloom_keep_audit()")
