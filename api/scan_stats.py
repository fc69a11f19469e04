"""Statistics of scans in plain lists and snake_case, as several languages tell them."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, get_args

from pydantic import BaseModel, ConfigDict, Field

from activities.statistics.views import Dimension, Figures, Share, Statistics
from activities.statistics.ways import Ways
from api.country_names import country_name
from api.scalars import Moment
from api.shares import fraction, known, none_of, top_of
from api.spans import Day

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_LARGEST = "the 20 with the most scans, the most first; the difference to all scans are others"


class CountsOut(BaseModel):
    """Scans by people and, apart from them, by bots."""

    scans: int = Field(description="scans by people", examples=[12])
    unique_scans: int = Field(
        description="how many of them were the first of their visitor on a day (UTC)", examples=[11]
    )
    bot_scans: int = Field(description="visits of bots, which are in no other count", examples=[0])


class DayCountsOut(CountsOut):
    """One day, also without scans."""

    date: Day = Field(description="the day", examples=["2026-04-07"])


class HourCountsOut(CountsOut):
    """One hour of the day, over all days."""

    hour: int = Field(ge=0, le=23, description="the hour in the time zone", examples=[18])


class WeekdayCountsOut(CountsOut):
    """One day of the week, over all weeks."""

    weekday: Weekday = Field(description="the day of the week in the time zone", examples=["mon"])


class PartOut(BaseModel):
    """A part of the scans by people."""

    scans: int = Field(description="how many scans", examples=[2104])
    unique_scans: int = Field(description="how many of them were unique", examples=[1602])
    share: float = Field(description="the part of all scans, from 0 to 1", examples=[0.4994])


class ValueOut(PartOut):
    """The scans with one value."""

    value: str | None = Field(description="the value; null where it is not known", examples=["iOS"])


class CountryOut(PartOut):
    """The scans from one country."""

    country: str | None = Field(
        description="ISO 3166-1 alpha-2; null where it is not known", examples=["US"]
    )
    country_name: str = Field(description="its name in English", examples=["United States"])


class VariantCountsOut(PartOut):
    """One variant of an A/B test; its share is that of the scans that a variant of now led."""

    id: str = Field(description="by which scans know it", examples=["v1"])
    name: str = Field(description="what it is called", examples=["A"])
    destination_url: str = Field(
        description="where it leads", examples=["https://example.com/welcome"]
    )
    weight: int = Field(description="its share of the visitors over the sum", examples=[50])


class UtmOut(BaseModel):
    """Scans by the UTM parameters of the address that was opened."""

    source: list[ValueOut] = Field(description=_LARGEST)
    medium: list[ValueOut] = Field(description=_LARGEST)
    campaign: list[ValueOut] = Field(description=_LARGEST)
    term: list[ValueOut] = Field(description=_LARGEST)
    content: list[ValueOut] = Field(description=_LARGEST)


class ScanStatsOut(BaseModel):
    """What is known of the scans of a code on some days; shares, hours, weekdays are of people."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Day = Field(alias="from", description="the first day", examples=["2026-04-07"])
    to: Day = Field(description="the last day, which is included", examples=["2026-05-06"])
    total_scans: int = Field(description="scans by people", examples=[4213])
    unique_scans: int = Field(
        description="how many of them were the first of their visitor on a day (UTC)",
        examples=[3104],
    )
    bot_scans: int = Field(description="visits of bots, which are in no other count", examples=[87])
    all_time: CountsOut = Field(description="since the code was made")
    last_scanned_at: Moment | None = Field(
        description="the last scan by a person", examples=["2026-05-07T18:42:30.123Z"]
    )
    daily: list[DayCountsOut] = Field(description="every day, the first one first")
    hourly: list[HourCountsOut] = Field(description="the 24 hours of the day")
    weekdays: list[WeekdayCountsOut] = Field(description="the seven days, from Monday")
    devices: list[ValueOut] = Field(description=_LARGEST)
    countries: list[CountryOut] = Field(description=_LARGEST)
    regions: list[ValueOut] = Field(description=_LARGEST)
    cities: list[ValueOut] = Field(description=_LARGEST)
    referrers: list[ValueOut] = Field(description=_LARGEST)
    browsers: list[ValueOut] = Field(description=_LARGEST)
    operating_systems: list[ValueOut] = Field(description=_LARGEST)
    languages: list[ValueOut] = Field(description=_LARGEST)
    utm: UtmOut = Field(description="by campaign")
    variants: list[VariantCountsOut] = Field(description="of an A/B test, in their order")


class _Part(TypedDict):
    scans: int
    unique_scans: int
    share: float


def scan_stats(statistics: Statistics, ways: Ways) -> dict[str, Any]:
    """The fields of `ScanStatsOut`."""
    figures = statistics.figures
    return {
        "from_": statistics.first,
        "to": statistics.last,
        "total_scans": figures.visits,
        "unique_scans": figures.uniques,
        "bot_scans": figures.bots,
        "all_time": CountsOut(**_counts(statistics.all_time)),
        "last_scanned_at": statistics.last_at,
        "daily": [DayCountsOut(date=d.day, **_counts(d.figures)) for d in statistics.days],
        "hourly": [
            HourCountsOut(hour=hour, **_counts(each)) for hour, each in enumerate(statistics.hours)
        ],
        "weekdays": [
            WeekdayCountsOut(weekday=name, **_counts(each))
            for name, each in zip(WEEKDAYS, statistics.weekdays, strict=True)
        ],
        "devices": _values(statistics, "device"),
        "countries": _countries(statistics),
        "regions": _values(statistics, "region"),
        "cities": _values(statistics, "city"),
        "referrers": _values(statistics, "referrer"),
        "browsers": _values(statistics, "browser"),
        "operating_systems": _values(statistics, "os"),
        "languages": _values(statistics, "language"),
        "utm": UtmOut(
            source=_values(statistics, "utm_source"),
            medium=_values(statistics, "utm_medium"),
            campaign=_values(statistics, "utm_campaign"),
            term=_values(statistics, "utm_term"),
            content=_values(statistics, "utm_content"),
        ),
        "variants": _variants(statistics, ways),
    }


def _counts(figures: Figures) -> dict[str, int]:
    return {
        "scans": figures.visits,
        "unique_scans": figures.uniques,
        "bot_scans": figures.bots,
    }


def _part(share: Share, whole: int) -> _Part:
    return _Part(
        scans=share.visits, unique_scans=share.uniques, share=fraction(share.visits, whole)
    )


def _values(statistics: Statistics, dimension: Dimension) -> list[ValueOut]:
    whole = statistics.figures.visits
    shares = top_of(statistics, dimension).shares
    return [ValueOut(value=share.value, **_part(share, whole)) for share in shares]


def _countries(statistics: Statistics) -> list[CountryOut]:
    whole = statistics.figures.visits
    return [
        CountryOut(
            country=share.value, country_name=country_name(share.value), **_part(share, whole)
        )
        for share in top_of(statistics, "country").shares
    ]


def _variants(statistics: Statistics, ways: Ways) -> list[VariantCountsOut]:
    shares = known(statistics, "variant")
    mine = [shares.get(variant["id"], none_of(variant["id"])) for variant in ways.variants]
    whole = sum(share.visits for share in mine)
    return [
        VariantCountsOut(
            id=variant["id"],
            name=variant["name"],
            destination_url=variant["destinationUrl"],
            weight=variant["weight"],
            **_part(share, whole),
        )
        for variant, share in zip(ways.variants, mine, strict=True)
    ]
