"""Tenants, the people in them, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from schema.base import Json, Row, Timestamp

WARNED_BEFORE_DAYS = (7, 1)
"""What an organization begins with."""


class OrganizationRow(Row, table=True):
    """A tenant. Everything else belongs to one.

    `expiry_warning_days` are how many days before its end it is warned of a code or link. A trial
    of its plan ends at `trial_ends_at`.
    """

    __tablename__ = "organization"

    name: str
    slug: str = Field(unique=True)
    plan: str
    expiry_warning_days: list[int] = Field(
        default_factory=lambda: list(WARNED_BEFORE_DAYS),
        sa_type=ARRAY(SmallInteger),
        sa_column_kwargs={"server_default": text("'{7,1}'"), "nullable": False},
    )
    trial_ends_at: datetime | None = Field(default=None, sa_type=Timestamp)


class WorkspaceRow(Row, table=True):
    """A container of assets inside an organization."""

    __tablename__ = "workspace"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    name: str
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class UserRow(Row, table=True):
    """A person, known by a mail address in lower case.

    `password_hash` is argon2id; null for who signs in by mail only. `proved_at` is when a mail to
    the address was first answered. `external_subject` is the id at a sign-in service (Clerk).
    `digest_at`, `quiet_from` and `quiet_until` are minutes after midnight in `time_zone` (IANA).
    """

    __tablename__ = "account_user"

    email: str = Field(unique=True)
    name: str
    password_hash: str | None = None
    proved_at: datetime | None = Field(default=None, sa_type=Timestamp)
    external_subject: str | None = Field(default=None, unique=True)
    time_zone: str = Field(default="Etc/UTC", sa_column_kwargs={"server_default": "Etc/UTC"})
    digest_at: int = Field(
        default=480, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("480")}
    )
    quiet_from: int | None = Field(default=None, sa_type=SmallInteger)
    quiet_until: int | None = Field(default=None, sa_type=SmallInteger)


class MembershipRow(Row, table=True):
    """A person's role in an organization."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("organization_id", "user_id"),)

    organization_id: UUID = Field(foreign_key="organization.id")
    user_id: UUID = Field(foreign_key="account_user.id", index=True)
    role: str


class TeamInviteRow(Row, table=True):
    """An invitation by mail. `token_hash` is SHA-256; the token is in the mail only."""

    __tablename__ = "team_invite"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    email: str
    role: str
    token_hash: bytes = Field(unique=True)
    invited_by: UUID = Field(foreign_key="account_user.id")
    expires_at: datetime = Field(sa_type=Timestamp)
    accepted_at: datetime | None = Field(default=None, sa_type=Timestamp)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Timestamp)


class AuditEntryRow(Row, table=True):
    """One act that matters for security. A trigger refuses to change or delete it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_recent", "organization_id", "created_at", "id"),)

    organization_id: UUID = Field(foreign_key="organization.id")
    actor_kind: str
    actor_id: UUID | None = None
    actor_name: str
    action: str
    target: str
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    request_id: str
