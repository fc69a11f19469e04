"""What statistics are made of in this language: figures, days, and shares cut to the largest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypedDict, get_args
from uuid import UUID

from pydantic import Field

from activities.rules.spelling import prefixed
from activities.statistics.views import Dimension, Figures, Share, Statistics
from api.country_names import country_name
from api.scalars import Out
from api.shares import fraction, top_of
from api.spans import Day

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

PREFIXES = {"qr": "qr", "link": "lnk", "page": "pg", "barcode": "bc"}
"""How ids of assets of a kind begin."""

_LARGEST = "the 20 with the most visits, the most first"
_REST = "all others together; null when these are all"


class FiguresOut(Out):
    """Visits of people and, apart from them, of bots."""

    total: int = Field(description="visits of people", examples=[4213])
    unique: int = Field(
        description="how many of them were the first of their visitor on a day (UTC)",
        examples=[3104],
    )
    bots: int = Field(description="visits of bots, which are in no other figure", examples=[87])


class DayFiguresOut(FiguresOut):
    """One day in the time zone, also without visits."""

    date: Day = Field(description="the day", examples=["2026-04-07"])


class HourFiguresOut(FiguresOut):
    """One hour of the day, over all days."""

    hour: int = Field(ge=0, le=23, description="the hour in the time zone", examples=[18])


class WeekdayFiguresOut(FiguresOut):
    """One day of the week, over all weeks."""

    weekday: Weekday = Field(description="the day of the week in the time zone", examples=["mon"])


class PartOut(Out):
    """A part of the visits of people."""

    total: int = Field(description="how many visits", examples=[2104])
    unique: int = Field(description="how many of them were unique", examples=[1602])
    share: float = Field(description="the part of all visits, from 0 to 1", examples=[0.4994])


class ShareOut(PartOut):
    """The visits with one value."""

    value: str | None = Field(description="the value; null where it is not known", examples=["iOS"])


class CountryShareOut(PartOut):
    """The visits from one country."""

    code: str | None = Field(
        description="ISO 3166-1 alpha-2; null where it is not known", examples=["US"]
    )
    name: str = Field(description="what it is called in English", examples=["United States"])


class Part(TypedDict):
    """The fields of `PartOut`."""

    total: int
    unique: int
    share: float


class OtherOut(PartOut):
    """What a list was cut by."""

    values: int = Field(description="how many values these are", examples=[17])


class SharesOut(Out):
    """Visits by a value."""

    items: list[ShareOut] = Field(description=_LARGEST)
    other: OtherOut | None = Field(description=_REST)


class CountrySharesOut(Out):
    """Visits by country."""

    items: list[CountryShareOut] = Field(description=_LARGEST)
    other: OtherOut | None = Field(description=_REST)


def present_figures(figures: Figures) -> FiguresOut:
    """Figures in this dialect's words."""
    return FiguresOut(**_words(figures))


def present_days(statistics: Statistics) -> list[DayFiguresOut]:
    """All days of the span."""
    return [DayFiguresOut(date=each.day, **_words(each.figures)) for each in statistics.days]


def present_hours(statistics: Statistics) -> list[HourFiguresOut]:
    """The 24 hours of a day."""
    return [HourFiguresOut(hour=n, **_words(each)) for n, each in enumerate(statistics.hours)]


def present_weekdays(statistics: Statistics) -> list[WeekdayFiguresOut]:
    """The days of a week, from Monday."""
    return [
        WeekdayFiguresOut(weekday=name, **_words(each))
        for name, each in zip(WEEKDAYS, statistics.weekdays, strict=True)
    ]


def present_shares(statistics: Statistics, dimension: Dimension) -> SharesOut:
    """The largest shares of a dimension."""
    top, whole = top_of(statistics, dimension), statistics.figures.visits
    items = [ShareOut(value=share.value, **part(share, whole)) for share in top.shares]
    other = OtherOut(values=top.others, **part(top.rest, whole)) if top.others else None
    return SharesOut(items=items, other=other)


def present_countries(statistics: Statistics) -> CountrySharesOut:
    """The countries that most visits came from."""
    shares = present_shares(statistics, "country")
    return CountrySharesOut(items=list(_countries(shares.items)), other=shares.other)


def part(share: Share, whole: int) -> Part:
    """Figures of a part of so many visits."""
    return Part(total=share.visits, unique=share.uniques, share=fraction(share.visits, whole))


def spelled_id(kind: str, id: UUID) -> str:
    """The id of an asset of this kind."""
    return prefixed(PREFIXES[kind], id)


def _countries(items: list[ShareOut]) -> Iterator[CountryShareOut]:
    for item in items:
        figures = item.model_dump(exclude={"value"})
        yield CountryShareOut(code=item.value, name=country_name(item.value), **figures)


def _words(figures: Figures) -> dict[str, int]:
    return {"total": figures.visits, "unique": figures.uniques, "bots": figures.bots}
