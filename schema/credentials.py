"""What proves who somebody is. Secrets are stored as SHA-256 of 256 random bits, never in clear."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, String
from sqlmodel import Field, SQLModel

from schema.base import Row, Timestamp


class SessionRow(Row, table=True):
    """A signed-in browser. `agent` is its browser and system in words, for the list of sessions."""

    __tablename__ = "browser_session"

    user_id: UUID = Field(foreign_key="account_user.id", index=True)
    token_hash: bytes = Field(unique=True)
    agent: str = ""
    seen_at: datetime = Field(sa_type=Timestamp)
    expires_at: datetime = Field(sa_type=Timestamp)
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)


class SignInLinkRow(Row, table=True):
    """A one-use link that was mailed to an address, whether an account has it or not.

    `purpose` is sign_in or confirm: the latter proves the address of an account and opens nothing.
    """

    __tablename__ = "sign_in_link"

    email: str = Field(index=True)
    token_hash: bytes = Field(unique=True)
    purpose: str = "sign_in"
    next_path: str = "/"
    expires_at: datetime = Field(sa_type=Timestamp)
    used_at: datetime | None = Field(default=None, sa_type=Timestamp)


class TokenFamilyRow(Row, table=True):
    """All JWT pairs that descend from one sign-in with a password."""

    __tablename__ = "token_family"

    user_id: UUID = Field(foreign_key="account_user.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id")
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)


class RefreshTokenRow(Row, table=True):
    """One refresh token of a family; a second use of it revokes the family."""

    __tablename__ = "refresh_token"

    family_id: UUID = Field(foreign_key="token_family.id", index=True)
    token_hash: bytes = Field(unique=True)
    expires_at: datetime = Field(sa_type=Timestamp)
    used_at: datetime | None = Field(default=None, sa_type=Timestamp)


class ApiKeyRow(Row, table=True):
    """A key of any dialect. `prefix` is what a list shows; the secret is not kept.

    `kind` is api or mcp. Limits that are null are those of the plan. `revoked_at` in the future is
    the grace of a key that was rotated; `rotated_to` is the key that took its place.
    """

    __tablename__ = "api_key"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID | None = Field(default=None, foreign_key="workspace.id")
    dialect: str
    kind: str = "api"
    name: str
    prefix: str
    secret_hash: bytes = Field(unique=True)
    scopes: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    per_minute: int | None = None
    burst: int | None = None
    daily_cap: int | None = None
    made_by: UUID | None = Field(default=None, foreign_key="account_user.id")
    rotated_to: UUID | None = Field(default=None, foreign_key="api_key.id")
    expires_at: datetime | None = Field(default=None, sa_type=Timestamp)
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)
    last_used_at: datetime | None = Field(default=None, sa_type=Timestamp)


class ApiKeyUsageRow(SQLModel, table=True):
    """Calls of a key on one day in UTC."""

    __tablename__ = "api_key_usage"

    key_id: UUID = Field(foreign_key="api_key.id", primary_key=True)
    day: date = Field(primary_key=True)
    calls: int
