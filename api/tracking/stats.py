"""`/v1/qr-codes/{id}/stats`: scans of a QR code, added up (seed 004)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from activities.rules.spelling import read_stamp
from activities.statistics.reading import ReadStatistics, read_statistics
from activities.statistics.views import Dimension, Share, Statistics
from api.country_names import country_name
from api.routers import By, make_router
from api.scalars import Id, Moment
from api.shares import top_of
from api.spans import Day, read_day
from api.tracking.auth import authenticate, documented
from api.tracking.fields import PathId, to_id

router = make_router(authenticate, dependencies=[documented], tags=["qr-codes"])

_MOMENT = timedelta(milliseconds=1)
_ISO = {"anyOf": [{"type": "string", "format": kind} for kind in ("date-time", "date")]}
_LARGEST = "the 20 with the most scans of those that are known, the most first"


def _moment(given: object) -> object:
    """A moment, or the day if there is no more; `ValueError` for what is no time of ISO 8601."""
    return read_stamp(given) if isinstance(given, str) and "T" in given.upper() else read_day(given)


def _first_day(given: object) -> object:
    """The day (UTC) in which a moment lies."""
    moment = _moment(given)
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment


def _last_day(given: object) -> object:
    """The day (UTC) that ends with a moment, or in which it lies."""
    moment = _moment(given)
    if not isinstance(moment, datetime):
        return moment
    try:
        return (moment.astimezone(UTC) - _MOMENT).date()
    except OverflowError:
        raise ValueError("Give a time of this century, such as 2026-05-07T23:59:59Z.") from None


From = Annotated[date, BeforeValidator(_first_day), WithJsonSchema(_ISO)]
To = Annotated[date, BeforeValidator(_last_day), WithJsonSchema(_ISO)]


class DailyCountOut(BaseModel):
    """One day (UTC), also without scans."""

    date: Day = Field(description="the day", examples=["2026-04-07"])
    scans: int = Field(description="scans by people", examples=[12])
    unique_scans: int = Field(
        description="how many of them were the first of their visitor on the day", examples=[11]
    )


class CountryCountOut(BaseModel):
    """The scans from one country."""

    country: str = Field(description="ISO 3166-1 alpha-2", examples=["US"])
    country_name: str = Field(description="its name in English", examples=["United States"])
    count: int = Field(description="how many scans", examples=[2104])


class DeviceCountOut(BaseModel):
    """The scans with one kind of device."""

    device_type: str = Field(description="mobile, tablet or desktop", examples=["mobile"])
    count: int = Field(description="how many scans", examples=[3010])


class ReferrerCountOut(BaseModel):
    """The scans that a page led to."""

    referrer_domain: str = Field(description="the page's domain", examples=["twitter.com"])
    count: int = Field(description="how many scans", examples=[482])


class StatsOut(BaseModel):
    """What is known of the scans of a code in whole days (UTC)."""

    qr_code_id: Id = Field(
        description="the code", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"]
    )
    from_: Moment = Field(
        alias="from",
        description="the first moment that is counted",
        examples=["2026-04-07T00:00:00.000Z"],
    )
    to: Moment = Field(
        description="the last moment that is counted", examples=["2026-05-07T23:59:59.999Z"]
    )
    total_scans: int = Field(description="scans by people", examples=[4213])
    unique_scans: int = Field(
        description="how many of them were the first of their visitor on a day", examples=[3104]
    )
    bot_scans: int = Field(description="visits of bots, which are in no other count", examples=[87])
    last_scanned_at: Moment | None = Field(
        description="the last scan by a person, of all time", examples=["2026-05-07T18:42:30.123Z"]
    )
    daily_counts: list[DailyCountOut] = Field(description="every day, the first one first")
    top_countries: list[CountryCountOut] = Field(description=_LARGEST)
    top_devices: list[DeviceCountOut] = Field(description=_LARGEST)
    top_referrers: list[ReferrerCountOut] = Field(description=_LARGEST)


class StatsAnswer(BaseModel):
    """Statistics of one code."""

    data: StatsOut = Field(description="the statistics")


@router.get("/v1/qr-codes/{id}/stats", summary="Scan stats")
async def stats(
    id: PathId,
    by: By,
    first: Annotated[
        From | None,
        Query(
            alias="from",
            description="ISO 8601; the whole day (UTC) is counted. 30 days back when left out",
            examples=["2026-04-07T00:00:00.000Z"],
        ),
    ] = None,
    last: Annotated[
        To | None,
        Query(
            alias="to",
            description="ISO 8601; the whole day (UTC) is counted, but none that only begins then",
            examples=["2026-05-07T23:59:59.999Z"],
        ),
    ] = None,
) -> StatsAnswer:
    code = to_id(id)
    found = await read_statistics(ReadStatistics(by, "qr", code, first, last))
    return StatsAnswer(data=present_stats(code, found))


def present_stats(id: UUID, statistics: Statistics) -> StatsOut:
    """The statistics in this dialect's words."""
    figures = statistics.figures
    return StatsOut(
        **{"from": datetime.combine(statistics.first, time(), UTC)},
        qr_code_id=id,
        to=datetime.combine(statistics.last + timedelta(days=1), time(), UTC) - _MOMENT,
        total_scans=figures.visits,
        unique_scans=figures.uniques,
        bot_scans=figures.bots,
        last_scanned_at=statistics.last_at,
        daily_counts=[
            DailyCountOut(date=d.day, scans=d.figures.visits, unique_scans=d.figures.uniques)
            for d in statistics.days
        ],
        top_countries=[
            CountryCountOut(country=code, country_name=country_name(code), count=share.visits)
            for code, share in _known(statistics, "country")
        ],
        top_devices=[
            DeviceCountOut(device_type=device, count=share.visits)
            for device, share in _known(statistics, "device")
        ],
        top_referrers=[
            ReferrerCountOut(referrer_domain=domain, count=share.visits)
            for domain, share in _known(statistics, "referrer")
        ],
    )


def _known(statistics: Statistics, dimension: Dimension) -> list[tuple[str, Share]]:
    shares = top_of(statistics, dimension).shares
    return [(share.value, share) for share in shares if share.value is not None]
