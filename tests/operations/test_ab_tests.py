"""A/B tests of codes and links: what they say, and how they end."""

from __future__ import annotations

import pytest

from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.errors import InvalidFields, NotFound, NotNow, VersionMismatch
from activities.rules.significance import Verdict
from activities.statistics.experiments import (
    ConcludeExperiment,
    ReadExperiment,
    conclude_experiment,
    read_experiment,
)
from tests.builders.ab_tests import a_tested
from tests.builders.links import A, B
from tests.builders.qr_codes import a_dynamic
from tests.builders.tenants import a_tenant
from tests.builders.visits import a_link, led_to, scan

pytestmark = pytest.mark.usefixtures("database", "world")


async def test_visitors_who_convert_are_counted_for_the_variant_that_they_saw() -> None:
    by = await a_tenant()
    code = await a_tested(by, "qr", {"A": 0.1, "B": 0.4})
    experiment = await read_experiment(ReadExperiment(by, "qr", code))
    first, second = experiment.variants
    assert first.visits + second.visits == first.uniques + second.uniques == 300
    assert first.share + second.share == pytest.approx(1)
    assert first.converted == int(first.visits * 0.1)
    assert second.converted == int(second.visits * 0.4)
    assert first.rate == first.converted / first.visits
    assert (experiment.verdict.leader, experiment.verdict.may_stop) == (second.id, True)


async def test_a_sure_test_is_concluded_for_its_winner() -> None:
    by = await a_tenant()
    code = await a_tested(by, "qr", {"A": 0.4, "B": 0.05})
    await conclude_experiment(ConcludeExperiment(by, "qr", code))
    concluded = await read_qr_code(ReadQrCode(by, id=code))
    assert (concluded.destination_url, concluded.variants) == (A["destinationUrl"], ())
    assert (await read_experiment(ReadExperiment(by, "qr", code))).variants == ()


async def test_an_open_test_is_concluded_for_the_variant_that_is_named() -> None:
    by = await a_tenant()
    code = await a_tested(by, "qr", {"A": 0.2, "B": 0.2}, 60)
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
    experiment = await read_experiment(ReadExperiment(by, "qr", plain))
    assert (experiment.variants, experiment.verdict) == ((), Verdict(None, None, may_stop=False))
    with pytest.raises(NotNow):
        await conclude_experiment(ConcludeExperiment(by, "qr", plain))


async def test_the_test_of_a_link_does_not_end_at_a_code_that_follows_it() -> None:
    by = await a_tenant()
    link = await a_link(by, variants=(A, B))
    code = await a_dynamic(by, destination_url=None, link_id=link.id)
    assert len((await read_experiment(ReadExperiment(by, "qr", code.id))).variants) == 2
    with pytest.raises(NotNow, match="of that link"):
        await conclude_experiment(ConcludeExperiment(by, "qr", code.id, "v2"))
    await conclude_experiment(ConcludeExperiment(by, "link", link.id, "v2"))
    assert led_to(await scan(code.short_code)) == B["destinationUrl"]
