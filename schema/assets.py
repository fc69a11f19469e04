"""What a tenant makes: QR codes, short links and barcodes, and what the three have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, String, Uuid, desc, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from schema.base import Json, Row, Timestamp

Ids: Any = ARRAY(Uuid)
Texts: Any = ARRAY(String)


class AssetRow(Row):
    """What every asset has. `version` counts changes by people, for optimistic concurrency.

    `search_text` is what a search looks into, case-folded (`activities.rules.searching`). A row
    with `deleted_at` is in the trash; one with `archived_at` is put aside and still works.
    """

    organization_id: UUID = Field(foreign_key="organization.id")
    workspace_id: UUID = Field(foreign_key="workspace.id", index=True)
    folder_id: UUID | None = Field(default=None, foreign_key="folder.id")
    tag_ids: list[UUID] = Field(default_factory=list, sa_type=Ids)
    name: str
    description: str = ""
    is_active: bool = True
    style: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    search_text: str = ""
    version: int = 1
    made_by: UUID | None = None
    updated_at: datetime = Field(sa_type=Timestamp)
    archived_at: datetime | None = Field(default=None, sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)

    def touch(self, now: datetime) -> None:
        """Count a change by people."""
        self.updated_at = now
        self.version += 1

    def throw_away(self, now: datetime) -> None:
        """Into the trash."""
        self.deleted_at = now
        self.touch(now)

    def take_back(self, now: datetime, workspace_id: UUID, folder_id: UUID | None) -> None:
        """Out of the trash, into this workspace and folder."""
        self.workspace_id, self.folder_id, self.deleted_at = workspace_id, folder_id, None
        self.touch(now)

    def put_aside(self, now: datetime, *, archived: bool) -> bool:
        """Into the archive or out of it; False when it was there already."""
        if (self.archived_at is not None) == archived:
            return False
        self.archived_at = now if archived else None
        self.touch(now)
        return True


class ShortAssetRow(AssetRow):
    """What codes and links have: where they lead, for how long, and for whom.

    `health_check` says whether and how often the destinations are looked at, `health` how the worst
    of them was.

    `variants` are those of an A/B test (`activities.rules.experiments`). `visit_limit` is how many
    visits are let through; `password_hash` is argon2id. Past `expires_at` it is not active,
    whatever `is_active` says, until that is changed.
    """

    destination_url: str | None = None
    variants: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    starts_at: datetime | None = Field(default=None, sa_type=Timestamp)
    expires_at: datetime | None = Field(default=None, sa_type=Timestamp)
    visit_limit: int | None = Field(default=None, sa_type=BigInteger)
    expired_url: str | None = None
    password_hash: str | None = None

    def is_on(self, now: datetime) -> bool:
        """Whether it is active: nobody switched it off, and its time is not over."""
        return self.is_active and (self.expires_at is None or self.expires_at > now)


def listed(table: str, *counted: str) -> tuple[Index, ...]:
    """The indexes that make lists of assets quick: by age, by folder, by tag, by any three signs.

    `counted` are more columns that lists count by. `ink_grams` is made by the migration: all
    substrings of three signs, in place of pg_trgm.
    """
    there = text("deleted_at IS NULL")
    newest: tuple[Any, ...] = (desc("created_at"), desc("id"))
    return (
        # With what lists count by, so that counting reads the index alone.
        Index(
            f"ix_{table}_newest",
            "organization_id",
            *newest,
            postgresql_where=there,
            postgresql_include=["archived_at", "is_active", "workspace_id", *counted],
        ),
        # Of the trash too: deleting a folder asks for every row that refers to it.
        Index(f"ix_{table}_folder", "folder_id", *newest),
        Index(f"ix_{table}_tags", "tag_ids", postgresql_using="gin"),
        Index(f"ix_{table}_grams", text("ink_grams(search_text)"), postgresql_using="gin"),
        Index(
            f"ix_{table}_trash",
            "organization_id",
            "deleted_at",
            postgresql_where=text("deleted_at IS NOT NULL"),
        ),
    )


def monitored(alias: str = "") -> str:
    """The condition of links and codes whose destinations are looked at, for rows of this alias."""
    row = f"{alias}." if alias else ""
    return f"({row}health_check ->> 'enabled') = 'true' AND {row}deleted_at IS NULL"


class QrCodeRow(ShortAssetRow, table=True):
    """A QR code: a dynamic one holds its short address, a static one its `payload`.

    `content` are the fields of its `type` (`activities.rules.payloads`). A code with `link_id`
    leads wherever that link does.
    """

    __tablename__ = "qr_code"
    __table_args__ = (
        *listed("qr_code", "expires_at"),
        Index("ix_qr_code_monitored", "id", postgresql_where=text(monitored())),
    )

    short_code: str | None = Field(default=None, unique=True)
    type: str = "URL"
    is_dynamic: bool = True
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    payload: str | None = None
    link_id: UUID | None = Field(default=None, foreign_key="link.id", index=True)
    scan_count: int = Field(default=0, sa_type=BigInteger)
    unique_count: int = Field(
        sa_column=Column(BigInteger, server_default=text("0"), nullable=False), default=0
    )
    last_scanned_at: datetime | None = Field(default=None, sa_type=Timestamp)
    health_check: dict[str, Any] = Field(
        sa_column=Column(Json, server_default=text("'{}'::jsonb"), nullable=False),
        default_factory=dict,
    )
    health: str = Field(
        sa_column=Column(String, server_default=text("'unknown'"), nullable=False),
        default="unknown",
    )


class LinkRow(ShortAssetRow, table=True):
    """A short link: `slug` on the default domain, or on the custom `domain_id`.

    `rules`, `utm`, `preview` and `deep_links` are as their rules normalise them.
    """

    __tablename__ = "link"
    __table_args__ = (
        *listed("link", "expires_at"),
        Index("ix_link_monitored", "id", postgresql_where=text(monitored())),
    )

    slug: str = Field(index=True)
    domain_id: UUID | None = Field(default=None, foreign_key="domain.id", index=True)
    rules: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    utm: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    passes_query: bool = False
    preview: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    deep_links: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    health_check: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    health: str = "unknown"
    click_count: int = Field(default=0, sa_type=BigInteger)
    last_clicked_at: datetime | None = Field(default=None, sa_type=Timestamp)


class BarcodeRow(AssetRow, table=True):
    """A barcode. `value` is as it was given, `normalized_value` with its check digit.

    `integration` binds it to a thing of another system: `{"provider", "externalId"}`.
    """

    __tablename__ = "barcode"
    __table_args__ = listed("barcode")

    symbology: str
    value: str
    normalized_value: str
    integration: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    scan_count: int = Field(default=0, sa_type=BigInteger)
    last_scanned_at: datetime | None = Field(default=None, sa_type=Timestamp)


class LinkPageRow(AssetRow, table=True):
    """A public page of links at `/p/{slug}`. `blocks` and `theme` are as their rules say."""

    __tablename__ = "link_page"
    __table_args__ = listed("link_page")

    slug: str = Field(unique=True)
    blocks: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    theme: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    view_count: int = Field(default=0, sa_type=BigInteger)
    last_viewed_at: datetime | None = Field(default=None, sa_type=Timestamp)
