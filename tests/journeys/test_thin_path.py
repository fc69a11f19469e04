"""The whole path over real HTTP: create, scan, event, workflow, signed delivery, log."""

from __future__ import annotations

import asyncio
import json

import psycopg
from temporalio.client import Client

from tests.journeys.conftest import Studio, until


async def test_a_scan_reaches_the_receiver_signed_and_once(studio: Studio) -> None:
    code = await studio.create("https://example.com/menu")
    answer = await studio.visit(code)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://example.com/menu")
    await until(lambda: len(studio.inbox.messages) >= 2)
    await asyncio.sleep(0.5)
    assert sorted(map(str, studio.inbox.kinds())) == ["qr.created", "qr.scanned"]
    told = {str(m["type"]): m["data"] for _, m in studio.inbox.messages}
    assert told["qr.scanned"]["shortCode"] == code  # type: ignore[index]
    assert told["qr.scanned"]["device"] == "mobile"  # type: ignore[index]
    read = await studio.client.get(f"/api/v1/dynamic/{code}/")
    assert read.json()["scan_count"] == 1


async def test_a_failing_receiver_is_tried_again_and_the_log_tells(studio: Studio) -> None:
    studio.inbox.status = 503
    await studio.create("https://example.com/later")
    await until(lambda: studio.inbox.refused >= 1)
    hook = (await studio.client.get("/api/v1/webhooks/?page_size=1")).json()["results"][0]
    log = f"/api/v1/webhooks/{hook['id']}/deliveries/"

    async def recorded() -> bool:
        return bool((await studio.client.get(log)).json()["results"][0]["attempts"])

    await until(recorded)
    (pending,) = (await studio.client.get(log)).json()["results"]
    assert pending["status"] == "pending"
    assert pending["next_at"] is not None
    assert pending["attempts"][0]["status_code"] == 503
    studio.inbox.status = 204
    await until(lambda: len(studio.inbox.messages) == 1)

    async def delivered() -> bool:
        return bool((await studio.client.get(log)).json()["results"][0]["status"] == "delivered")

    await until(delivered)
    (done,) = (await studio.client.get(log)).json()["results"]
    numbers = [attempt["number"] for attempt in done["attempts"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert done["attempts"][-1]["status_code"] == 204
    assert studio.inbox.messages[0][0] == f"evt_{done['event_id'].replace('-', '')}"


async def test_an_operator_finds_the_run_by_its_organization(studio: Studio) -> None:
    await studio.create("https://example.com/found")
    await until(lambda: len(studio.inbox.messages) == 1)
    client = await Client.connect(studio.stack.temporal_address)

    with psycopg.connect(studio.stack.database_url) as connection:
        query = "SELECT organization_id, asset_id FROM event ORDER BY sequence DESC LIMIT 1"
        row = connection.execute(query).fetchone()
    assert row is not None
    wanted = f"InkOrg = '{row[0]}' AND InkAsset = '{row[1]}' AND InkEvent = 'qr.created'"

    async def found() -> bool:
        return len([run async for run in client.list_workflows(wanted)]) == 1

    await until(found)
    runs = [run async for run in client.list_workflows(wanted)]
    history = await client.get_workflow_handle(runs[0].id).fetch_history()
    assert "example.com/found" not in history.to_json()
    assert studio.inbox.secret not in history.to_json()


async def test_the_request_id_goes_through_to_the_attempt(studio: Studio) -> None:
    made = await studio.client.post(
        "/api/v1/dynamic/",
        json={"destination_url": "https://example.com/traced"},
        headers={"X-Request-Id": "trace-me-12345"},
    )
    assert made.headers["x-request-id"] == "trace-me-12345"
    await until(lambda: len(studio.inbox.messages) == 1)
    logs = studio.stack.data_dir / "logs"

    def seen() -> bool:
        return all(
            "trace-me-12345" in (logs / f"{role}.log").read_text()
            for role in ("serve", "relay", "work")
        )

    await until(seen)
    for role in ("serve", "relay", "work"):
        lines = (logs / f"{role}.log").read_text().splitlines()
        assert [line for line in lines if not line.startswith("{")] == []
        for line in lines[-50:]:
            assert isinstance(json.loads(line), dict)


async def test_no_secret_is_in_any_log(studio: Studio) -> None:
    key = studio.client.headers["X-Api-Key"]
    await studio.create("https://example.com/quiet")
    await until(lambda: len(studio.inbox.messages) == 1)
    for path in (studio.stack.data_dir / "logs").glob("*.log"):
        text = path.read_text()
        assert key not in text
        assert studio.inbox.secret not in text
