"""Tenants and the credentials that speak for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, String, UniqueConstraint
from sqlmodel import Field

from schema.base import Row, Timestamp


class OrganizationRow(Row, table=True):
    """A tenant. Everything else belongs to one."""

    __tablename__ = "organization"

    name: str
    slug: str = Field(unique=True)
    plan: str


class WorkspaceRow(Row, table=True):
    """A container of assets inside an organization."""

    __tablename__ = "workspace"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    name: str
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class UserRow(Row, table=True):
    """A person, known by a mail address."""

    __tablename__ = "account_user"

    email: str = Field(unique=True)
    name: str


class MembershipRow(Row, table=True):
    """A person's role in an organization."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("organization_id", "user_id"),)

    organization_id: UUID = Field(foreign_key="organization.id")
    user_id: UUID = Field(foreign_key="account_user.id", index=True)
    role: str


class SessionRow(Row, table=True):
    """A signed-in browser. `token_hash` is SHA-256 of 256 random bits; the token is not kept."""

    __tablename__ = "browser_session"

    user_id: UUID = Field(foreign_key="account_user.id", index=True)
    token_hash: bytes = Field(unique=True)
    expires_at: datetime = Field(sa_type=Timestamp)
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)


class ApiKeyRow(Row, table=True):
    """A key of any dialect. `prefix` is what a list shows; the secret is not kept."""

    __tablename__ = "api_key"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID | None = Field(default=None, foreign_key="workspace.id")
    dialect: str
    name: str
    prefix: str
    secret_hash: bytes = Field(unique=True)
    scopes: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    expires_at: datetime | None = Field(default=None, sa_type=Timestamp)
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)
    last_used_at: datetime | None = Field(default=None, sa_type=Timestamp)
