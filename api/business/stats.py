"""`/api/qr-links/{id}/stats`: the scans of a QR link, added up."""

from __future__ import annotations

from asyncio import gather
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.statistics.reading import read_statistics
from activities.statistics.ways import ReadWays, read_ways
from api.business.auth import authenticate, documented
from api.business.fields import OrgId, PathId, to_id
from api.routers import By, make_router
from api.scalars import Id
from api.scan_stats import ScanStatsOut, scan_stats
from api.spans import Asked, Days, From, To, Zone, zone_query

router = make_router(authenticate, dependencies=[documented], tags=["qr-links"])


class QrLinkStatsOut(ScanStatsOut):
    """What is known of the scans of a QR link."""

    qr_link_id: Id = Field(
        description="the QR link", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"]
    )
    slug: str | None = Field(description="the end of its address", examples=["welcome24"])
    time_zone: str = Field(description="where days begin", examples=["Europe/Berlin"])


class QrLinkStatsAnswer(BaseModel):
    """Statistics of one QR link."""

    stats: QrLinkStatsOut = Field(description="the statistics")


def _asked(
    days: Days = 30,
    first: From = None,
    last: To = None,
    time_zone: Annotated[Zone, zone_query("time_zone")] = "UTC",
) -> Asked:
    return Asked(first, last, days, time_zone)


@router.get("/api/qr-links/{id}/stats", summary="Statistics of a QR link")
async def stats(
    id: PathId, by: By, asked: Annotated[Asked, Depends(_asked)], org_id: OrgId = None
) -> QrLinkStatsAnswer:
    link = await read_qr_code(ReadQrCode(by, id=to_id(id), dynamic_only=True))
    statistics, ways = await gather(
        read_statistics(asked.of(by, "qr", link.id)), read_ways(ReadWays(by, "qr", link.id))
    )
    told = scan_stats(statistics, ways)
    answer = QrLinkStatsOut(
        qr_link_id=link.id, slug=link.short_code, time_zone=statistics.time_zone, **told
    )
    return QrLinkStatsAnswer(stats=answer)
