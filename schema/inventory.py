"""Stock: items, how many of them are where, and every movement."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    UniqueConstraint,
    desc,
    text,
)
from sqlmodel import Field

from schema.base import Row, Timestamp


class InventoryItemRow(Row, table=True):
    """A thing that is counted. `quantity` is the sum of its levels, changed with them only.

    `is_low` remembers that the threshold was crossed and told of.
    """

    __tablename__ = "inventory_item"
    __table_args__ = (
        Index(
            "uq_inventory_item_sku",
            "workspace_id",
            "sku",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND sku IS NOT NULL"),
        ),
        Index(
            "ix_inventory_item_newest",
            "organization_id",
            desc("created_at"),
            desc("id"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        CheckConstraint("quantity >= 0 OR allows_negative", "stock_is_there"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    workspace_id: UUID = Field(foreign_key="workspace.id", index=True)
    barcode_id: UUID | None = Field(default=None, foreign_key="barcode.id", index=True)
    name: str
    sku: str | None = None
    unit: str = "piece"
    threshold: int | None = Field(default=None, sa_type=BigInteger)
    allows_negative: bool = False
    quantity: int = Field(default=0, sa_type=BigInteger)
    is_low: bool = False
    search_text: str = ""
    version: int = 1
    updated_at: datetime = Field(sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class InventoryLevelRow(Row, table=True):
    """How many of an item are at one location."""

    __tablename__ = "inventory_level"
    __table_args__ = (UniqueConstraint("item_id", "location"),)

    item_id: UUID = Field(foreign_key="inventory_item.id")
    location: str
    quantity: int = Field(sa_type=BigInteger)


class InventoryMovementRow(Row, table=True):
    """One change of stock, never changed itself. `balance` is the item's quantity after it."""

    __tablename__ = "inventory_movement"
    __table_args__ = (
        Index("ix_inventory_movement_newest", "item_id", desc("sequence")),
        Index("ix_inventory_movement_all", "organization_id", desc("sequence")),
    )

    sequence: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False)
    )
    organization_id: UUID = Field(foreign_key="organization.id")
    item_id: UUID = Field(foreign_key="inventory_item.id")
    kind: str
    quantity: int = Field(sa_type=BigInteger)
    from_location: str | None = None
    to_location: str | None = None
    balance: int = Field(sa_type=BigInteger)
    note: str = ""
    moved_by: str
