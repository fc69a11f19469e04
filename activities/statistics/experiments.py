"""A/B tests: how each variant does, whether one is better, and the end of a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from activities.links.changing import UpdateLink, update_link
from activities.permits import needs
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotNow
from activities.rules.significance import Arm, Verdict, judge
from activities.statistics.reading import ReadStatistics, read_statistics
from activities.statistics.views import Share
from activities.statistics.ways import ReadWays, Ways, read_ways
from schema.db import transaction
from schema.tables import ConversionRow

Kind = Literal["qr", "link"]

LONGEST_DAYS = 731


@dataclass(frozen=True)
class ReadExperiment:
    """The A/B test of a code or link of the actor's organization."""

    by: Actor
    kind: Kind
    id: UUID


@dataclass(frozen=True)
class ConcludeExperiment:
    """Everybody shall be led to one variant: that with `variant_id`, else the winner.

    With `version` only if the asset is still that one.
    """

    by: Actor
    kind: Kind
    id: UUID
    variant_id: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class VariantResult:
    """How a variant did: visits and visitors of people, and how many visitors converted.

    `rate` is converted of visitors; `share` of all visits, both 0 to 1.
    """

    id: str
    name: str
    destination_url: str
    weight: int
    visits: int
    uniques: int
    share: float
    converted: int
    rate: float


@dataclass(frozen=True)
class Experiment:
    """The variants in their order, and what the test says by now; no variants are no test.

    `ways` is how visits are led besides.
    """

    ways: Ways
    variants: tuple[VariantResult, ...]
    verdict: Verdict


@needs("assets.read")
async def read_experiment(command: ReadExperiment) -> Experiment:
    """How it stands, over the last two years.

    A visitor converted who reached any step after seeing the variant. Raises `NotFound`.
    """
    by = command.by
    async with transaction():
        ways = await read_ways(ReadWays(by, command.kind, command.id))
        if not ways.variants:
            return Experiment(ways, (), judge(()))
        seen = await read_statistics(
            ReadStatistics(by, command.kind, command.id, days=LONGEST_DAYS)
        )
        converted = await _converted(by, command.id)
    shares = {share.value: share for share in seen.shares.get("variant", ())}
    all_visits = sum(shares[v["id"]].visits for v in ways.variants if v["id"] in shares)
    results = tuple(
        _result(variant, shares.get(variant["id"]), converted.get(variant["id"], 0), all_visits)
        for variant in ways.variants
    )
    # Who does not want to be followed is no visitor here, and may convert all the same.
    arms = [Arm(r.id, max(r.uniques, r.converted), r.converted) for r in results if r.weight]
    return Experiment(ways, results, judge(arms))


@needs("assets.write")
async def conclude_experiment(command: ConcludeExperiment) -> None:
    """End the test: the asset leads to the variant and has none any more.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields` (`variant_id`), and `NotNow` where there
    is no test, or that of a link which the code is tied to, or no winner yet and none was named.
    """
    async with transaction():
        ways = await read_ways(ReadWays(command.by, command.kind, command.id, hold=True))
        if not ways.variants:
            raise NotNow("There is no A/B test to conclude.")
        if ways.leading_id != command.id:
            raise NotNow("This code follows a link; conclude the A/B test of that link.")
        chosen = await _winner(command) if command.variant_id is None else command.variant_id
        found = [v for v in ways.variants if v["id"] == chosen]
        if not found:
            names = ", ".join(v["id"] for v in ways.variants)
            raise InvalidFields({"variant_id": [f"Choose one of {names}."]})
        changes: dict[str, Any] = {
            "by": command.by,
            "id": command.id,
            "version": command.version,
            "destination_url": found[0]["destinationUrl"],
            "variants": (),
        }
        if command.kind == "qr":
            await update_qr_code(UpdateQrCode(**changes))
        else:
            await update_link(UpdateLink(**changes))


async def _winner(command: ConcludeExperiment) -> str:
    experiment = await read_experiment(ReadExperiment(command.by, command.kind, command.id))
    verdict = experiment.verdict
    if not verdict.may_stop or verdict.leader is None:
        raise NotNow("No variant is surely better yet; name the one that shall win, or wait.")
    return verdict.leader


async def _converted(by: Actor, source_id: UUID) -> dict[str, int]:
    """Visitors who converted, by the variant that they saw."""
    query = (
        select(col(ConversionRow.variant), func.count(func.distinct(col(ConversionRow.visitor))))
        .where(
            ConversionRow.source_id == source_id,
            ConversionRow.organization_id == by.organization_id,
            col(ConversionRow.variant).is_not(None),
        )
        .group_by(col(ConversionRow.variant))
    )
    async with transaction() as session:
        return {str(variant): count for variant, count in (await session.execute(query)).all()}


def _result(
    variant: Mapping[str, Any], share: Share | None, converted: int, all_visits: int
) -> VariantResult:
    visits, uniques = (share.visits, share.uniques) if share else (0, 0)
    seen = max(uniques, converted)
    return VariantResult(
        id=variant["id"],
        name=variant["name"],
        destination_url=variant["destinationUrl"],
        weight=variant["weight"],
        visits=visits,
        uniques=uniques,
        share=visits / all_visits if all_visits else 0.0,
        converted=converted,
        rate=converted / seen if seen else 0.0,
    )
