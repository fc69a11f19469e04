"""`/api/org/{orgId}/stats`: all visits to what an organization has."""

from __future__ import annotations

from asyncio import gather

from pydantic import Field

from activities.statistics.leaders import Leader, read_leaders
from activities.statistics.reading import read_statistics
from activities.statistics.strays import ReadStrays, Stray, read_strays
from activities.statistics.views import Statistics
from api.routers import By, make_router
from api.scalars import Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.org import OrgId
from api.workspace.spans import AskedSpan
from api.workspace.stats_out import SpanOut, present_span
from api.workspace.stats_shapes import (
    CountrySharesOut,
    FiguresOut,
    SharesOut,
    present_countries,
    present_figures,
    present_shares,
    spelled_id,
)

router = make_router(authenticate, dependencies=[documented], tags=["statistics"])


class LeaderOut(FiguresOut):
    """A code or link, and the visits to it."""

    id: str = Field(description="its id", examples=["qr_7d0c7a441f0b4c5e9a530c5a7d1b2f10"])
    name: str = Field(description="what you call it", examples=["Menu"])
    short_url: str | None = Field(
        description="its address; null for a static code", examples=["https://ink.example/q/menu"]
    )


class StrayOut(Out):
    """Visits to addresses of a domain that nobody has."""

    hostname: str = Field(description="the domain", examples=["links.example.com"])
    total: int = Field(description="how many visits", examples=[12])


class OrgStatsOut(SpanOut):
    """What is known of visits to all that an organization has; shares are of people.

    Uniques are those of the organization: who visits two codes on a day is one.
    """

    last_visit_at: Moment | None = Field(
        description="the last visit by a person", examples=["2026-05-07T18:42:30.123Z"]
    )
    kinds: SharesOut = Field(description="by what was visited: qr, link, page, barcode")
    devices: SharesOut = Field(description="by kind of device: mobile, tablet, desktop")
    countries: CountrySharesOut = Field(description="by country")
    top_codes: list[LeaderOut] = Field(description="the ten QR codes with the most visits")
    top_links: list[LeaderOut] = Field(description="the ten short links with the most visits")
    unknown_addresses: list[StrayOut] = Field(
        description="visits to addresses of your active domains that nobody has, by days of UTC"
    )


@router.get("/api/org/{orgId}/stats", summary="Statistics of everything an organization has")
async def of_organization(org_id: OrgId, by: By, asked: AskedSpan) -> OrgStatsOut:
    statistics, codes, links = await gather(
        read_statistics(asked.of(by, "organization", by.organization_id)),
        read_leaders(asked.leaders(by, "qr")),
        read_leaders(asked.leaders(by, "link")),
    )
    strays = await read_strays(ReadStrays(by, statistics.first, statistics.last))
    return present_org_stats(statistics, codes, links, strays)


def present_org_stats(
    statistics: Statistics,
    codes: tuple[Leader, ...],
    links: tuple[Leader, ...],
    strays: tuple[Stray, ...],
) -> OrgStatsOut:
    """The organization's statistics in this dialect's words."""
    return OrgStatsOut(
        **present_span(statistics),
        last_visit_at=statistics.last_at,
        kinds=present_shares(statistics, "kind"),
        devices=present_shares(statistics, "device"),
        countries=present_countries(statistics),
        top_codes=[_leader("qr", leader) for leader in codes],
        top_links=[_leader("link", leader) for leader in links],
        unknown_addresses=[StrayOut(hostname=s.hostname, total=s.visits) for s in strays],
    )


def _leader(kind: str, leader: Leader) -> LeaderOut:
    return LeaderOut(
        id=spelled_id(kind, leader.id),
        name=leader.name,
        short_url=leader.short_url,
        **present_figures(leader.figures).model_dump(),
    )
