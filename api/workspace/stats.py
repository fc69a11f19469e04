"""`/api/{qr,links,barcode,pages}/{id}/stats`: who came to an asset, when, and from where."""

from __future__ import annotations

from asyncio import gather
from functools import partial
from typing import Annotated

from fastapi import Path

from activities.statistics.experiments import ReadExperiment, read_experiment
from activities.statistics.reading import read_statistics
from api.dialect import Text
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.spans import AskedSpan
from api.workspace.stats_out import (
    BarcodeStatsOut,
    LinkStatsOut,
    PageStatsOut,
    QrStatsOut,
    present_barcode_stats,
    present_link_stats,
    present_page_stats,
    present_qr_stats,
)

router = make_router(authenticate, dependencies=[documented], tags=["statistics"])

to_code_id = partial(path_id, "qr", "QR code")
to_link_id = partial(path_id, "lnk", "link")
to_barcode_id = partial(path_id, "bc", "barcode")
to_page_id = partial(path_id, "pg", "link page")

PathId = Annotated[
    Text, Path(max_length=LONGEST_ID, description="its id: a prefix and 32 hex digits")
]


@router.get("/api/qr/{id}/stats", summary="Statistics of a QR code, with A/B test and routing")
async def of_code(id: PathId, by: By, asked: AskedSpan, org_id: OrgId = None) -> QrStatsOut:
    code = to_code_id(id)
    statistics, experiment = await gather(
        read_statistics(asked.of(by, "qr", code)), read_experiment(ReadExperiment(by, "qr", code))
    )
    return present_qr_stats(code, statistics, experiment)


@router.get("/api/links/{id}/stats", summary="Statistics of a short link, with A/B test, routing")
async def of_link(id: PathId, by: By, asked: AskedSpan, org_id: OrgId = None) -> LinkStatsOut:
    link = to_link_id(id)
    statistics, experiment = await gather(
        read_statistics(asked.of(by, "link", link)),
        read_experiment(ReadExperiment(by, "link", link)),
    )
    return present_link_stats(link, statistics, experiment)


@router.get("/api/barcode/{id}/stats", summary="Statistics of a barcode")
async def of_barcode(id: PathId, by: By, asked: AskedSpan, org_id: OrgId = None) -> BarcodeStatsOut:
    barcode = to_barcode_id(id)
    return present_barcode_stats(barcode, await read_statistics(asked.of(by, "barcode", barcode)))


@router.get("/api/pages/{id}/stats", summary="Statistics of a link page")
async def of_page(id: PathId, by: By, asked: AskedSpan, org_id: OrgId = None) -> PageStatsOut:
    page = to_page_id(id)
    return present_page_stats(page, await read_statistics(asked.of(by, "page", page)))
