"""`/api/qr`: codes changed, copied, put away and listed, as the dashboard does it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant

QR = "/api/qr"
HOME = "https://example.com/a"
NOON = "2026-11-21T12:00:00.000Z"
SOME = "0" * 32
FULL: dict[str, Any] = {
    "name": "Menu",
    "description": "At the bar",
    "destinationUrl": HOME,
    "shortCode": "menu-24",
    "tags": ["summer", "bar"],
    "style": {"foreground": "#123456", "frame": None, "scale": 1.5},
    "variants": [
        {"id": "v1", "name": "A", "destinationUrl": "https://a.example", "weight": 1},
        {"id": "v2", "name": "B", "destinationUrl": "https://b.example", "weight": 3},
    ],
    "startsAt": "2026-12-01T00:00:00.000Z",
    "expiresAt": "2026-12-31T00:00:00.000Z",
    "scanLimit": 10,
    "expiredUrl": "https://example.com/over",
    "isActive": False,
}


async def make(client: Client, tenant: Tenant, **body: Any) -> dict[str, Any]:
    made = await client.post(QR, json={"destinationUrl": HOME, **body}, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    code: dict[str, Any] = made.json()
    return code


async def change(
    client: Client, tenant: Tenant, code: dict[str, Any], tag: str = "", **body: Any
) -> Any:
    headers = {**tenant.workspace, **({"If-Match": tag} if tag else {})}
    return await client.patch(f"{QR}/{code['id']}", json=body, headers=headers)


async def names(client: Client, tenant: Tenant, query: str = "") -> list[str]:
    answer = await client.get(f"{QR}?{query}", headers=tenant.workspace)
    assert answer.status_code == 200, answer.text
    return [code["name"] for code in answer.json()["items"]]


async def test_all_fields_come_back(client: Client, tenant: Tenant) -> None:
    code = await make(client, tenant, **FULL, password="open sesame")
    assert code == {
        **FULL,
        "id": code["id"],
        "type": "URL",
        "isDynamic": True,
        "shortUrl": "https://ink.test/q/menu-24",
        "payload": "https://ink.test/q/menu-24",
        "imageUrl": f"/api/qr/{code['id']}/image",
        "content": None,
        "hasPassword": True,
        "linkId": None,
        "link": None,
        "healthCheck": None,
        "health": "unknown",
        "workspaceId": code["workspaceId"],
        "folderId": None,
        "folderName": None,
        "scanCount": 0,
        "uniqueCount": 0,
        "lastScannedAt": None,
        "version": 1,
        "createdAt": NOON,
        "updatedAt": NOON,
        "archivedAt": None,
        "deletedAt": None,
    }


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"name": None}, {"name": ""}),
        ({"description": None}, {"description": ""}),
        ({"tags": None}, {"tags": []}),
        ({"style": None}, {"style": {}}),
        ({"variants": None}, {"variants": []}),
        ({"startsAt": None}, {"startsAt": None}),
        ({"expiresAt": None}, {"expiresAt": None}),
        ({"scanLimit": None}, {"scanLimit": None}),
        ({"expiredUrl": None}, {"expiredUrl": None}),
        ({"password": None}, {"hasPassword": False}),
        ({"isActive": True}, {"isActive": True}),
        ({"content": {"url": "https://c.example"}}, {"destinationUrl": "https://c.example"}),
        ({"tags": ["winter"], "scanLimit": 3}, {"tags": ["winter"], "scanLimit": 3}),
    ],
    ids=str,
)
async def test_absent_stays_and_null_takes_away(
    client: Client, tenant: Tenant, given: dict[str, Any], after: dict[str, Any]
) -> None:
    code = await make(client, tenant, **FULL, password="open sesame")
    changed = await change(client, tenant, code, **given)
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**code, **after, "version": 2}
    assert changed.headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"isActive": None}, "isActive"),
        ({"workspaceId": None}, "workspaceId"),
        ({"shortCode": None}, "shortCode"),
        ({"shortCode": ""}, "shortCode"),
        ({"content": None}, "content"),
        ({"destinationUrl": None}, "destinationUrl"),
        ({"destinationUrl": "x"}, "destinationUrl"),
        ({"type": "TEXT"}, "type"),
        ({"isDynamic": False}, "isDynamic"),
        ({"nmae": "x"}, "nmae"),
        ({"folderId": "x"}, "folderId"),
        ({"expiresAt": "2026-11-01T00:00:00Z", "startsAt": "2026-11-02T00:00:00Z"}, "expiresAt"),
    ],
)
async def test_a_wrong_change_is_named(
    client: Client, tenant: Tenant, given: dict[str, Any], field: str
) -> None:
    code = await make(client, tenant)
    refused = await change(client, tenant, code, **given)
    assert refused.status_code == 400, refused.text
    assert list(refused.json()["fields"]) == [field]
    again = await client.get(f"{QR}/{code['id']}", headers=tenant.workspace)
    assert again.json() == code


async def test_who_read_an_older_version_changes_and_deletes_nothing(
    client: Client, tenant: Tenant
) -> None:
    code = await make(client, tenant)
    read = await client.get(f"{QR}/{code['id']}", headers=tenant.workspace)
    tag = read.headers["etag"]
    assert tag == '"1"'
    assert (await change(client, tenant, code, tag, name="Ada's")).status_code == 200
    late = await change(client, tenant, code, tag, name="Bob's")
    assert (late.status_code, late.json()["code"]) == (412, "VERSION_MISMATCH")
    headers = {**tenant.workspace, "If-Match": tag}
    assert (await client.delete(f"{QR}/{code['id']}", headers=headers)).status_code == 412
    assert (await change(client, tenant, code, "*", name="Any")).status_code == 200
    assert (await change(client, tenant, code, "nonsense", name="x")).status_code == 412
    assert await names(client, tenant) == ["Any"]


async def test_a_taken_short_code_conflicts_and_an_old_one_is_kept(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    code = await make(client, tenant, shortCode="first")
    assert (await change(client, tenant, code, shortCode="second")).json()["shortCode"] == "second"
    for short_code in ("first", "second"):
        body = {"destinationUrl": HOME, "shortCode": short_code}
        taken = await client.post(QR, json=body, headers=stranger.workspace)
        assert (taken.status_code, taken.json()["code"]) == (409, "SHORT_CODE_TAKEN")
    other = await make(client, tenant)
    assert (await change(client, tenant, other, shortCode="first")).status_code == 409
    assert (await change(client, tenant, code, shortCode="first")).status_code == 200


async def test_a_code_goes_to_the_trash_and_comes_back(client: Client, tenant: Tenant) -> None:
    code = await make(client, tenant, name="Menu")
    one = f"{QR}/{code['id']}"
    gone = await client.delete(one, headers=tenant.workspace)
    assert (gone.status_code, gone.content) == (204, b"")
    for path in (one, f"{one}/image", f"{one}/history"):
        assert (await client.get(path, headers=tenant.workspace)).status_code == 404
    assert await names(client, tenant) == []
    (thrown,) = (await client.get(f"{QR}?state=trash", headers=tenant.workspace)).json()["items"]
    assert thrown["deletedAt"] == NOON
    back = await client.post(f"{one}/restore", headers=tenant.workspace)
    assert (back.status_code, back.headers["etag"]) == (200, '"3"')
    assert back.json() == {**code, "version": 3}
    assert (await client.post(f"{one}/restore", headers=tenant.workspace)).status_code == 404


async def test_a_code_is_put_aside_and_back(client: Client, tenant: Tenant) -> None:
    code = await make(client, tenant, name="Menu")
    one = f"{QR}/{code['id']}"
    aside = await client.post(f"{one}/archive", headers=tenant.workspace)
    assert (aside.status_code, aside.json()["archivedAt"]) == (200, NOON)
    assert (await names(client, tenant), await names(client, tenant, "state=archived")) == (
        [],
        ["Menu"],
    )
    back = await client.post(f"{one}/unarchive", headers=tenant.workspace)
    assert back.json() == {**code, "version": 3}


async def test_a_copy_is_made(client: Client, tenant: Tenant) -> None:
    code = await make(client, tenant, **FULL)
    path = f"{QR}/{code['id']}/duplicate"
    copy = await client.post(path, headers=tenant.workspace)
    assert (copy.status_code, copy.headers["etag"]) == (201, '"1"')
    made = copy.json()
    own = ("id", "name", "shortCode", "shortUrl", "payload", "imageUrl")
    assert {k: v for k, v in made.items() if k not in own} == {
        k: v for k, v in code.items() if k not in own
    }
    assert made["name"] == "Menu (copy)"
    named = await client.post(path, json={"name": "Two"}, headers=tenant.workspace)
    assert named.json()["name"] == "Two"


async def test_the_history_tells_where_it_led(
    client: Client, tenant: Tenant, clock: FixedClock
) -> None:
    code = await make(client, tenant)
    await change(client, tenant, code, destinationUrl="https://b.example")
    told = await client.get(f"{QR}/{code['id']}/history?pageSize=5", headers=tenant.workspace)
    assert told.json() == {
        "items": [
            {
                "oldUrl": HOME,
                "newUrl": "https://b.example",
                "changedBy": "Ada",
                "changedAt": NOON,
            }
        ],
        "total": 1,
        "page": 1,
        "pageSize": 5,
    }


async def test_lists_are_narrowed_by_query(client: Client, tenant: Tenant) -> None:
    await make(client, tenant, name="ab", variants=FULL["variants"], tags=["summer", "bar"])
    await make(client, tenant, name="off", isActive=False, tags=["summer"])
    await make(client, tenant, name="soon", expiresAt="2026-11-25T00:00:00Z")
    code = await make(client, tenant, name="plain")
    assert await names(client, tenant, "filter=ab") == ["ab"]
    assert await names(client, tenant, "filter=inactive") == ["off"]
    assert await names(client, tenant, "filter=expiring") == ["soon"]
    assert await names(client, tenant, "sort=name&tag=summer") == ["ab", "off"]
    assert await names(client, tenant, "tag=summer&tag=BAR") == ["ab"]
    assert await names(client, tenant, f"folderId=fld_{SOME}") == []
    assert len(await names(client, tenant, f"workspaceId={code['workspaceId']}")) == 4
    assert await names(client, tenant, "search=PLA") == ["plain"]
    summary = (await client.get(f"{QR}?search=off", headers=tenant.workspace)).json()["summary"]
    assert summary == {
        "total": 4,
        "active": 3,
        "scanCount": 0,
        "healthMonitored": 0,
        "healthFailing": 0,
    }


async def test_a_cursor_leads_through_the_list(client: Client, tenant: Tenant) -> None:
    for number in range(5):
        await make(client, tenant, name=str(number))
    seen: list[str] = []
    query = "pageSize=2"
    for _ in range(3):
        page = (await client.get(f"{QR}?{query}", headers=tenant.workspace)).json()
        assert page["total"] == 5
        seen += [code["name"] for code in page["items"]]
        query = f"pageSize=2&cursor={page['nextCursor']}"
    assert page["nextCursor"] is None
    assert sorted(seen) == list("01234")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("pageSize=101", "pageSize"),
        ("filter=failing", "filter"),
        ("sort=random", "sort"),
        ("state=gone", "state"),
        ("folderId=x", "folderId"),
        ("workspaceId=fld_" + SOME, "workspaceId"),
        ("search=a%00", "search"),
        ("search=" + "a" * 201, "search"),
        ("tag=" + "a" * 51, "tag.0"),
        ("tag=%01", "tag.0"),
        ("sort=name&cursor=" + "A" * 32, "cursor"),
    ],
)
async def test_a_wrong_word_of_a_query_is_named(
    client: Client, tenant: Tenant, query: str, field: str
) -> None:
    answer = await client.get(f"{QR}?{query}", headers=tenant.workspace)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize("cursor", ["x", "A" * 31, "f" * 32, "ä" * 5])
async def test_a_cursor_of_nobodys_is_refused(client: Client, tenant: Tenant, cursor: str) -> None:
    answer = await client.get(f"{QR}?cursor={cursor}", headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (400, "CURSOR_INVALID")


async def test_a_linked_code_shows_the_link(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    code = await make(client, tenant)
    link = (
        await database.execute(
            text(
                "INSERT INTO link (id, created_at, updated_at, organization_id, workspace_id, name,"
                " description, is_active, style, search_text, version, tag_ids, variants, slug,"
                " rules, utm, passes_query, preview, deep_links, health_check, health,"
                " click_count, destination_url)"
                " SELECT gen_random_uuid(), now(), now(), organization_id, workspace_id, '', '',"
                " true, '{}', '', 1, '{}', '[]', 'linked', '[]', '{}', false, '{}', '{}', '{}',"
                " 'unknown', 0, 'https://example.com/linked' FROM qr_code RETURNING id"
            )
        )
    ).scalar_one()
    spelled = f"lnk_{link.hex}"
    tied = (await change(client, tenant, code, linkId=spelled, destinationUrl=None)).json()
    assert (tied["linkId"], tied["destinationUrl"]) == (spelled, None)
    assert tied["link"] == {
        "id": spelled,
        "slug": "linked",
        "shortUrl": "https://ink.test/linked",
        "destinationUrl": "https://example.com/linked",
    }
    await database.execute(text("UPDATE link SET deleted_at = now()"))
    fetched = (await client.get(f"{QR}/{code['id']}", headers=tenant.workspace)).json()
    assert (fetched["linkId"], fetched["link"]) == (spelled, None)


async def test_a_strangers_code_is_not_there_in_any_way(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    code = await make(client, tenant)
    one = f"{QR}/{code['id']}"
    asked = [("PATCH", one), ("DELETE", one)]
    asked += [("POST", f"{one}/{verb}") for verb in ("duplicate", "archive", "restore")]
    for method, path in asked:
        answer = await client.request(method, path, json={}, headers=stranger.workspace)
        assert answer.status_code == 404, (method, path)
    again = await client.get(one, headers=tenant.workspace)
    assert again.json() == code
