"""How the variants of an A/B test do, and whether one of them is better."""

from __future__ import annotations

from pydantic import Field

from activities.rules.experiments import LARGEST_WEIGHT
from activities.rules.significance import FEWEST_CONVERSIONS, SURE
from activities.statistics.experiments import Experiment, VariantResult
from activities.statistics.views import Share, Statistics
from api.scalars import Out
from api.shares import known, none_of
from api.workspace.stats_shapes import PartOut, part

_WHOLE = "over the whole test, whatever `days` says"
_UNKNOWN = (
    f"null until two variants had visitors and {FEWEST_CONVERSIONS} of all visitors converted"
)
_ANY_TIME = "It is that of an always-valid sequential test: one may look at any time"


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
    converted: int = Field(
        ge=0,
        description=f"how many visitors converted who were led to it: {_WHOLE}",
        examples=[96],
    )
    conversion_rate: float = Field(
        ge=0,
        le=1,
        description=f"the part of its unique visitors who converted, from 0 to 1: {_WHOLE}",
        examples=[0.0599],
    )


class AbTestOut(Out):
    """The variants that there are now, what is left of the visits, and what the test says.

    However often one looks, at most one of twenty tests of equal variants ever may be stopped.
    """

    variants: list[VariantStatsOut] = Field(description="in their order")
    former_total: int = Field(
        description="visits that were led by variants which there are no more", examples=[0]
    )
    untested_total: int = Field(
        description="visits that no variant led: those before the test, or led by a rule",
        examples=[12],
    )
    leader: str | None = Field(
        description="id of the variant with the best conversion rate, of those that are not "
        f"paused: {_WHOLE}; {_UNKNOWN}. {_ANY_TIME}",
        examples=["v2"],
    )
    confidence: float | None = Field(
        ge=0,
        le=1,
        description="how sure it is that the leader is better than every other variant, from 0 to "
        f"1: {_WHOLE}; {_UNKNOWN}. {_ANY_TIME}",
        examples=[0.9731],
    )
    may_stop: bool = Field(
        description="whether the leader may be called the winner, which takes a confidence of "
        f"{SURE}: {_WHOLE}. {_ANY_TIME}, and stop as soon as this is true",
        examples=[True],
    )


def present_ab_test(statistics: Statistics, experiment: Experiment) -> AbTestOut | None:
    """The test in this dialect's words; None where there are no variants."""
    if not experiment.variants:
        return None
    shares = known(statistics, "variant")
    untested = shares.pop(None, none_of(None))
    mine = [shares.pop(each.id, none_of(each.id)) for each in experiment.variants]
    tested = sum(share.visits for share in mine)
    return AbTestOut(
        variants=[
            _variant(result, share, tested)
            for result, share in zip(experiment.variants, mine, strict=True)
        ],
        former_total=sum(share.visits for share in shares.values()),
        untested_total=untested.visits,
        leader=experiment.verdict.leader,
        confidence=experiment.verdict.confidence,
        may_stop=experiment.verdict.may_stop,
    )


def _variant(result: VariantResult, share: Share, tested: int) -> VariantStatsOut:
    return VariantStatsOut(
        id=result.id,
        name=result.name,
        destination_url=result.destination_url,
        weight=result.weight,
        converted=result.converted,
        conversion_rate=round(result.rate, 4),
        **part(share, tested),
    )
