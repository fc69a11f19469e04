"""Items, movements and scans as clients write them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from activities.inventory.drafts import (
    LONGEST_LOCATION,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_PLACE,
    LONGEST_SKU,
    LONGEST_UNIT,
    MOST_LOCATIONS,
)
from activities.inventory.items import CreateItem
from activities.inventory.scanning import ScanKind, ScanMovement
from activities.rules.actors import Actor
from activities.rules.stock import MOST, Movement
from api.dialect import Text
from api.scalars import In
from api.workspace.listing import LONGEST_ID, to_uuid

Name = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="what you call it",
        examples=["Oat milk 1 l"],
    ),
]
Sku = Annotated[
    Annotated[Text, Field(min_length=1, max_length=LONGEST_SKU)] | None,
    Field(
        description="its number with you; no other item of the workspace has it",
        examples=["OAT-1"],
    ),
]
Unit = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=LONGEST_UNIT,
        description="what is counted",
        examples=["carton"],
    ),
]
Threshold = Annotated[
    Annotated[int, Field(ge=0, le=MOST)] | None,
    Field(description="it is low from here down; null: never", examples=[6]),
]
AllowsNegative = Annotated[
    bool,
    Field(description="whether more may go out than there is", examples=[False]),
]
BarcodeId = Annotated[
    Annotated[Text, Field(max_length=LONGEST_ID)] | None,
    Field(description="the barcode that stands for it", examples=[None]),
]
Quantity = Annotated[int, Field(ge=0, le=MOST)]
Location = Annotated[Text, Field(min_length=1, max_length=LONGEST_LOCATION)]
Note = Annotated[
    Text,
    Field(max_length=LONGEST_NOTE, description="a note to yourselves", examples=["Delivery 17"]),
]


class ItemIn(In):
    """A thing to count."""

    name: Name
    sku: Sku = None
    unit: Unit = "piece"
    barcode_id: BarcodeId = None
    threshold: Threshold = None
    allows_negative: AllowsNegative = False
    workspace_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="the workspace it is in; null: the first one",
        examples=[None],
    )
    opening_stock: dict[Location, Quantity] = Field(
        default_factory=dict,
        max_length=MOST_LOCATIONS,
        description="how many are where to begin with, by location",
        examples=[{"main": 24}],
    )


class ItemChangesIn(In):
    """What of an item to change; what is left out stays as it is. Movements change its stock."""

    name: Name = Field(default_factory=str)
    sku: Sku = Field(default_factory=lambda: None)
    unit: Unit = Field(default_factory=str)
    barcode_id: BarcodeId = Field(default_factory=lambda: None)
    threshold: Threshold = Field(default_factory=lambda: None)
    allows_negative: AllowsNegative = Field(default_factory=bool)


class MovementIn(In):
    """A change of stock. `in` adds, `out` takes, `transfer` does both, `adjust` sets the level."""

    type: Movement = Field(description="what happens", examples=["in"])
    quantity: Quantity = Field(
        description="how many; 0 only for adjust, which says how many were counted",
        examples=[12],
    )
    from_location: Location | None = Field(
        None, description="for out and transfer; out is from main without it", examples=[None]
    )
    to_location: Location | None = Field(
        None, description="for in, adjust and transfer; main without it", examples=["main"]
    )
    note: Note = ""


class ScanMovementIn(In):
    """What a scan does to the stock of the item that the barcode stands for."""

    type: ScanKind = Field(description="what happens", examples=["out"])
    quantity: Quantity = Field(
        description="how many; 0 only for adjust, which says how many were counted",
        examples=[1],
    )
    location: Location | None = Field(None, description="null: main", examples=["main"])
    item_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="which item, where the barcode stands for several",
        examples=[None],
    )


class ScanIn(In):
    """A scan of a barcode."""

    place: Annotated[Text, Field(min_length=1, max_length=LONGEST_PLACE)] | None = Field(
        None, description="where, as you call it", examples=["Dock 3"]
    )
    note: Note = ""
    movement: ScanMovementIn | None = Field(
        None, description="what it does to the stock, if anything", examples=[None]
    )


def to_create(body: ItemIn, by: Actor) -> CreateItem:
    """The body as the domain takes it. Raises `InvalidFields` for ids of no known spelling."""
    return CreateItem(
        by=by,
        name=body.name,
        sku=body.sku,
        unit=body.unit,
        barcode_id=to_uuid("barcode_id", "bc", body.barcode_id),
        threshold=body.threshold,
        allows_negative=body.allows_negative,
        workspace_id=to_uuid("workspace_id", "wsp", body.workspace_id),
        opening_stock=body.opening_stock,
    )


def to_changes(body: ItemChangesIn) -> dict[str, Any]:
    """The fields of `UpdateItem` that the body gives. Raises `InvalidFields` as `to_create`."""
    asked = {name: getattr(body, name) for name in body.model_fields_set}
    if "barcode_id" in asked:
        asked["barcode_id"] = to_uuid("barcode_id", "bc", body.barcode_id)
    return asked


def to_movement(wish: ScanMovementIn | None) -> ScanMovement | None:
    """What the scan moves. Raises `InvalidFields` for an item id of no known spelling."""
    if wish is None:
        return None
    item_id = to_uuid("movement.item_id", "inv", wish.item_id)
    return ScanMovement(wish.type, wish.quantity, wish.location, item_id)
