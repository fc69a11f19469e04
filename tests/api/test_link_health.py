"""`/api/links/{id}/health`: how the destination is, and a look on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from activities.gateways.clock import FixedClock
from activities.health.checking import CheckOneLink, check_one_link
from activities.rules.spelling import unprefixed
from tests.api.conftest import Client, Tenant
from tests.builders.health import a_pass, page
from tests.fakes.listener import Names, answering, listening

MONITORED = {"enabled": True, "intervalMinutes": 5}


async def a_link(client: Client, tenant: Tenant, url: str, **more: Any) -> Mapping[str, Any]:
    body = {"destinationUrl": url, **more}
    answer = await client.post("/api/links", json=body, headers=tenant.workspace)
    assert answer.status_code == 201
    found: Mapping[str, Any] = answer.json()
    return found


async def health(client: Client, tenant: Tenant, id_: str) -> Mapping[str, Any]:
    answer = await client.get(f"/api/links/{id_}/health", headers=tenant.workspace)
    assert answer.status_code == 200
    found: Mapping[str, Any] = answer.json()
    return found


async def test_a_monitored_link_tells_its_state_and_history(
    client: Client, tenant: Tenant, names: Names, clock: FixedClock
) -> None:
    names.answers = [["127.0.0.1"]]
    async with listening(answering(page(200))) as site:
        url = f"http://shop.example.com:{site.port}/"
        link = await a_link(client, tenant, url, healthCheck=MONITORED)
        before = await health(client, tenant, link["id"])
        assert (before["state"], before["isMonitored"], before["checks"]["items"]) == (
            *("unknown", True),
            [],
        )
        await a_pass(clock)
        after = await health(client, tenant, link["id"])
        site.handler = answering(page(302, "Location: /\r\n"))
        for _ in range(3):
            await a_pass(clock, 1440)
    assert (after["state"], after["failures"], after["reason"]) == ("healthy", 0, None)
    assert after["intervalMinutes"] == 1440, "the free plan looks once a day"
    (look,) = after["checks"]["items"]
    assert (look["status"], look["outcome"], look["method"]) == (200, "well", "HEAD")
    assert look["phases"]["firstByte"] > 0
    assert look["phases"]["tls"] is None
    assert (await health(client, tenant, link["id"]))["state"] == "failing"


@pytest.mark.parametrize("filter", ["health_monitored", "health_failing"])
async def test_lists_and_their_totals_know_what_is_failing(
    client: Client, tenant: Tenant, names: Names, clock: FixedClock, filter: str
) -> None:
    names.answers = [["127.0.0.9"]]
    link = await a_link(client, tenant, "http://down.example.com:4430/", healthCheck=MONITORED)
    await a_link(client, tenant, "https://example.com/plain")
    for _ in range(3):
        await a_pass(clock, 1440)
    query = {"filter": filter}
    answer = await client.get("/api/links", params=query, headers=tenant.workspace)
    (found,) = answer.json()["items"]
    assert (found["id"], found["health"]) == (link["id"], "failing")
    summary = answer.json()["summary"]
    assert (summary["healthMonitored"], summary["healthFailing"]) == (1, 1)


async def test_a_look_on_demand_is_a_job_whose_result_is_at_the_status_url(
    client: Client, tenant: Tenant, names: Names
) -> None:
    names.answers = [["127.0.0.1"]]
    async with listening(answering(page(200))) as site:
        link = await a_link(client, tenant, f"http://shop.example.com:{site.port}/")
        path = f"/api/links/{link['id']}/health-check"
        answer = await client.post(path, headers=tenant.workspace)
        assert answer.status_code in (202, 503), "503 where Temporal is away"
        id_ = unprefixed("lnk", link["id"])
        assert id_ is not None
        await check_one_link(CheckOneLink(id_))
    after = await health(client, tenant, link["id"])
    assert (after["state"], after["isMonitored"]) == ("healthy", False)
    assert after["nextCheckAt"] is None


async def test_another_tenants_link_is_not_found(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    link = await a_link(client, tenant, "https://example.com/a")
    for method, path in (("GET", "health"), ("POST", "health-check")):
        url = f"/api/links/{link['id']}/{path}"
        answer = await client.request(method, url, headers=stranger.workspace)
        assert answer.status_code == 404
