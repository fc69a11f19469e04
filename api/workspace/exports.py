"""`/api/{qr,links,barcode}/export`: everything of one kind but the trash, as CSV or XLSX."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query, Response
from starlette.responses import StreamingResponse

from activities.barcodes.reading import ListBarcodes, list_barcodes
from activities.barcodes.views import BarcodeView
from activities.exports import AT_ONCE, MOST_ROWS, BeginExport, begin_export
from activities.links.reading import ListLinks, list_links
from activities.links.views import LinkView
from activities.qr_codes.reading import ListQrCodes, list_qr_codes
from activities.qr_codes.views import QrCodeView
from activities.render.tables import Cell, csv_lines, xlsx_bytes
from activities.rules.imports.formats import OWN_COLUMNS
from activities.rules.listings import Listing
from activities.rules.paging import Page, PageRequest
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.listing import OrgId

View = TypeVar("View")
Rows = list[Sequence[Cell]]
Read = Callable[[Listing], Awaitable[Page[View]]]

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

CODE_COLUMNS = (
    *("short_code", "short_url", "type", "payload", "destination", "name", "tags", "is_active"),
    *("created_at", "expires_at", "scans"),
)
BARCODE_COLUMNS = (
    *("type", "value", "normalized_value", "name", "tags", "is_active", "created_at", "scans"),
)

Format = Annotated[
    Literal["csv", "xlsx"],
    Query(description=f"CSV is streamed; both hold the newest {MOST_ROWS:,} at most"),
]
BOM = Annotated[bool, Query(description="lead CSV with a byte order mark, as Excel wants it")]

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the file, newest first",
        "content": {"text/csv": {"schema": {"type": "string"}}, XLSX: {}},
    }
}

router = make_router(authenticate, dependencies=[documented], tags=["exports"])


@router.get(
    "/api/qr/export",
    summary="All QR codes as CSV or XLSX",
    response_class=Response,
    responses=FILES,
)
async def qr_codes(
    by: By, format: Format = "csv", bom: BOM = False, org_id: OrgId = None
) -> Response:
    async def read(listing: Listing) -> Page[QrCodeView]:
        return await list_qr_codes(ListQrCodes(by, listing))

    await begin_export(BeginExport(by, "qr codes"))
    return await present_file("qr-codes", CODE_COLUMNS, rows_of(read, code_row), format, bom)


@router.get(
    "/api/links/export",
    summary="All short links as CSV or XLSX",
    response_class=Response,
    responses=FILES,
)
async def links(by: By, format: Format = "csv", bom: BOM = False, org_id: OrgId = None) -> Response:
    async def read(listing: Listing) -> Page[LinkView]:
        return await list_links(ListLinks(by, listing))

    await begin_export(BeginExport(by, "links"))
    return await present_file("links", OWN_COLUMNS, rows_of(read, link_row), format, bom)


@router.get(
    "/api/barcode/export",
    summary="All barcodes as CSV or XLSX",
    response_class=Response,
    responses=FILES,
)
async def barcodes(
    by: By, format: Format = "csv", bom: BOM = False, org_id: OrgId = None
) -> Response:
    async def read(listing: Listing) -> Page[BarcodeView]:
        return await list_barcodes(ListBarcodes(by, listing))

    await begin_export(BeginExport(by, "barcodes"))
    return await present_file("barcodes", BARCODE_COLUMNS, rows_of(read, barcode_row), format, bom)


async def rows_of(read: Read[View], row: Callable[[View], Sequence[Cell]]) -> AsyncIterator[Rows]:
    """All rows in parts, each read where the one before ended, however much is made meanwhile."""
    asked: PageRequest | None = PageRequest(size=AT_ONCE, counts=False)
    left = MOST_ROWS
    while asked is not None and left > 0:
        page = await read(Listing(asked, shelf="kept"))
        yield [row(view) for view in page.items][:left]
        left -= len(page.items)
        asked = replace(asked, after=page.next) if page.next else None


async def present_file(
    name: str, columns: Sequence[str], parts: AsyncIterator[Rows], format: str, bom: bool
) -> Response:
    """The file to download. The first rows are read before anything is answered."""
    headers = {
        "Content-Disposition": f'attachment; filename="inkloom-{name}.{format}"',
        "Cache-Control": "no-store",
    }
    first = await anext(parts)
    if format == "csv":
        lines = _lines(columns, first, parts, bom)
        return StreamingResponse(lines, media_type=CSV, headers=headers)
    rows = first + [row async for part in parts for row in part]
    book = await asyncio.to_thread(xlsx_bytes, name, columns, rows)
    return Response(book, media_type=XLSX, headers=headers)


async def _lines(
    columns: Sequence[str], first: Rows, rest: AsyncIterator[Rows], bom: bool
) -> AsyncIterator[bytes]:
    yield b"".join(csv_lines(columns, first, bom=bom))
    async for part in rest:
        # The header is the first line of every table.
        yield b"".join(list(csv_lines(columns, part))[1:])


def code_row(code: QrCodeView) -> Sequence[Cell]:
    """A code under `CODE_COLUMNS`."""
    return (
        *(code.short_code, code.short_url, code.type, code.payload, code.destination_url),
        *(code.name, _tags(code.tags), code.is_active),
        *(code.created_at, code.expires_at, code.scan_count),
    )


def link_row(link: LinkView) -> Sequence[Cell]:
    """A link under the columns that our own import reads."""
    return (
        *(link.slug, link.short_url, link.destination_url, link.name, _tags(link.tags)),
        *(link.is_active, link.created_at, link.expires_at, link.click_count),
        link.has_password,
    )


def barcode_row(barcode: BarcodeView) -> Sequence[Cell]:
    """A barcode under `BARCODE_COLUMNS`."""
    return (
        *(barcode.symbology, barcode.value, barcode.normalized_value, barcode.name),
        *(_tags(barcode.tags), barcode.is_active, barcode.created_at, barcode.scan_count),
    )


def _tags(tags: Sequence[str]) -> str:
    """Between commas; as a JSON list where a tag has a sign that separates tags."""
    plain = not any(sign in tag for tag in tags for sign in ",;|[")
    return ",".join(tags) if plain else json.dumps(tags, ensure_ascii=False)
