"""`/api/v1/dynamic/{short_id}/analytics/`: the scans of a dynamic code, added up."""

from __future__ import annotations

from asyncio import gather
from typing import Annotated

from fastapi import Depends
from pydantic import Field

from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.statistics.reading import read_statistics
from activities.statistics.ways import ReadWays, read_ways
from api.routers import By, make_router
from api.scan_stats import ScanStatsOut, scan_stats
from api.spans import Asked, Days, From, To, Zone, zone_query
from api.studio.auth import authenticate, documented
from api.studio.dynamic import ShortId

router = make_router(authenticate, dependencies=[documented], tags=["dynamic"])


class AnalyticsOut(ScanStatsOut):
    """What is known of the scans of a dynamic code; one that follows a link has its variants."""

    short_id: str | None = Field(description="what `scan_url` ends with", examples=["menu-24"])
    tz: str = Field(description="where days begin", examples=["Europe/Berlin"])


def _asked(
    days: Days = 30,
    first: From = None,
    last: To = None,
    time_zone: Annotated[Zone, zone_query("tz")] = "UTC",
) -> Asked:
    return Asked(first, last, days, time_zone)


@router.get("/api/v1/dynamic/{short_id}/analytics/", summary="Aggregate scan analytics")
async def analyse(
    short_id: ShortId, by: By, asked: Annotated[Asked, Depends(_asked)]
) -> AnalyticsOut:
    code = await read_qr_code(ReadQrCode(by, short_code=short_id))
    statistics, ways = await gather(
        read_statistics(asked.of(by, "qr", code.id)), read_ways(ReadWays(by, "qr", code.id))
    )
    told = scan_stats(statistics, ways)
    return AnalyticsOut(short_id=code.short_code, tz=statistics.time_zone, **told)
