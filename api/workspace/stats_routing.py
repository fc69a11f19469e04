"""Which rules led how many visits."""

from __future__ import annotations

from pydantic import Field

from activities.statistics.views import Statistics
from activities.statistics.ways import Ways
from api.scalars import Out
from api.shares import known, none_of
from api.workspace.stats_shapes import PartOut, part


class RuleStatsOut(PartOut):
    """One rule; its share is that of all visits."""

    id: str = Field(description="by which scans know it", examples=["r1"])
    name: str = Field(description="what it is called", examples=["Germany"])
    destination_url: str = Field(
        description="where it leads", examples=["https://example.com/willkommen"]
    )


class RoutingOut(Out):
    """The rules that there are now, and what is left of the visits."""

    rules: list[RuleStatsOut] = Field(description="in their order")
    unmatched: PartOut = Field(description="visits that no rule matched, or before there were any")
    former_total: int = Field(
        description="visits that were led by rules which there are no more", examples=[0]
    )


def present_routing(statistics: Statistics, ways: Ways) -> RoutingOut | None:
    """The rules in this dialect's words; None where there are none."""
    if not ways.rules:
        return None
    shares, whole = known(statistics, "rule"), statistics.figures.visits
    unmatched = shares.pop(None, none_of(None))
    rules = [
        RuleStatsOut(
            id=rule["id"],
            name=rule["name"],
            destination_url=rule["destinationUrl"],
            **part(shares.pop(rule["id"], none_of(rule["id"])), whole),
        )
        for rule in ways.rules
    ]
    return RoutingOut(
        rules=rules,
        unmatched=PartOut(**part(unmatched, whole)),
        former_total=sum(share.visits for share in shares.values()),
    )
