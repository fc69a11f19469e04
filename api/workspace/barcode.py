"""`/api/barcode`: barcodes as the dashboard sees them."""

from __future__ import annotations

from asyncio import gather
from functools import partial
from typing import Annotated

from fastapi import Path, Response

from activities.barcodes.changing import UpdateBarcode, update_barcode
from activities.barcodes.creating import (
    DuplicateBarcode,
    create_barcode,
    duplicate_barcode,
)
from activities.barcodes.reading import (
    ListBarcodes,
    ReadBarcode,
    SummarizeBarcodes,
    list_barcodes,
    read_barcode,
    summarize_barcodes,
)
from activities.barcodes.shelving import (
    ArchiveBarcode,
    DeleteBarcode,
    RestoreBarcode,
    archive_barcode,
    delete_barcode,
    restore_barcode,
)
from activities.barcodes.views import BarcodeView
from activities.pictures.symbols import RenderBarcode, render_barcode
from activities.pictures.views import MEDIA_TYPES
from api.dialect import Text
from api.etags import Expected, set_etag
from api.pictures import AskedPicture, Known, answer_picture, documented_pictures
from api.routers import By, make_router
from api.workspace.auth import VARY, authenticate, documented
from api.workspace.barcode_in import BarcodeChangesIn, BarcodeIn, DuplicateIn, to_changes, to_create
from api.workspace.barcode_out import (
    BarcodeOut,
    BarcodeSummaryOut,
    present_barcode,
    present_summary,
)
from api.workspace.listing import LONGEST_ID, AskedListing, OrgId, PageOut, path_id, present_page

router = make_router(authenticate, dependencies=[documented], tags=["barcode"])

to_id = partial(path_id, "bc", "barcode")

ONE = "/api/barcode/{id}"

PathId = Annotated[
    Text, Path(max_length=LONGEST_ID, description="a barcode: bc_ and 32 hex digits")
]


@router.get("/api/barcode", summary="List barcodes")
async def list_all(
    by: By, asked: AskedListing, org_id: OrgId = None
) -> PageOut[BarcodeOut, BarcodeSummaryOut]:
    page, summary = await gather(
        list_barcodes(ListBarcodes(by, asked)), summarize_barcodes(SummarizeBarcodes(by))
    )
    return present_page(page, present_barcode, present_summary(summary))


@router.post("/api/barcode", status_code=201, summary="Create a barcode")
async def create(body: BarcodeIn, by: By, response: Response, org_id: OrgId = None) -> BarcodeOut:
    return answer(response, await create_barcode(to_create(body, by)))


@router.get(ONE, summary="Fetch one barcode")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> BarcodeOut:
    return answer(response, await read_barcode(ReadBarcode(by, to_id(id))))


@router.patch(ONE, summary="Change a barcode: its type, value, style, place or binding")
async def change(
    id: PathId,
    body: BarcodeChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> BarcodeOut:
    command = UpdateBarcode(by, to_id(id), version=expected, **to_changes(body))
    return answer(response, await update_barcode(command))


@router.delete(ONE, status_code=204, summary="Throw a barcode away; restorable for 30 days")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_barcode(DeleteBarcode(by, to_id(id), expected))


@router.post(f"{ONE}/duplicate", status_code=201, summary="Make one more barcode like this one")
async def duplicate(
    id: PathId,
    by: By,
    response: Response,
    body: DuplicateIn | None = None,
    org_id: OrgId = None,
) -> BarcodeOut:
    command = DuplicateBarcode(by, to_id(id), body.name if body else None)
    return answer(response, await duplicate_barcode(command))


@router.post(f"{ONE}/archive", summary="Put a barcode aside")
async def archive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> BarcodeOut:
    return answer(response, await archive_barcode(ArchiveBarcode(by, to_id(id))))


@router.post(f"{ONE}/unarchive", summary="Put a barcode back among the others")
async def unarchive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> BarcodeOut:
    command = ArchiveBarcode(by, to_id(id), archived=False)
    return answer(response, await archive_barcode(command))


@router.post(f"{ONE}/restore", summary="Take a barcode back out of the trash")
async def restore(id: PathId, by: By, response: Response, org_id: OrgId = None) -> BarcodeOut:
    return answer(response, await restore_barcode(RestoreBarcode(by, to_id(id))))


@router.get(
    f"{ONE}/image",
    summary="The picture of a barcode",
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
    made = await render_barcode(RenderBarcode(by, to_id(id), asked))
    return answer_picture(made, known, VARY)


def answer(response: Response, barcode: BarcodeView) -> BarcodeOut:
    """The barcode in this dialect's words, under its ETag."""
    set_etag(response, barcode.version)
    return present_barcode(barcode)
