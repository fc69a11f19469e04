"""A/B tests of codes and links: what they say, and how they end."""

from __future__ import annotations

from uuid import UUID

import pytest

from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NotNow, VersionMismatch
from activities.rules.experiments import choose, roll_of
from activities.statistics.experiments import (
    ConcludeExperiment,
    ReadExperiment,
    conclude_experiment,
    read_experiment,
)
from activities.visits.conversions import RecordConversion, record_conversion
from tests.builders.links import A, B
from tests.builders.qr_codes import a_dynamic
from tests.builders.scans import a_visit, found, write
from tests.builders.tenants import a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")


async def a_tested_code(by: Actor, converting: dict[str, float], visitors: int = 300) -> UUID:
    """A code whose visitors convert at these rates, by the name of the variant they saw."""
    code = await a_dynamic(by, variants=(A, B))
    asset = await found("qr", code.id)
    seen = {variant["id"]: 0 for variant in asset.variants}
    scans = []
    for number in range(visitors):
        visitor = UUID(int=number, version=4)
        variant = choose(asset.variants, roll_of(str(visitor), asset.id))
        seen[variant["id"]] += 1
        scans.append(a_visit(asset, variant=variant["id"], visitor_id=number))
        rate = converting[variant["name"]]
        if int(seen[variant["id"]] * rate) > int((seen[variant["id"]] - 1) * rate):
            await record_conversion(
                RecordConversion(by.organization_id, "qr", code.id, "bought", visitor=visitor)
            )
    await write(scans)
    return code.id


async def test_visitors_who_convert_are_counted_for_the_variant_that_they_saw() -> None:
    by = await a_tenant()
    code = await a_tested_code(by, {"A": 0.1, "B": 0.4})
    experiment = await read_experiment(ReadExperiment(by, "qr", code))
    assert experiment is not None
    first, second = experiment.variants
    assert first.visits + second.visits == first.uniques + second.uniques == 300
    assert first.share + second.share == pytest.approx(1)
    assert first.rate == pytest.approx(0.1, abs=0.01)
    assert second.rate == pytest.approx(0.4, abs=0.01)
    assert (experiment.verdict.leader, experiment.verdict.may_stop) == (second.id, True)


async def test_a_sure_test_is_concluded_for_its_winner() -> None:
    by = await a_tenant()
    code = await a_tested_code(by, {"A": 0.4, "B": 0.05})
    await conclude_experiment(ConcludeExperiment(by, "qr", code))
    concluded = await read_qr_code(ReadQrCode(by, id=code))
    assert (concluded.destination_url, concluded.variants) == (A["destinationUrl"], ())
    assert await read_experiment(ReadExperiment(by, "qr", code)) is None


async def test_an_open_test_is_concluded_for_the_variant_that_is_named() -> None:
    by = await a_tenant()
    code = await a_tested_code(by, {"A": 0.2, "B": 0.2}, 60)
    for refused, fault in (
        (ConcludeExperiment(by, "qr", code), NotNow),
        (ConcludeExperiment(by, "qr", code, "v9"), InvalidFields),
        (ConcludeExperiment(by, "qr", code, "v2", version=7), VersionMismatch),
        (ConcludeExperiment(await a_tenant("other"), "qr", code, "v2"), NotFound),
    ):
        with pytest.raises(fault):
            await conclude_experiment(refused)
    await conclude_experiment(ConcludeExperiment(by, "qr", code, "v2", version=1))
    assert (await read_qr_code(ReadQrCode(by, id=code))).destination_url == B["destinationUrl"]


async def test_what_is_not_tested_has_no_results_and_no_end() -> None:
    by = await a_tenant()
    plain = (await a_dynamic(by)).id
    assert await read_experiment(ReadExperiment(by, "qr", plain)) is None
    with pytest.raises(NotNow):
        await conclude_experiment(ConcludeExperiment(by, "qr", plain))
