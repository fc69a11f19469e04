"""`/api/canva/qr`: QR codes to place in a design."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response
from pydantic import Field

from activities.pictures.making import Wish
from activities.pictures.symbols import RenderSymbol, render_symbol
from activities.qr_codes.reading import ListQrCodes, list_qr_codes
from activities.qr_codes.views import QrCodeView
from activities.rules.errors import NotFound
from activities.rules.payloads.contents import ContentType
from activities.rules.spelling import prefixed, unprefixed
from api.canva.auth import authenticate, documented
from api.canva.clamping import Clamped
from api.canva.library import AskedLibrary, LibraryOut, present_library
from api.canva.pictures import DOCUMENTED, LARGEST, SIZE, SMALLEST, VARY
from api.dialect import Text
from api.pictures import Known, answer_picture
from api.routers import By, make_router
from api.scalars import Moment, Out

router = make_router(authenticate, dependencies=[documented], tags=["qr"])

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"


class QrOut(Out):
    """A QR code in a library; addresses of pictures are relative to this API."""

    id: str = Field(description="its id", examples=[f"qr_{_AN_ID}"])
    name: str = Field(description="what people call it", examples=["Summer promo"])
    type: ContentType = Field(description="the kind of its content", examples=["URL"])
    short_code: str | None = Field(
        description="the end of its short address; null for a static code", examples=["summer24"]
    )
    short_url: str | None = Field(
        description="what its symbol holds; null for a static code",
        examples=["https://ink.example/q/summer24"],
    )
    is_dynamic: bool = Field(
        description="whether it can lead elsewhere after it was printed", examples=[True]
    )
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    folder_id: str | None = Field(description="the folder it is in", examples=[f"fld_{_AN_ID}"])
    folder_name: str | None = Field(description="what that is called", examples=["Campaigns"])
    image_url: str = Field(
        description="its picture to place", examples=[f"/api/canva/qr/qr_{_AN_ID}/image"]
    )
    thumbnail_url: str = Field(
        description="its picture to choose by",
        examples=[f"/api/canva/qr/qr_{_AN_ID}/image?size=256"],
    )
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-05-07T18:42:30.123Z"]
    )


@router.get("/api/canva/qr", summary="List QR codes")
async def list_all(by: By, asked: AskedLibrary) -> LibraryOut[QrOut]:
    return present_library(await list_qr_codes(ListQrCodes(by, asked)), present_qr)


@router.get(
    "/api/canva/qr/{qrId}/image",
    summary="The picture of a QR code, as PNG",
    response_class=Response,
    responses=DOCUMENTED,
    tags=["pictures"],
)
async def image(
    id: Annotated[
        Text, Path(alias="qrId", max_length=64, description="a QR code: qr_ and 32 hex digits")
    ],
    by: By,
    size: Annotated[int, Clamped(1024, SMALLEST, LARGEST), SIZE] = 1024,
    known: Known = None,
) -> Response:
    made = await render_symbol(RenderSymbol(by, Wish(size_px=size), id=to_id(id)))
    return answer_picture(made, known, VARY)


def to_id(text: str) -> UUID:
    """The id in a path; `NotFound` for any other spelling."""
    found = unprefixed("qr", text)
    if found is None:
        raise NotFound("QR code")
    return found


def present_qr(code: QrCodeView) -> QrOut:
    """The code in this dialect's words."""
    spelled = prefixed("qr", code.id)
    picture = f"/api/canva/qr/{spelled}/image"
    return QrOut(
        id=spelled,
        name=code.name,
        type=code.type,
        short_code=code.short_code,
        short_url=code.short_url,
        is_dynamic=code.is_dynamic,
        is_active=code.is_active,
        folder_id=prefixed("fld", code.folder_id) if code.folder_id else None,
        folder_name=code.folder_name,
        image_url=picture,
        thumbnail_url=f"{picture}?size=256",
        updated_at=code.updated_at,
    )
