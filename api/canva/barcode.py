"""`/api/canva/barcode`: barcodes to place in a design."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from pydantic import Field

from activities.barcodes.reading import ListBarcodes, list_barcodes
from activities.barcodes.views import BarcodeView
from activities.pictures.making import Wish
from activities.pictures.symbols import RenderBarcode, render_barcode
from activities.rules.errors import NotFound
from activities.rules.spelling import prefixed, unprefixed
from activities.rules.symbologies import Symbology
from api.canva.auth import authenticate, documented
from api.canva.clamping import Clamped
from api.canva.library import AskedLibrary, LibraryOut, present_library
from api.canva.pictures import DOCUMENTED, LARGEST, SIZE, SMALLEST, VARY
from api.dialect import Text
from api.pictures import Known, answer_picture
from api.routers import By, make_router
from api.scalars import Moment, Out

router = make_router(authenticate, dependencies=[documented], tags=["barcode"])

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"


class BarcodeOut(Out):
    """A barcode in a library; the address of its picture is relative to this API."""

    id: str = Field(description="its id", examples=[f"bc_{_AN_ID}"])
    name: str = Field(description="what people call it", examples=["Pencil HB"])
    type: Symbology = Field(description="its symbology", examples=["EAN13"])
    value: str = Field(description="what it says, with its check digit", examples=["4006381333931"])
    text: str = Field(description="for people to read", examples=["4 006381 333931"])
    is_active: bool = Field(description="whether it is in use", examples=[True])
    folder_id: str | None = Field(description="the folder it is in", examples=[f"fld_{_AN_ID}"])
    folder_name: str | None = Field(description="what that is called", examples=["Campaigns"])
    image_url: str = Field(
        description="its picture", examples=[f"/api/canva/barcode/bc_{_AN_ID}/image"]
    )
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-05-07T18:42:30.123Z"]
    )


@router.get("/api/canva/barcode", summary="List barcodes")
async def list_all(by: By, asked: AskedLibrary) -> LibraryOut[BarcodeOut]:
    return present_library(await list_barcodes(ListBarcodes(by, asked)), present_barcode)


@router.get(
    "/api/canva/barcode/{barcodeId}/image",
    summary="The picture of a barcode, as PNG",
    response_class=Response,
    responses=DOCUMENTED,
    tags=["pictures"],
)
async def image(
    id: Annotated[
        Text,
        Path(alias="barcodeId", max_length=64, description="a barcode: bc_ and 32 hex digits"),
    ],
    by: By,
    size: Annotated[int, Clamped(800, SMALLEST, LARGEST), SIZE] = 800,
    known: Known = None,
) -> Response:
    made = await render_barcode(RenderBarcode(by, to_id(id), Wish(size_px=size)))
    return answer_picture(made, known, VARY)


def to_id(text: str) -> UUID:
    """The id in a path; `NotFound` for any other spelling."""
    found = unprefixed("bc", text)
    if found is None:
        raise NotFound("barcode")
    return found


def present_barcode(barcode: BarcodeView) -> BarcodeOut:
    """The barcode in this dialect's words."""
    spelled = prefixed("bc", barcode.id)
    return BarcodeOut(
        id=spelled,
        name=barcode.name,
        type=barcode.symbology,
        value=barcode.normalized_value,
        text=barcode.text,
        is_active=barcode.is_active,
        folder_id=prefixed("fld", barcode.folder_id) if barcode.folder_id else None,
        folder_name=barcode.folder_name,
        image_url=f"/api/canva/barcode/{spelled}/image",
        updated_at=barcode.updated_at,
    )
