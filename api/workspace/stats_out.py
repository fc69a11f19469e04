"""Statistics of one asset as `/api/*/{id}/stats` answers them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from activities.statistics.experiments import Experiment
from activities.statistics.views import Statistics
from api.scalars import Moment, Out
from api.workspace.stats_ab_test import AbTestOut, present_ab_test
from api.workspace.stats_routing import RoutingOut, present_routing
from api.workspace.stats_shapes import (
    CountrySharesOut,
    DayFiguresOut,
    FiguresOut,
    HourFiguresOut,
    SharesOut,
    WeekdayFiguresOut,
    present_countries,
    present_days,
    present_figures,
    present_hours,
    present_shares,
    present_weekdays,
    spelled_id,
)

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"


class UtmSharesOut(Out):
    """Visits by the UTM parameters that the visitor's address had."""

    source: SharesOut = Field(description="by utm_source")
    medium: SharesOut = Field(description="by utm_medium")
    campaign: SharesOut = Field(description="by utm_campaign")
    term: SharesOut = Field(description="by utm_term")
    content: SharesOut = Field(description="by utm_content")


class SpanOut(Out):
    """The days that are told of."""

    from_: date = Field(alias="from", description="the first day", examples=["2026-04-07"])
    to: date = Field(description="the last day, which is included", examples=["2026-05-06"])
    time_zone: str = Field(description="where days begin", examples=["Europe/Berlin"])
    totals: FiguresOut = Field(description="all visits of these days")
    all_time: FiguresOut = Field(description="all visits ever")
    days: list[DayFiguresOut] = Field(description="every day, the first one first")


class AssetStatsOut(SpanOut):
    """What is known of visits to an asset; shares, hours and weekdays are of people."""

    id: str = Field(description="the asset's id", examples=[f"qr_{_AN_ID}"])
    hours: list[HourFiguresOut] = Field(description="the 24 hours of the day")
    weekdays: list[WeekdayFiguresOut] = Field(description="the seven days, from Monday")
    devices: SharesOut = Field(description="by kind of device: mobile, tablet, desktop")
    countries: CountrySharesOut = Field(description="by country")
    regions: SharesOut = Field(description="by subdivision of ISO 3166-2, such as US-CA")
    cities: SharesOut = Field(description="by city")
    referrers: SharesOut = Field(description="by the domain of the page that led here")
    browsers: SharesOut = Field(description="by browser")
    operating_systems: SharesOut = Field(description="by operating system")
    languages: SharesOut = Field(description="by preferred language, such as pt-br")
    utm: UtmSharesOut = Field(description="by campaign")


class QrStatsOut(AssetStatsOut):
    """What is known of scans of a QR code; one that is tied to a link is led by its rules."""

    last_scanned_at: Moment | None = Field(
        description="the last scan by a person", examples=[_A_MOMENT]
    )
    ab_test: AbTestOut | None = Field(description="null where it has no variants")
    routing: RoutingOut | None = Field(description="null where it has no rules")


class LinkStatsOut(AssetStatsOut):
    """What is known of clicks on a short link."""

    last_clicked_at: Moment | None = Field(
        description="the last click by a person", examples=[_A_MOMENT]
    )
    ab_test: AbTestOut | None = Field(description="null where it has no variants")
    routing: RoutingOut | None = Field(description="null where it has no rules")


class BarcodeStatsOut(AssetStatsOut):
    """What is known of scans of a barcode."""

    last_scanned_at: Moment | None = Field(
        description="the last scan by a person", examples=[_A_MOMENT]
    )


class PageStatsOut(AssetStatsOut):
    """What is known of views of a link page."""

    last_viewed_at: Moment | None = Field(
        description="the last view by a person", examples=[_A_MOMENT]
    )


def present_qr_stats(id: UUID, statistics: Statistics, experiment: Experiment) -> QrStatsOut:
    """A code's statistics in this dialect's words."""
    return QrStatsOut(
        **_asset("qr", id, statistics),
        last_scanned_at=statistics.last_at,
        ab_test=present_ab_test(statistics, experiment),
        routing=present_routing(statistics, experiment.ways),
    )


def present_link_stats(id: UUID, statistics: Statistics, experiment: Experiment) -> LinkStatsOut:
    """A link's statistics in this dialect's words."""
    return LinkStatsOut(
        **_asset("link", id, statistics),
        last_clicked_at=statistics.last_at,
        ab_test=present_ab_test(statistics, experiment),
        routing=present_routing(statistics, experiment.ways),
    )


def present_barcode_stats(id: UUID, statistics: Statistics) -> BarcodeStatsOut:
    """A barcode's statistics in this dialect's words."""
    return BarcodeStatsOut(**_asset("barcode", id, statistics), last_scanned_at=statistics.last_at)


def present_page_stats(id: UUID, statistics: Statistics) -> PageStatsOut:
    """A page's statistics in this dialect's words."""
    return PageStatsOut(**_asset("page", id, statistics), last_viewed_at=statistics.last_at)


def present_span(statistics: Statistics) -> dict[str, Any]:
    """The fields of `SpanOut`."""
    return {
        "from_": statistics.first,
        "to": statistics.last,
        "time_zone": statistics.time_zone,
        "totals": present_figures(statistics.figures),
        "all_time": present_figures(statistics.all_time),
        "days": present_days(statistics),
    }


def _asset(kind: str, id: UUID, statistics: Statistics) -> dict[str, Any]:
    return {
        **present_span(statistics),
        "id": spelled_id(kind, id),
        "hours": present_hours(statistics),
        "weekdays": present_weekdays(statistics),
        "devices": present_shares(statistics, "device"),
        "countries": present_countries(statistics),
        "regions": present_shares(statistics, "region"),
        "cities": present_shares(statistics, "city"),
        "referrers": present_shares(statistics, "referrer"),
        "browsers": present_shares(statistics, "browser"),
        "operating_systems": present_shares(statistics, "os"),
        "languages": present_shares(statistics, "language"),
        "utm": UtmSharesOut(
            source=present_shares(statistics, "utm_source"),
            medium=present_shares(statistics, "utm_medium"),
            campaign=present_shares(statistics, "utm_campaign"),
            term=present_shares(statistics, "utm_term"),
            content=present_shares(statistics, "utm_content"),
        ),
    }
