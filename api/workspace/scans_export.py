"""`/api/org/{orgId}/scans/export`: raw scans as CSV, streamed part by part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Response

from activities.exports import BeginExport, begin_export
from activities.rules.errors import InvalidFields
from activities.statistics.raw import (
    ListScanned,
    RawScan,
    ReadScans,
    Scanned,
    ScannedPart,
    list_scanned,
    read_scans,
)
from api.dialect import Text
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.exports import BOM, Rows, present_file
from api.workspace.listing import id_query, to_uuid
from api.workspace.org import OrgId
from api.workspace.scan_words import COLUMNS, scan_row
from api.workspace.spans import AskedSpan

AT_ONCE = 500
"""Scans that are read in one go: writing their lines keeps no visit waiting."""

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A table with a header; by asset, then by time. Its columns: "
        + "; ".join(f"`{name}`: {meaning}" for name, meaning in COLUMNS.items()),
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}

QrId = Annotated[Text | None, id_query("qrId", "qr", "only those of this QR code")]
LinkId = Annotated[Text | None, id_query("linkId", "lnk", "only those of this short link")]

router = make_router(authenticate, dependencies=[documented], tags=["statistics"])


@router.get(
    "/api/org/{orgId}/scans/export",
    summary="Raw scans as CSV, those of bots too",
    response_class=Response,
    responses=FILE,
)
async def export(
    org_id: OrgId,
    by: By,
    asked: AskedSpan,
    qr_id: QrId = None,
    link_id: LinkId = None,
    bom: BOM = False,
) -> Response:
    code, link = to_uuid("qr_code_id", "qr", qr_id), to_uuid("link_id", "lnk", link_id)
    if code and link:
        raise InvalidFields({"link_id": ["Name a QR code or a short link, not both."]})
    command = asked.scanned(by, ("qr" if code else "link" if link else None), code or link)
    first = await list_scanned(command)
    await begin_export(BeginExport(by, "scans"))
    return await present_file("scans", tuple(COLUMNS), rows_of(command, first), "csv", bom)


async def rows_of(command: ListScanned, part: ScannedPart) -> AsyncIterator[Rows]:
    """All rows in parts; small assets together, large ones in several."""
    yield []
    while True:
        for together in _packed(part.assets):
            names = {asset.id: asset.name for asset in together}
            read = ReadScans(command.by, tuple(names), part.begins, part.ends, None, AT_ONCE)
            scans: Sequence[RawScan] = ()
            while read.after is None or len(scans) == AT_ONCE:
                scans = await read_scans(read)
                if not scans:
                    break
                yield [scan_row(scan, names[scan.asset_id]) for scan in scans]
                read = replace(read, after=scans[-1])
        if part.next is None:
            return
        part = await list_scanned(replace(command, after=part.next))


def _packed(assets: Sequence[Scanned]) -> Iterator[list[Scanned]]:
    """The assets in groups that are read at once."""
    group: list[Scanned] = []
    scans = 0
    for asset in assets:
        if group and scans + asset.scans > AT_ONCE:
            yield group
            group, scans = [], 0
        group.append(asset)
        scans += asset.scans
    if group:
        yield group
