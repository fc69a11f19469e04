"""`/api/org/{orgId}/notifications`: what a member was told, and how they want to hear of what."""

from __future__ import annotations

from uuid import UUID

import pytest

from activities.notices.telling import Notify, notify
from tests.api.conftest import Client, Tenant
from tests.builders.notices import LOW


async def tell(tenant: Tenant, key: str = "low") -> None:
    home = UUID(tenant.organization.removeprefix("org_"))
    item = UUID(int=7)
    await notify(Notify(home, "stock_low", key, LOW, "item", item))


def at(tenant: Tenant, rest: str = "") -> str:
    return f"/api/org/{tenant.organization}/notifications{rest}"


async def test_a_member_reads_what_was_told_and_marks_it(client: Client, tenant: Tenant) -> None:
    await tell(tenant)
    listed = await client.get(at(tenant), headers=tenant.workspace)
    assert listed.status_code == 200, listed.text
    (item,) = listed.json()["items"]
    assert item["title"] == "Mugs runs low: 3 left"
    assert (item["kind"], item["topic"], item["words"]) == ("stock_low", "stock", LOW)
    assert item["assetId"] == f"inv_{UUID(int=7).hex}"
    assert item["readAt"] is None
    assert listed.json()["summary"] == {"unread": 1}
    body = {"ids": [item["id"]]}
    marked = await client.post(at(tenant, "/read"), json=body, headers=tenant.workspace)
    assert (marked.status_code, marked.json()) == (200, {"marked": 1, "unread": 0})
    left = await client.get(at(tenant, "?unread=true"), headers=tenant.workspace)
    assert (left.json()["items"], left.json()["total"]) == ([], 0)


async def test_pages_follow_each_other_by_their_cursors(client: Client, tenant: Tenant) -> None:
    for n in range(3):
        await tell(tenant, f"low {n}")
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = await client.get(at(tenant, f"?pageSize=1{cursor}"), headers=tenant.workspace)
        seen += [item["id"] for item in page.json()["items"]]
        cursor = f"&cursor={page.json()['nextCursor']}"
    assert len(set(seen)) == 3
    assert page.json()["nextCursor"] is None


async def test_all_until_a_time_are_marked(client: Client, tenant: Tenant) -> None:
    await tell(tenant)
    body = {"until": "2026-11-21T12:00:00Z"}
    marked = await client.post(at(tenant, "/read"), json=body, headers=tenant.workspace)
    assert marked.json() == {"marked": 1, "unread": 0}


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": ["x"]}, {"ids": None}, {"until": "now"}, {"all": True}, []],
)
async def test_a_wrong_body_is_refused(client: Client, tenant: Tenant, body: object) -> None:
    answer = await client.post(at(tenant, "/read"), json=body, headers=tenant.workspace)
    assert answer.status_code == 400, answer.text


async def test_a_stranger_finds_nothing(client: Client, tenant: Tenant, stranger: Tenant) -> None:
    await tell(tenant)
    for rest in ("", "/preferences"):
        answer = await client.get(at(tenant, rest), headers=stranger.workspace)
        assert answer.status_code == 404
    mine = await client.get(at(stranger), headers=stranger.workspace)
    assert mine.json()["items"] == []


async def test_preferences_are_read_and_changed(client: Client, tenant: Tenant) -> None:
    path = at(tenant, "/preferences")
    before = (await client.get(path, headers=tenant.workspace)).json()
    assert (before["timeZone"], before["digestAt"]) == ("Etc/UTC", "08:00")
    assert before["quietHours"] is None
    body = {
        "timeZone": "Asia/Kathmandu",
        "digestAt": "06:45",
        "quietHours": {"start": "22:00", "end": "07:00"},
        "topics": [{"topic": "alerts", "mail": "daily"}, {"topic": "stock", "inApp": False}],
    }
    changed = await client.patch(path, json=body, headers=tenant.workspace)
    assert changed.status_code == 200, changed.text
    after = changed.json()
    assert {name: after[name] for name in ("timeZone", "digestAt", "quietHours")} == {
        name: body[name] for name in ("timeZone", "digestAt", "quietHours")
    }
    topics = {topic["topic"]: topic for topic in after["topics"]}
    assert topics["alerts"]["mail"] == "daily"
    assert topics["stock"]["inApp"] is False
    assert topics["stock"]["mails"] == ["daily", "never"]
    assert topics["weekly_digest"]["canShow"] is False
    ended = await client.patch(path, json={"quietHours": None}, headers=tenant.workspace)
    assert ended.json()["quietHours"] is None
    assert ended.json()["digestAt"] == "06:45"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"digestAt": "24:00"}, "digestAt"),
        ({"digestAt": "8:00"}, "digestAt"),
        ({"quietHours": {"start": "08:00", "end": "08:00"}}, "quietHours"),
        ({"quietHours": {"start": "08:00"}}, "quietHours.end"),
        ({"topics": [{"topic": "nothing"}]}, "topics.0.topic"),
        ({"topics": [{"topic": "trial", "mail": "daily"}]}, "topics.trial.mail"),
        ({"topics": [{"topic": "trial"}, {"topic": "trial"}]}, "topics"),
        ({"volume": 11}, "volume"),
    ],
)
async def test_a_wrong_preference_is_named(
    client: Client, tenant: Tenant, body: object, field: str
) -> None:
    answer = await client.patch(at(tenant, "/preferences"), json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field]), answer.text


async def test_a_write_from_another_site_is_refused(client: Client, tenant: Tenant) -> None:
    headers = {**tenant.workspace, "Origin": "https://evil.example"}
    for method, rest in (("POST", "/read"), ("PATCH", "/preferences")):
        answer = await client.request(method, at(tenant, rest), json={}, headers=headers)
        assert answer.status_code == 403
