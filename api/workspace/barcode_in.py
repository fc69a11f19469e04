"""Barcodes as clients of `/api/barcode` write them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from activities.barcodes.creating import CreateBarcode
from activities.barcodes.drafts import LONGEST_EXTERNAL_ID, LONGEST_PROVIDER
from activities.barcodes.views import Integration
from activities.qr_codes.drafts import LONGEST_DESCRIPTION, LONGEST_NAME
from activities.rules.actors import Actor
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.symbologies import SYMBOLOGIES
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Text
from api.scalars import In
from api.workspace.listing import LONGEST_ID, to_uuid
from api.workspace.qr_in import StylePresetId

LONGEST_VALUE = 4000
"""Characters of the longest value of any symbology, with room for brackets and spaces."""

Kind = Annotated[
    Text,
    Field(
        max_length=20,
        description=f"one of {', '.join(SYMBOLOGIES)}; case, spaces and hyphens do not matter",
        examples=["EAN13"],
    ),
]
Value = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=LONGEST_VALUE,
        description="what it says; a check digit that is missing is added, a wrong one refused",
        examples=["4006381333931"],
    ),
]
Name = Annotated[
    Text,
    Field(max_length=LONGEST_NAME, description="what you call it", examples=["Pencil HB"]),
]
Description = Annotated[
    Text,
    Field(max_length=LONGEST_DESCRIPTION, description="a note to yourself", examples=["Shelf 3"]),
]
Style = Annotated[
    dict[Text, Any],
    Field(
        description="how it looks: `foreground`, `background`, `gradient`, `frame`, `showText`; "
        "what else it says is kept",
        examples=[{"foreground": "#1d1b18"}],
    ),
]
IsActive = Annotated[bool, Field(description="whether it is in use", examples=[True])]
FolderId = Annotated[
    Text,
    Field(max_length=LONGEST_ID, description="a folder of its workspace", examples=[None]),
]
WorkspaceId = Annotated[
    Text, Field(max_length=LONGEST_ID, description="the workspace it is in", examples=[None])
]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["shelf"]]),
]


class IntegrationIn(In):
    """The thing of another system that the barcode stands for."""

    provider: Text = Field(
        min_length=1,
        max_length=LONGEST_PROVIDER,
        description="the other system",
        examples=["shopify"],
    )
    external_id: Text = Field(
        min_length=1,
        max_length=LONGEST_EXTERNAL_ID,
        description="the id that it uses",
        examples=["gid://shopify/ProductVariant/42"],
    )
    url: Text | None = Field(
        None,
        max_length=LONGEST_URL,
        description="where people see it there, http or https",
        examples=["https://shop.example/admin/products/42"],
    )


class BarcodeIn(In):
    """A barcode to make."""

    type: Kind
    value: Value
    name: Name = ""
    description: Description = ""
    style: Style = Field(default_factory=dict)
    style_preset_id: StylePresetId | None = None
    is_active: IsActive = True
    integration: IntegrationIn | None = Field(
        None, description="what it stands for elsewhere", examples=[None]
    )
    workspace_id: WorkspaceId | None = None
    folder_id: FolderId | None = None
    tags: Tags = Field(default_factory=list)


class BarcodeChangesIn(In):
    """What of a barcode to change; what is left out stays as it is.

    A new type takes the value along unless another is given: it must be right for the type.
    """

    type: Kind = Field(default_factory=str)
    value: Value = Field(default_factory=str)
    name: Name = Field(default_factory=str)
    description: Description = Field(default_factory=str)
    style: Style = Field(default_factory=dict)
    is_active: IsActive = Field(default_factory=bool)
    integration: IntegrationIn | None = Field(
        default_factory=lambda: None,
        description="what it stands for elsewhere; null unbinds it",
        examples=[None],
    )
    workspace_id: WorkspaceId = Field(default_factory=str)
    folder_id: FolderId | None = Field(
        default_factory=lambda: None,
        description="a folder of its workspace; null takes it out of its folder",
    )
    tags: Tags = Field(default_factory=list)


class DuplicateIn(In):
    """How the copy shall differ."""

    name: Name | None = Field(None, description="null: that of the original and (copy)")


def to_create(body: BarcodeIn, by: Actor) -> CreateBarcode:
    """The body as the domain takes it. Raises `InvalidFields` for ids of no known spelling."""
    return CreateBarcode(
        by=by,
        symbology=body.type,
        value=body.value,
        name=body.name,
        description=body.description,
        style=body.style if "style" in body.model_fields_set else None,
        style_preset_id=to_uuid("style_preset_id", "sty", body.style_preset_id),
        is_active=body.is_active,
        integration=_to_integration(body.integration),
        workspace_id=to_uuid("workspace_id", "wsp", body.workspace_id),
        folder_id=to_uuid("folder_id", "fld", body.folder_id),
        tags=tuple(body.tags),
    )


def to_changes(body: BarcodeChangesIn) -> dict[str, Any]:
    """The fields of `UpdateBarcode` that the body gives. Raises `InvalidFields` as `to_create`."""
    asked = {name: getattr(body, name) for name in body.model_fields_set}
    if "type" in asked:
        asked["symbology"] = asked.pop("type")
    if "integration" in asked:
        asked["integration"] = _to_integration(body.integration)
    if "tags" in asked:
        asked["tags"] = tuple(body.tags)
    for name, prefix in (("workspace_id", "wsp"), ("folder_id", "fld")):
        if name in asked:
            asked[name] = to_uuid(name, prefix, asked[name])
    return asked


def _to_integration(given: IntegrationIn | None) -> Integration | None:
    return Integration(given.provider, given.external_id, given.url) if given else None
