"""`/api/barcode/{id}/scan`: a barcode was scanned by somebody who is signed in."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path

from activities.inventory.scanning import RecordBarcodeScan, record_barcode_scan
from api.dialect import Text
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.inventory_in import ScanIn, to_movement
from api.workspace.inventory_out import ScanOut, present_scan
from api.workspace.listing import LONGEST_ID, OrgId, path_id

router = make_router(authenticate, dependencies=[documented], tags=["inventory"])

to_id = partial(path_id, "bc", "barcode")


@router.post(
    "/api/barcode/{id}/scan",
    status_code=201,
    summary="Record a scan of a barcode, and move stock with it",
)
async def scan(
    id: Annotated[
        Text, Path(max_length=LONGEST_ID, description="a barcode: bc_ and 32 hex digits")
    ],
    body: ScanIn,
    by: By,
    org_id: OrgId = None,
) -> ScanOut:
    command = RecordBarcodeScan(by, to_id(id), body.place, body.note, to_movement(body.movement))
    return present_scan(await record_barcode_scan(command))
