"""`/api/qr/{id}/health`: how what a code leads to is, and a look on demand."""

from __future__ import annotations

from typing import Any

import pytest

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant
from tests.builders.health import a_pass, page
from tests.fakes.listener import Names, answering, listening

MONITORED = {"enabled": True, "intervalMinutes": 5}


async def made(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/qr", json=more, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_monitored_code_tells_its_state_and_history(
    client: Client, tenant: Tenant, names: Names, clock: FixedClock
) -> None:
    names.answers = [["127.0.0.1"]]
    async with listening(answering(page(200))) as site:
        url = f"http://shop.example.com:{site.port}/"
        code = await made(client, tenant, destinationUrl=url, healthCheck=MONITORED)
        await a_pass(clock)
    assert (code["healthCheck"], code["health"]) == (MONITORED, "unknown")
    path = f"/api/qr/{code['id']}"
    health = (await client.get(f"{path}/health", headers=tenant.workspace)).json()
    assert (health["qrId"], health["state"], health["isMonitored"]) == (code["id"], "healthy", True)
    (destination,) = health["destinations"]
    assert (destination["url"], destination["state"]) == (url, "healthy")
    (look,) = health["checks"]["items"]
    assert (look["url"], look["status"]) == (url, 200)
    listed = await client.get(
        "/api/qr", params={"filter": "health_monitored"}, headers=tenant.workspace
    )
    assert [one["id"] for one in listed.json()["items"]] == [code["id"]]
    assert listed.json()["summary"]["healthMonitored"] == 1
    off = await client.patch(path, json={"healthCheck": None}, headers=tenant.workspace)
    assert (off.json()["healthCheck"], off.json()["health"]) == (None, "unknown")


async def test_a_look_on_demand_is_a_job(client: Client, tenant: Tenant) -> None:
    code = await made(client, tenant, destinationUrl="https://example.com/a")
    path = f"/api/qr/{code['id']}/health-check"
    answer = await client.post(path, headers=tenant.workspace)
    assert answer.status_code in (202, 503), "503 where Temporal is away"
    runs = await client.get(f"/api/org/{tenant.organization}/runs", headers=tenant.workspace)
    (run,) = runs.json()["items"]
    assert (run["kind"], run["subjectId"]) == ("code_check", code["id"])
    assert run["resultUrl"].endswith(f"/api/qr/{code['id']}/health")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"type": "TEXT", "content": {"text": "hi"}, "healthCheck": MONITORED}, "healthCheck"),
        (
            {"destinationUrl": "https://a.example", "healthCheck": {"enabled": True, "x": 1}},
            "healthCheck.x",
        ),
    ],
)
async def test_a_wrong_wish_is_refused(
    client: Client, tenant: Tenant, more: dict[str, Any], field: str
) -> None:
    answer = await client.post("/api/qr", json=more, headers=tenant.workspace)
    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {field}
