"""The OAuth 2 authorization server's clients, codes and tokens (RFC 6749, 7636)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, String
from sqlmodel import Field

from schema.base import Row, Timestamp


class OAuthClientRow(Row, table=True):
    """An application that asks for access. `secret_hash` is null for a public client."""

    __tablename__ = "oauth_client"

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    client_id: str = Field(unique=True)
    secret_hash: bytes | None = None
    name: str
    redirect_uris: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    scopes: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)


class OAuthGrantRow(Row, table=True):
    """What a person allowed a client, in one organization; all its tokens end with it."""

    __tablename__ = "oauth_grant"

    client_row_id: UUID = Field(foreign_key="oauth_client.id", index=True)
    user_id: UUID = Field(foreign_key="account_user.id")
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID | None = Field(default=None, foreign_key="workspace.id")
    scopes: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)


class OAuthCodeRow(Row, table=True):
    """An authorization code: one use, one minute, bound to a PKCE challenge."""

    __tablename__ = "oauth_code"

    grant_id: UUID = Field(foreign_key="oauth_grant.id", index=True)
    code_hash: bytes = Field(unique=True)
    redirect_uri: str
    redirect_uri_given: bool
    challenge: str
    challenge_method: str
    expires_at: datetime = Field(sa_type=Timestamp)
    used_at: datetime | None = Field(default=None, sa_type=Timestamp)


class OAuthTokenRow(Row, table=True):
    """An access token and the refresh token that came with it."""

    __tablename__ = "oauth_token"

    grant_id: UUID = Field(foreign_key="oauth_grant.id", index=True)
    access_hash: bytes = Field(unique=True)
    refresh_hash: bytes = Field(unique=True)
    scopes: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    access_expires_at: datetime = Field(sa_type=Timestamp)
    refresh_expires_at: datetime = Field(sa_type=Timestamp)
    refresh_used_at: datetime | None = Field(default=None, sa_type=Timestamp)
    revoked_at: datetime | None = Field(default=None, sa_type=Timestamp)
