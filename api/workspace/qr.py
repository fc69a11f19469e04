"""`/api/qr`: QR codes as the dashboard sees them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from activities.images import MEDIA_TYPES, RenderSymbol, render_symbol
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import (
    ListQrCodes,
    ReadQrCode,
    SummarizeQrCodes,
    list_qr_codes,
    read_qr_code,
    summarize_qr_codes,
)
from activities.qr_codes.views import QrCodeView
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.listings import Listing
from activities.rules.slugs import SPELLING
from activities.rules.spelling import prefixed, unprefixed
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.paging import Asked

router = make_router(authenticate, dependencies=[documented], tags=["qr"])


class QrIn(In):
    """A QR code to make."""

    name: Text = Field("", max_length=200)
    type: Literal["URL"] = "URL"
    destination_url: Text = Field(max_length=2048, examples=["https://example.com/welcome"])
    is_dynamic: Literal[True] = True
    short_code: Text | None = Field(None, json_schema_extra={"pattern": SPELLING})
    workspace_id: Text | None = None
    is_active: bool = True


class QrOut(Out):
    """A QR code; `imageUrl` is relative to this API."""

    id: str
    name: str
    type: str
    is_dynamic: bool
    short_code: str | None
    short_url: str | None
    image_url: str
    destination_url: str | None
    workspace_id: str
    is_active: bool
    scan_count: int
    created_at: Moment
    updated_at: Moment


class SummaryOut(Out):
    """Totals over all codes of the organization, whatever the page shows."""

    total: int
    active: int
    scan_count: int


class QrPageOut(Out):
    """One page of codes."""

    items: list[QrOut]
    total: int
    page: int
    page_size: int
    summary: SummaryOut


OrgId = Annotated[
    str | None, Query(alias="orgId", description="may be left out by members of one organization")
]


@router.get("/api/qr", summary="List QR codes")
async def list_all(
    by: By,
    asked: Asked,
    search: Annotated[Text, Query(max_length=200)] = "",
    org_id: OrgId = None,
) -> QrPageOut:
    page = await list_qr_codes(ListQrCodes(by, Listing(asked, search=search)))
    summary = await summarize_qr_codes(SummarizeQrCodes(by))
    return QrPageOut(
        items=[present_qr(code) for code in page.items],
        total=page.total,
        page=asked.number,
        page_size=asked.size,
        summary=SummaryOut(
            total=summary.total, active=summary.active, scan_count=summary.scan_count
        ),
    )


@router.post("/api/qr", status_code=201, summary="Create a QR code")
async def create(body: QrIn, by: By, org_id: OrgId = None) -> QrOut:
    return present_qr(await create_qr_code(to_command(body, by)))


@router.get("/api/qr/{id}", summary="Fetch one QR code")
async def fetch(id: str, by: By, org_id: OrgId = None) -> QrOut:
    return present_qr(await read_qr_code(ReadQrCode(by, id=to_id(id))))


@router.get(
    "/api/qr/{id}/image",
    summary="The picture of a QR code",
    response_class=Response,
    responses={200: {"content": {media: {} for media in MEDIA_TYPES.values()}}},
)
async def image(
    id: str,
    by: By,
    format: Literal["png", "svg"] = "png",
    size: Annotated[int, Query(ge=16, le=4096)] = 1024,
    org_id: OrgId = None,
) -> Response:
    made = await render_symbol(RenderSymbol(by, format, id=to_id(id), size_px=size))
    return Response(made.content, media_type=made.media_type)


def to_command(body: QrIn, by: By) -> CreateQrCode:
    """The body as the domain takes it; `InvalidFields` for a workspace id of no known spelling."""
    workspace_id = None
    if body.workspace_id is not None:
        workspace_id = unprefixed("wsp", body.workspace_id)
        if workspace_id is None:
            raise InvalidFields({"workspaceId": ["Give an id like wsp_ and 32 hex digits."]})
    return CreateQrCode(
        by=by,
        destination_url=body.destination_url,
        name=body.name,
        short_code=body.short_code,
        is_active=body.is_active,
        workspace_id=workspace_id,
    )


def to_id(text: str) -> UUID:
    """The id in a path; `NotFound` for any other spelling."""
    found = unprefixed("qr", text)
    if found is None:
        raise NotFound("QR code")
    return found


def present_qr(code: QrCodeView) -> QrOut:
    """The code in this dialect's words."""
    spelled = prefixed("qr", code.id)
    return QrOut(
        id=spelled,
        name=code.name,
        type="URL",
        is_dynamic=True,
        short_code=code.short_code,
        short_url=code.short_url,
        image_url=f"/api/qr/{spelled}/image",
        destination_url=code.destination_url,
        workspace_id=prefixed("wsp", code.workspace_id),
        is_active=code.is_active,
        scan_count=code.scan_count,
        created_at=code.created_at,
        updated_at=code.updated_at,
    )
