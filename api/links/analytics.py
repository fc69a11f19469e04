"""`/api/v1/analytics`: clicks on a short link, and on all that a workspace has.

A workspace of this language is our organization.
"""

from __future__ import annotations

from asyncio import gather
from typing import Annotated

from fastapi import Path
from pydantic import Field

from activities.links.reading import ReadLink, read_link
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.spelling import prefixed, unprefixed
from activities.statistics.leaders import Leader, read_leaders
from activities.statistics.reading import read_statistics
from activities.statistics.views import Dimension, Figures, Statistics
from api.country_names import country_name
from api.dialect import Text
from api.links.auth import authenticate, documented
from api.links.links import PathCode, meant
from api.routers import By, make_router
from api.scalars import Moment, Out
from api.shares import top_of
from api.spans import Asked, Day, Days

router = make_router(authenticate, dependencies=[documented], tags=["analytics"])

LONGEST_ID = 64

_LARGEST = "the 20 with the most clicks, the most first; the difference to all clicks are others"


class ClicksOut(Out):
    """Clicks by people and, apart from them, by bots."""

    clicks: int = Field(description="clicks by people", examples=[12])
    unique_clicks: int = Field(
        description="how many of them were the first of their visitor on a day (UTC)", examples=[11]
    )
    bot_clicks: int = Field(description="visits of bots, which are in no other count", examples=[0])


class DayClicksOut(ClicksOut):
    """One day (UTC), also without clicks."""

    date: Day = Field(description="the day", examples=["2026-04-07"])


class ValueClicksOut(Out):
    """The clicks with one value."""

    value: str | None = Field(description="the value; null where it is not known", examples=["iOS"])
    clicks: int = Field(description="how many clicks", examples=[3010])


class CountryClicksOut(Out):
    """The clicks from one country."""

    country: str | None = Field(
        description="ISO 3166-1 alpha-2; null where it is not known", examples=["US"]
    )
    name: str = Field(description="what it is called in English", examples=["United States"])
    clicks: int = Field(description="how many clicks", examples=[2104])


class SpanClicksOut(ClicksOut):
    """Clicks on the days (UTC) from one to another, both included."""

    from_: Day = Field(alias="from", description="the first day", examples=["2026-04-07"])
    to: Day = Field(description="the last day: today", examples=["2026-05-06"])
    last_clicked_at: Moment | None = Field(
        description="the last click by a person, of all time",
        examples=["2026-05-07T18:42:30.123Z"],
    )
    series: list[DayClicksOut] = Field(description="every day, the first one first")
    countries: list[CountryClicksOut] = Field(description=_LARGEST)
    devices: list[ValueClicksOut] = Field(description=_LARGEST)
    referrers: list[ValueClicksOut] = Field(description=_LARGEST)


class LinkClicksOut(SpanClicksOut):
    """Clicks on one short link."""

    id: str = Field(description="its id", examples=["lnk_7d0c7a441f0b4c5e9a530c5a7d1b2f10"])
    code: str = Field(description="the end of its address", examples=["spring-sale"])
    browsers: list[ValueClicksOut] = Field(description=_LARGEST)


class TopLinkOut(ClicksOut):
    """One of the short links with the most clicks."""

    id: str = Field(description="its id", examples=["lnk_7d0c7a441f0b4c5e9a530c5a7d1b2f10"])
    code: str | None = Field(description="the end of its address", examples=["spring-sale"])
    short_url: str | None = Field(
        description="its address", examples=["https://ink.example/spring-sale"]
    )
    title: str = Field(description="what you call it", examples=["Spring sale"])


class WorkspaceClicksOut(SpanClicksOut):
    """Clicks on all that a workspace has: short links, and its codes and pages too."""

    id: str = Field(description="the workspace", examples=["org_7d0c7a441f0b4c5e9a530c5a7d1b2f10"])
    kinds: list[ValueClicksOut] = Field(description="by what was visited: link, qr, page, barcode")
    top_links: list[TopLinkOut] = Field(description="the ten with the most clicks")


@router.get("/api/v1/analytics/{code}/clicks", summary="Clicks on a short link, day by day")
async def of_link(code: PathCode, by: By, days: Days = 30) -> LinkClicksOut:
    link = await read_link(ReadLink(by, *meant(code)))
    statistics = await read_statistics(Asked(days=days).of(by, "link", link.id))
    return LinkClicksOut(
        **_span(statistics),
        id=prefixed("lnk", link.id),
        code=link.slug,
        browsers=_values(statistics, "browser"),
    )


@router.get("/api/v1/analytics/workspace/{id}", summary="Clicks on all that a workspace has")
async def of_workspace(
    id: Annotated[
        Text, Path(max_length=LONGEST_ID, description="the workspace of the key: org_ and 32 hex")
    ],
    by: By,
    days: Days = 30,
) -> WorkspaceClicksOut:
    must_be_own(by, id)
    asked = Asked(days=days)
    statistics, links = await gather(
        read_statistics(asked.of(by, "organization", by.organization_id)),
        read_leaders(asked.leaders(by, "link")),
    )
    return WorkspaceClicksOut(
        **_span(statistics),
        id=prefixed("org", by.organization_id),
        kinds=_values(statistics, "kind"),
        top_links=[_top(link) for link in links],
    )


def must_be_own(by: Actor, id: str) -> None:
    """A key sees its own workspace. Raises `NotFound` for every other."""
    if unprefixed("org", id) != by.organization_id:
        raise NotFound("workspace")


def _span(statistics: Statistics) -> dict[str, object]:
    return {
        "from_": statistics.first,
        "to": statistics.last,
        **_clicks(statistics.figures),
        "last_clicked_at": statistics.last_at,
        "series": [DayClicksOut(date=d.day, **_clicks(d.figures)) for d in statistics.days],
        "countries": [
            CountryClicksOut(
                country=share.value, name=country_name(share.value), clicks=share.visits
            )
            for share in top_of(statistics, "country").shares
        ],
        "devices": _values(statistics, "device"),
        "referrers": _values(statistics, "referrer"),
    }


def _clicks(figures: Figures) -> dict[str, int]:
    return {
        "clicks": figures.visits,
        "unique_clicks": figures.uniques,
        "bot_clicks": figures.bots,
    }


def _values(statistics: Statistics, dimension: Dimension) -> list[ValueClicksOut]:
    shares = top_of(statistics, dimension).shares
    return [ValueClicksOut(value=share.value, clicks=share.visits) for share in shares]


def _top(link: Leader) -> TopLinkOut:
    return TopLinkOut(
        id=prefixed("lnk", link.id),
        code=link.slug,
        short_url=link.short_url,
        title=link.name,
        **_clicks(link.figures),
    )
