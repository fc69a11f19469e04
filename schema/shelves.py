"""Where assets are kept and found: folders, tags, slugs, custom domains, and what changed.

A `version` counts changes by people, for optimistic concurrency.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, desc, text
from sqlmodel import Field, SQLModel

from schema.base import Json, Row, Timestamp


class FolderRow(Row, table=True):
    """A folder of a workspace, in another one or at the top. Its assets may be of every kind.

    Names are unique beside each other, case ignored (`name_key` is the folded name).
    """

    __tablename__ = "folder"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "parent_id", "name_key", postgresql_nulls_not_distinct=True
        ),
    )

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID = Field(foreign_key="workspace.id")
    parent_id: UUID | None = Field(default=None, foreign_key="folder.id", index=True)
    name: str
    name_key: str
    colour: str | None = None
    version: int = 1
    updated_at: datetime = Field(sa_type=Timestamp)
    archived_at: datetime | None = Field(default=None, sa_type=Timestamp)


class TagRow(Row, table=True):
    """A word to find assets by; one list of them in an organization, case ignored."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("organization_id", "name_key"),)

    organization_id: UUID = Field(foreign_key="organization.id")
    name: str
    name_key: str
    colour: str | None = None
    version: int = 1


class SlugClaimRow(SQLModel, table=True):
    """A slug that belongs to an organization for good: it outlives what it led to.

    `space` is where it is unique: `q` for QR codes, `p` for pages, `/` for links on the default
    domain, and the id of a custom domain. `asset_id` is what it leads to now; a slug that an asset
    had before still leads to it.
    """

    __tablename__ = "slug_claim"
    __table_args__ = (
        PrimaryKeyConstraint("space", "slug"),
        Index("ix_slug_claim_asset_id", "asset_id"),
    )

    space: str
    slug: str
    organization_id: UUID = Field(foreign_key="organization.id")
    asset_id: UUID
    created_at: datetime = Field(sa_type=Timestamp, nullable=False)


class DestinationChangeRow(Row, table=True):
    """Where an asset led before and after a change, and who changed it."""

    __tablename__ = "destination_change"
    __table_args__ = (
        Index("ix_destination_change_asset", "asset_id", desc("created_at"), desc("id")),
    )

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    asset_id: UUID
    old_url: str | None
    new_url: str | None
    changed_by: str


class UtmTemplateRow(Row, table=True):
    """UTM parameters under a name, for links of a workspace."""

    __tablename__ = "utm_template"
    __table_args__ = (UniqueConstraint("workspace_id", "name_key"),)

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID = Field(foreign_key="workspace.id")
    name: str
    name_key: str
    utm: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    version: int = 1
    updated_at: datetime = Field(sa_type=Timestamp)


class DomainRow(Row, table=True):
    """A host name on which an organization has links; active once its DNS says so.

    Two organizations may wait for the same name; it is active for one at most.
    """

    __tablename__ = "domain"
    __table_args__ = (
        Index(
            "uq_domain_mine",
            "organization_id",
            "hostname",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "uq_domain_active",
            "hostname",
            unique=True,
            postgresql_where=text("status = 'active' AND deleted_at IS NULL"),
        ),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    hostname: str
    status: str
    challenge: str
    failure: str | None = None
    verified_at: datetime | None = Field(default=None, sa_type=Timestamp)
    checked_at: datetime | None = Field(default=None, sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)
