"""What happens to a barcode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class BarcodeFact(Event):
    """A barcode as it is after the fact."""

    workspace_id: UUID
    type: str
    value: str
    normalized_value: str
    name: str
    is_active: bool

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("bc", self.asset_id),
            "name": self.name,
            "type": self.type,
            "value": self.value,
            "normalizedValue": self.normalized_value,
            "isActive": self.is_active,
            "workspaceId": prefixed("wsp", self.workspace_id),
        }


@dataclass(frozen=True)
class BarcodeCreated(BarcodeFact):
    """A barcode was made."""

    kind = "barcode.created"

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "createdAt": stamp(self.occurred_at)}


@dataclass(frozen=True)
class BarcodeUpdated(BarcodeFact):
    """A barcode was changed, moved, archived or restored; `changes` names the fields."""

    kind = "barcode.updated"

    changes: tuple[str, ...]

    def payload(self) -> dict[str, Any]:
        changed = {"changes": list(self.changes), "updatedAt": stamp(self.occurred_at)}
        return {**super().payload(), **changed}


@dataclass(frozen=True)
class BarcodeDeleted(BarcodeFact):
    """A barcode was put into the trash."""

    kind = "barcode.deleted"

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "deletedAt": stamp(self.occurred_at)}


@dataclass(frozen=True)
class BarcodeScanned(Event):
    """Somebody scanned a barcode and said so; `place` is where, as they call it."""

    kind = "barcode.scanned"

    scan_id: UUID
    type: str
    normalized_value: str
    place: str | None
    note: str

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("bc", self.asset_id),
            "scanId": prefixed("scn", self.scan_id),
            "type": self.type,
            "normalizedValue": self.normalized_value,
            "place": self.place,
            "note": self.note,
            "scannedAt": stamp(self.occurred_at),
        }
