"""`/api/{qr,links}/{id}/ab-test/conclude`, and what statistics tell of an A/B test before."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from activities.rules.spelling import prefixed
from activities.statistics.experiments import Kind
from activities.statistics.rolling import RollUp, roll_up
from tests.api.conftest import Client, Tenant
from tests.api.traffic import COLLECTIONS, PREFIXES, actor_of, told
from tests.builders.ab_tests import a_tested
from tests.builders.links import A, B
from tests.builders.qr_codes import a_dynamic
from tests.builders.visits import a_link

PHONE = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "DNT": "1",
}
"""Somebody who is nobody we know: each visit is that of another visitor."""

ALIKE = {"A": 0.2, "B": 0.2}
B_WINS = {"A": 0.05, "B": 0.4}

KINDS = pytest.mark.parametrize("kind", ["qr", "link"])


async def a_path(
    tenant: Tenant, kind: Kind, converting: dict[str, float], visitors: int = 300
) -> str:
    """The path of a code or link whose visitors converted at these rates; `/tested` visits it."""
    slug = {"short_code" if kind == "qr" else "slug": "tested"}
    id_ = await a_tested(await actor_of(tenant), kind, converting, visitors, **slug)
    return f"/api/{COLLECTIONS[kind]}/{prefixed(PREFIXES[kind], id_)}"


async def concluded(
    client: Client, tenant: Tenant, path: str, variant: str | None = None, tag: str | None = None
) -> httpx.Response:
    headers = {**tenant.workspace, **({"If-Match": tag} if tag else {})}
    body = {} if variant is None else {"variantId": variant}
    return await client.post(f"{path}/ab-test/conclude", json=body, headers=headers)


async def the_test(client: Client, tenant: Tenant, path: str, **query: Any) -> Any:
    """What statistics tell of it."""
    return (await told(client, f"{path}/stats", tenant.workspace, **query))["abTest"]


async def visited(client: Client, kind: Kind) -> set[str]:
    """Where 30 visits lead: to both variants, if it is left to chance."""
    path = "/q/tested" if kind == "qr" else "/tested"
    met = [await client.get(path, headers=PHONE) for _ in range(30)]
    return {answer.headers["location"] for answer in met}


@KINDS
async def test_a_winner_is_named(client: Client, tenant: Tenant, kind: Kind) -> None:
    path = await a_path(tenant, kind, B_WINS)
    loser, _ = (await the_test(client, tenant, path))["variants"]
    answer = await concluded(client, tenant, path, loser["id"])
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"'), answer.text
    assert answer.json()["destinationUrl"] == A["destinationUrl"]
    assert answer.json()["variants"] == []
    assert answer.json() == await told(client, path, tenant.workspace)
    assert await the_test(client, tenant, path) is None


@KINDS
async def test_a_sure_test_needs_no_name(client: Client, tenant: Tenant, kind: Kind) -> None:
    path = await a_path(tenant, kind, B_WINS)
    answer = await concluded(client, tenant, path)
    assert answer.status_code == 200, answer.text
    assert answer.json()["destinationUrl"] == B["destinationUrl"]


@KINDS
async def test_visits_go_to_the_winner_from_then_on(
    client: Client, tenant: Tenant, kind: Kind
) -> None:
    path = await a_path(tenant, kind, B_WINS)
    assert await visited(client, kind) == {A["destinationUrl"], B["destinationUrl"]}
    assert (await concluded(client, tenant, path)).status_code == 200
    assert await visited(client, kind) == {B["destinationUrl"]}


@KINDS
async def test_an_unsure_test_has_no_winner(client: Client, tenant: Tenant, kind: Kind) -> None:
    path = await a_path(tenant, kind, ALIKE, 60)
    answer = await concluded(client, tenant, path)
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "No variant is surely better yet; name the one that shall win, or wait.",
        "code": "NOT_NOW",
    }
    assert len((await the_test(client, tenant, path))["variants"]) == 2


@KINDS
@pytest.mark.parametrize("variant", ["v9", ""])
async def test_a_variant_that_there_is_not_cannot_win(
    client: Client, tenant: Tenant, kind: Kind, variant: str
) -> None:
    path = await a_path(tenant, kind, B_WINS)
    ids = [each["id"] for each in (await the_test(client, tenant, path))["variants"]]
    answer = await concluded(client, tenant, path, variant)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED"), answer.text
    assert answer.json()["fields"] == {"variantId": [f"Choose one of {ids[0]}, {ids[1]}."]}
    assert len((await the_test(client, tenant, path))["variants"]) == 2


@KINDS
@pytest.mark.parametrize("variant", [None, "v1"])
async def test_what_has_no_variants_has_no_end(
    client: Client, tenant: Tenant, kind: Kind, variant: str | None
) -> None:
    by = await actor_of(tenant)
    made = await (a_dynamic if kind == "qr" else a_link)(by)
    path = f"/api/{COLLECTIONS[kind]}/{prefixed(PREFIXES[kind], made.id)}"
    answer = await concluded(client, tenant, path, variant)
    assert answer.status_code == 409
    assert answer.json() == {"error": "There is no A/B test to conclude.", "code": "NOT_NOW"}


@KINDS
async def test_who_read_an_older_version_ends_nothing(
    client: Client, tenant: Tenant, kind: Kind
) -> None:
    path = await a_path(tenant, kind, B_WINS)
    renamed = await client.patch(path, json={"name": "Newer"}, headers=tenant.workspace)
    assert renamed.headers["etag"] == '"2"'
    stale = await concluded(client, tenant, path, tag='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_MISMATCH")
    assert len((await the_test(client, tenant, path))["variants"]) == 2
    current = await concluded(client, tenant, path, tag='"2"')
    assert (current.status_code, current.headers["etag"]) == (200, '"3"')


@KINDS
async def test_a_test_of_somebody_else_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant, kind: Kind
) -> None:
    path = await a_path(tenant, kind, B_WINS)
    refused = await concluded(client, stranger, path)
    wrong = await concluded(client, tenant, f"{path[: path.index('_') + 1]}{'0' * 32}")
    assert (refused.status_code, wrong.status_code) == (404, 404)
    assert refused.json() == wrong.json()
    assert len((await the_test(client, tenant, path))["variants"]) == 2


@KINDS
async def test_statistics_tell_who_converted_and_who_leads(
    client: Client, tenant: Tenant, kind: Kind
) -> None:
    path = await a_path(tenant, kind, B_WINS)
    test = await the_test(client, tenant, path)
    assert sum(variant["total"] for variant in test["variants"]) == 300
    for variant in test["variants"]:
        converted = int(variant["total"] * B_WINS[variant["name"]])
        assert variant["converted"] == converted
        assert variant["conversionRate"] == round(converted / variant["unique"], 4)
    assert test["leader"] == test["variants"][1]["id"]
    assert 0.95 <= test["confidence"] <= 1
    assert test["mayStop"] is True
    await roll_up(RollUp())
    assert await the_test(client, tenant, path) == test


@KINDS
async def test_a_test_is_told_of_as_a_whole_whatever_days_are_asked_for(
    client: Client, tenant: Tenant, kind: Kind
) -> None:
    path = await a_path(tenant, kind, B_WINS)
    now = await the_test(client, tenant, path, days=1)
    before = await the_test(client, tenant, path, **{"from": "2026-10-01", "to": "2026-10-02"})
    assert [variant["total"] for variant in before["variants"]] == [0, 0]
    for name in ("converted", "conversionRate"):
        told_now, told_before = ([v[name] for v in test["variants"]] for test in (now, before))
        assert told_before == told_now
        assert all(told_before)
    for name in ("leader", "confidence", "mayStop"):
        assert before[name] == now[name]


@KINDS
async def test_an_unsure_test_may_not_be_stopped(
    client: Client, tenant: Tenant, kind: Kind
) -> None:
    test = await the_test(client, tenant, await a_path(tenant, kind, ALIKE, 60))
    assert test["leader"] in [variant["id"] for variant in test["variants"]]
    assert 0 <= test["confidence"] < 0.95
    assert test["mayStop"] is False


@KINDS
async def test_a_test_that_few_went_through_says_nothing(
    client: Client, tenant: Tenant, kind: Kind
) -> None:
    test = await the_test(client, tenant, await a_path(tenant, kind, ALIKE, 20))
    assert sum(variant["converted"] for variant in test["variants"]) > 0
    said = {name: test[name] for name in ("leader", "confidence", "mayStop")}
    assert said == {"leader": None, "confidence": None, "mayStop": False}
