"""What happens to stock. The asset of these facts is the inventory item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class InventoryMoved(Event):
    """Stock changed; `balance` is the item's quantity after it."""

    kind = "inventory.movement"

    movement_id: UUID
    workspace_id: UUID
    sku: str | None
    movement: str
    quantity: int
    from_location: str | None
    to_location: str | None
    balance: int

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("mov", self.movement_id),
            "itemId": prefixed("inv", self.asset_id),
            "workspaceId": prefixed("wsp", self.workspace_id),
            "sku": self.sku,
            "type": self.movement,
            "quantity": self.quantity,
            "fromLocation": self.from_location,
            "toLocation": self.to_location,
            "balance": self.balance,
            "movedAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class StockLow(Event):
    """An item's quantity came down to its threshold, or below."""

    kind = "inventory.stock_low"

    workspace_id: UUID
    sku: str | None
    name: str
    quantity: int
    threshold: int

    def payload(self) -> dict[str, Any]:
        return {
            "itemId": prefixed("inv", self.asset_id),
            "workspaceId": prefixed("wsp", self.workspace_id),
            "sku": self.sku,
            "name": self.name,
            "quantity": self.quantity,
            "threshold": self.threshold,
            "crossedAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class InventoryScanned(Event):
    """A barcode that is tied to an item was scanned."""

    kind = "inventory.scanned"

    scan_id: UUID
    barcode_id: UUID
    sku: str | None
    quantity: int
    place: str | None

    def payload(self) -> dict[str, Any]:
        return {
            "itemId": prefixed("inv", self.asset_id),
            "scanId": prefixed("scn", self.scan_id),
            "barcodeId": prefixed("bc", self.barcode_id),
            "sku": self.sku,
            "quantity": self.quantity,
            "place": self.place,
            "scannedAt": stamp(self.occurred_at),
        }
