"""Pictures for logos, and styles under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, desc, text
from sqlmodel import Field, SQLModel

from schema.base import Json, Row, Timestamp


class ImageRow(Row, table=True):
    """An uploaded picture, written anew as PNG: one of each in an organization.

    `sha256` is that of `png` in hex, `size` its bytes.
    """

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("organization_id", "sha256"),
        Index("ix_image_newest", "organization_id", desc("created_at"), desc("id")),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    name: str
    sha256: str
    png: bytes
    width: int
    height: int
    size: int
    created_by: UUID | None = None


class FetchedLogoRow(SQLModel, table=True):
    """A picture that was fetched for an organization, by the SHA-256 of its address in hex.

    `fetched_at` is when it came, `checked_at` when it was last as good as fresh.
    """

    __tablename__ = "fetched_logo"
    __table_args__ = (
        PrimaryKeyConstraint("organization_id", "url_sha256"),
        Index("ix_fetched_logo_age", "organization_id", desc("fetched_at")),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    url_sha256: str
    png: bytes
    width: int
    height: int
    fetched_at: datetime = Field(sa_type=Timestamp, nullable=False)
    checked_at: datetime = Field(sa_type=Timestamp, nullable=False)


class StylePresetRow(Row, table=True):
    """A style under a name, for codes of a workspace; at most one is what new ones begin with."""

    __tablename__ = "style_preset"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name_key"),
        Index(
            "uq_style_preset_default",
            "workspace_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID = Field(foreign_key="workspace.id")
    name: str
    name_key: str
    style: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    is_default: bool = False
    version: int = 1
    updated_at: datetime = Field(sa_type=Timestamp)
