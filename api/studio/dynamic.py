"""`/api/v1/dynamic/`: dynamic QR codes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel, Field

from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ListQrCodes, ReadQrCode, list_qr_codes, read_qr_code
from activities.qr_codes.views import QrCodeView
from activities.rules.listings import Listing
from activities.rules.slugs import SPELLING
from api.dialect import Body, Text
from api.routers import By, make_router
from api.scalars import Moment
from api.studio.auth import authenticate, documented
from api.studio.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented], tags=["dynamic"])


class DynamicIn(Body):
    """A dynamic code to make."""

    destination_url: Text = Field(
        max_length=2048,
        description="http or https address it leads to",
        examples=["https://example.com/welcome"],
    )
    name: Text = Field("", max_length=200)
    short_id: Text | None = Field(
        None,
        description="3 to 64 of A-Z a-z 0-9 _ -; drawn when absent",
        json_schema_extra={"pattern": SPELLING},
    )
    is_active: bool = True


class DynamicOut(BaseModel):
    """A dynamic code; `scan_url` is what its symbol holds."""

    short_id: str | None
    scan_url: str | None
    destination_url: str | None
    name: str
    is_active: bool
    scan_count: int
    created_at: Moment
    updated_at: Moment


@router.post("/api/v1/dynamic/", status_code=201, summary="Create a dynamic QR code")
async def create(body: DynamicIn, by: By) -> DynamicOut:
    code = await create_qr_code(
        CreateQrCode(
            by=by,
            destination_url=body.destination_url,
            name=body.name,
            short_code=body.short_id,
            is_active=body.is_active,
        )
    )
    return present_dynamic(code)


@router.get("/api/v1/dynamic/", summary="List your dynamic QR codes")
async def list_all(request: Request, by: By, asked: Asked) -> PageOut[DynamicOut]:
    return present_page(
        request,
        await list_qr_codes(ListQrCodes(by, Listing(asked), dynamic_only=True)),
        present_dynamic,
    )


@router.get("/api/v1/dynamic/{short_id}/", summary="Retrieve one dynamic QR code")
async def retrieve(short_id: Annotated[Text, Path(max_length=64)], by: By) -> DynamicOut:
    return present_dynamic(await read_qr_code(ReadQrCode(by, short_code=short_id)))


def present_dynamic(code: QrCodeView) -> DynamicOut:
    """The code in this dialect's words."""
    return DynamicOut(
        short_id=code.short_code,
        scan_url=code.short_url,
        destination_url=code.destination_url,
        name=code.name,
        is_active=code.is_active,
        scan_count=code.scan_count,
        created_at=code.created_at,
        updated_at=code.updated_at,
    )
