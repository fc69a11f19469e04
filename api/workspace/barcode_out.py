"""Barcodes as `/api/barcode` answers them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from activities.barcodes.reading import BarcodeSummary
from activities.barcodes.views import BarcodeView, Integration
from activities.rules.spelling import prefixed
from activities.rules.symbologies import Symbology
from api.scalars import Moment, Out

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"


class CreatorOut(Out):
    """Who made it; the name is null for somebody who is not there any more."""

    id: str = Field(description="the person", examples=[f"usr_{_AN_ID}"])
    name: str | None = Field(description="what the person is called", examples=["Ada"])


class IntegrationOut(Out):
    """The thing of another system that the barcode stands for."""

    provider: str = Field(description="the other system", examples=["shopify"])
    external_id: str = Field(description="the id that it uses", examples=["42"])
    url: str | None = Field(description="where people see it there", examples=[None])


class BarcodeOut(Out):
    """A barcode; `imageUrl` is relative to this API."""

    id: str = Field(description="its id", examples=[f"bc_{_AN_ID}"])
    type: Symbology = Field(description="its symbology", examples=["EAN13"])
    value: str = Field(description="what it says, as it was given", examples=["400638133393"])
    normalized_value: str = Field(
        description="what it says, in the one spelling it has, with its check digit",
        examples=["4006381333931"],
    )
    text: str = Field(description="for people to read", examples=["4 006381 333931"])
    name: str = Field(description="what you call it", examples=["Pencil HB"])
    description: str = Field(description="a note to yourself", examples=["Shelf 3"])
    style: dict[str, Any] = Field(description="how it looks", examples=[{}])
    is_active: bool = Field(description="whether it is in use", examples=[True])
    image_url: str = Field(description="its picture", examples=[f"/api/barcode/bc_{_AN_ID}/image"])
    creator: CreatorOut | None = Field(
        description="who made it; null for what no person made", examples=[None]
    )
    integration: IntegrationOut | None = Field(
        description="what it stands for elsewhere", examples=[None]
    )
    scan_count: int = Field(description="how often it was scanned", examples=[0])
    last_scanned_at: Moment | None = Field(description="the last scan", examples=[None])
    folder_id: str | None = Field(description="the folder it is in", examples=[None])
    folder_name: str | None = Field(description="what that is called", examples=[None])
    tags: list[str] = Field(description="its tags", examples=[["shelf"]])
    workspace_id: str = Field(description="the workspace it is in", examples=[f"wsp_{_AN_ID}"])
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(
        description="when it was made", examples=["2026-05-07T18:42:30.123Z"]
    )
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-05-07T18:42:30.123Z"]
    )
    archived_at: Moment | None = Field(description="when it was put aside", examples=[None])
    deleted_at: Moment | None = Field(
        description="when it was thrown away, in lists of those", examples=[None]
    )


class BarcodeSummaryOut(Out):
    """Totals over all barcodes of the organization, whatever the page shows."""

    total: int = Field(description="how many there are, those put aside too", examples=[1])
    active: int = Field(description="how many of them are in use", examples=[1])
    scan_count: int = Field(description="scans of them all", examples=[0])


def present_barcode(barcode: BarcodeView) -> BarcodeOut:
    """The barcode in this dialect's words."""
    spelled = prefixed("bc", barcode.id)
    return BarcodeOut(
        id=spelled,
        type=barcode.symbology,
        value=barcode.value,
        normalized_value=barcode.normalized_value,
        text=barcode.text,
        name=barcode.name,
        description=barcode.description,
        style=dict(barcode.style),
        is_active=barcode.is_active,
        image_url=f"/api/barcode/{spelled}/image",
        creator=_creator(barcode),
        integration=_integration(barcode.integration),
        scan_count=barcode.scan_count,
        last_scanned_at=barcode.last_scanned_at,
        folder_id=prefixed("fld", barcode.folder_id) if barcode.folder_id else None,
        folder_name=barcode.folder_name,
        tags=list(barcode.tags),
        workspace_id=prefixed("wsp", barcode.workspace_id),
        version=barcode.version,
        created_at=barcode.created_at,
        updated_at=barcode.updated_at,
        archived_at=barcode.archived_at,
        deleted_at=barcode.deleted_at,
    )


def present_summary(summary: BarcodeSummary) -> BarcodeSummaryOut:
    """The totals in this dialect's words."""
    return BarcodeSummaryOut(
        total=summary.total, active=summary.active, scan_count=summary.scan_count
    )


def _creator(barcode: BarcodeView) -> CreatorOut | None:
    if barcode.made_by is None:
        return None
    return CreatorOut(id=prefixed("usr", barcode.made_by), name=barcode.creator_name)


def _integration(bound: Integration | None) -> IntegrationOut | None:
    if bound is None:
        return None
    return IntegrationOut(provider=bound.provider, external_id=bound.external_id, url=bound.url)
