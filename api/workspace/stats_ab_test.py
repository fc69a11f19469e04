"""How the variants of an A/B test do."""

from __future__ import annotations

from pydantic import Field

from activities.rules.experiments import LARGEST_WEIGHT
from activities.statistics.views import Share, Statistics
from activities.statistics.ways import Ways
from api.scalars import Out
from api.shares import known, none_of
from api.workspace.stats_shapes import PartOut, part


class VariantStatsOut(PartOut):
    """One variant; its share is that of the visits to all variants there are."""

    id: str = Field(description="by which scans know it", examples=["v1"])
    name: str = Field(description="what it is called", examples=["A"])
    destination_url: str = Field(
        description="where it leads", examples=["https://example.com/welcome"]
    )
    weight: int = Field(
        ge=0,
        le=LARGEST_WEIGHT,
        description="its share of the visitors over the sum of all weights",
        examples=[50],
    )


class AbTestOut(Out):
    """The variants that there are now, and what is left of the visits."""

    variants: list[VariantStatsOut] = Field(description="in their order")
    former_total: int = Field(
        description="visits that were led by variants which there are no more", examples=[0]
    )
    untested_total: int = Field(
        description="visits that no variant led: those before the test, or led by a rule",
        examples=[12],
    )


def present_ab_test(statistics: Statistics, ways: Ways) -> AbTestOut | None:
    """The test in this dialect's words; None where there are no variants."""
    if not ways.variants:
        return None
    shares = known(statistics, "variant")
    untested = shares.pop(None, none_of(None))
    mine: list[Share] = [
        shares.pop(variant["id"], none_of(variant["id"])) for variant in ways.variants
    ]
    tested = sum(share.visits for share in mine)
    return AbTestOut(
        variants=[
            VariantStatsOut(
                id=variant["id"],
                name=variant["name"],
                destination_url=variant["destinationUrl"],
                weight=variant["weight"],
                **part(share, tested),
            )
            for variant, share in zip(ways.variants, mine, strict=True)
        ],
        former_total=sum(share.visits for share in shares.values()),
        untested_total=untested.visits,
    )
