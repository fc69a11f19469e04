"""`/api/qr`: QR codes as the dashboard sees them."""

from __future__ import annotations

from asyncio import gather
from functools import partial
from typing import Annotated

from fastapi import Path, Response

from activities.pictures.symbols import RenderSymbol, render_symbol
from activities.pictures.views import MEDIA_TYPES
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import DuplicateQrCode, create_qr_code, duplicate_qr_code
from activities.qr_codes.reading import (
    ListQrChanges,
    ListQrCodes,
    ReadQrCode,
    SummarizeQrCodes,
    list_qr_changes,
    list_qr_codes,
    read_qr_code,
    summarize_qr_codes,
)
from activities.qr_codes.shelving import (
    ArchiveQrCode,
    DeleteQrCode,
    RestoreQrCode,
    archive_qr_code,
    delete_qr_code,
    restore_qr_code,
)
from activities.qr_codes.views import QrCodeView
from api.dialect import Text
from api.etags import Expected, set_etag
from api.pictures import AskedPicture, Known, answer_picture, documented_pictures
from api.routers import By, make_router
from api.workspace.auth import VARY, authenticate, documented
from api.workspace.listing import (
    LONGEST_ID,
    AskedShortListing,
    OrgId,
    PageOut,
    path_id,
    present_page,
)
from api.workspace.paging import Asked
from api.workspace.plain_pages import ChangeOut, PlainPageOut, present_change, present_plain
from api.workspace.qr_in import QrChangesIn, QrCopyIn, QrIn, to_changes, to_create
from api.workspace.qr_out import (
    QrOut,
    QrSummaryOut,
    present_qr,
    present_summary,
)

router = make_router(authenticate, dependencies=[documented], tags=["qr"])

to_id = partial(path_id, "qr", "QR code")

ALL = "/api/qr"
ONE = "/api/qr/{id}"

PathId = Annotated[
    Text, Path(max_length=LONGEST_ID, description="a QR code: qr_ and 32 hex digits")
]


@router.get(ALL, summary="List QR codes")
async def list_all(
    by: By, asked: AskedShortListing, org_id: OrgId = None
) -> PageOut[QrOut, QrSummaryOut]:
    page, summary = await gather(
        list_qr_codes(ListQrCodes(by, asked)), summarize_qr_codes(SummarizeQrCodes(by))
    )
    return present_page(page, present_qr, present_summary(summary))


@router.post(ALL, status_code=201, summary="Create a QR code")
async def create(body: QrIn, by: By, response: Response, org_id: OrgId = None) -> QrOut:
    return answer(response, await create_qr_code(to_create(body, by)))


@router.get(ONE, summary="Fetch one QR code")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> QrOut:
    return answer(response, await read_qr_code(ReadQrCode(by, id=to_id(id))))


@router.patch(ONE, summary="Change a QR code: content, style, lifecycle, short code, place or link")
async def change(
    id: PathId,
    body: QrChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> QrOut:
    command = UpdateQrCode(by, to_id(id), version=expected, **to_changes(body))
    return answer(response, await update_qr_code(command))


@router.delete(ONE, status_code=204, summary="Throw a QR code away; restorable for 30 days")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_qr_code(DeleteQrCode(by, to_id(id), version=expected))


@router.post(f"{ONE}/duplicate", status_code=201, summary="Make one more QR code like this one")
async def duplicate(
    id: PathId,
    by: By,
    response: Response,
    body: QrCopyIn | None = None,
    org_id: OrgId = None,
) -> QrOut:
    command = DuplicateQrCode(by, to_id(id), body.name if body else None)
    return answer(response, await duplicate_qr_code(command))


@router.post(f"{ONE}/archive", summary="Put a QR code aside; it works all the same")
async def archive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> QrOut:
    return answer(response, await archive_qr_code(ArchiveQrCode(by, to_id(id))))


@router.post(f"{ONE}/unarchive", summary="Put a QR code back among the others")
async def unarchive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> QrOut:
    return answer(response, await archive_qr_code(ArchiveQrCode(by, to_id(id), archived=False)))


@router.post(f"{ONE}/restore", summary="Take a QR code back out of the trash")
async def restore(id: PathId, by: By, response: Response, org_id: OrgId = None) -> QrOut:
    return answer(response, await restore_qr_code(RestoreQrCode(by, to_id(id))))


@router.get(f"{ONE}/history", summary="Where a QR code led before")
async def history(
    id: PathId, by: By, asked: Asked, org_id: OrgId = None
) -> PlainPageOut[ChangeOut]:
    page = await list_qr_changes(ListQrChanges(by, to_id(id), asked))
    return present_plain(page, present_change)


@router.get(
    f"{ONE}/image",
    summary="The picture of a QR code",
    response_class=Response,
    responses=documented_pictures(*MEDIA_TYPES.values()),
    tags=["pictures"],
)
async def image(
    id: PathId,
    by: By,
    asked: AskedPicture,
    known: Known = None,
    org_id: OrgId = None,
) -> Response:
    made = await render_symbol(RenderSymbol(by, asked, id=to_id(id)))
    return answer_picture(made, known, VARY)


def answer(response: Response, code: QrCodeView) -> QrOut:
    """The code in this dialect's words, under its ETag."""
    set_etag(response, code.version)
    return present_qr(code)
