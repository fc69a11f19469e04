"""Short links as the dashboard sees them: every field there and back, and who may have them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant

LINKS = "/api/links"
HOME = "https://example.com/l"

RULE = {
    "id": "r1",
    "name": "Germans",
    "when": [{"type": "country", "in": ["DE"], "not": False}],
    "destinationUrl": "https://example.com/de",
}
FULL: dict[str, Any] = {
    "destinationUrl": HOME,
    "slug": "spring",
    "name": "Spring sale",
    "description": "Posters",
    "tags": ["Spring"],
    "rules": [RULE],
    "variants": [
        {"id": "v1", "name": "A", "destinationUrl": "https://a.example", "weight": 1},
        {"id": "v2", "name": "B", "destinationUrl": "https://b.example", "weight": 3},
    ],
    "utm": {"source": "mail", "medium": None, "campaign": None, "term": None, "content": None},
    "passQuery": True,
    "startsAt": "2026-12-01T00:00:00.000Z",
    "expiresAt": "2027-01-01T00:00:00.000Z",
    "clickLimit": 100,
    "expiredUrl": "https://example.com/over",
    "preview": {"title": "Spring", "description": None, "imageUrl": None},
    "deepLinks": {"ios": {"url": "myapp://item", "package": None, "storeUrl": None}},
    "healthCheck": {"enabled": True, "intervalMinutes": 30},
    "isActive": False,
}


async def make(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    body = {"destinationUrl": HOME, **more}
    answer = await client.post(LINKS, json=body, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_every_field_comes_back_as_it_was_sent(client: Client, tenant: Tenant) -> None:
    sent = {**FULL, "deepLinks": {"ios": {"url": "myapp://item"}}}
    link = await make(client, tenant, **sent, password="sesame")
    assert {name: link[name] for name in FULL if name != "deepLinks"} == {
        name: value for name, value in FULL.items() if name != "deepLinks"
    }
    assert link["deepLinks"] == {**FULL["deepLinks"], "android": None}
    assert link["routing"] == {
        "profile": "rules_and_ab",
        "ruleCount": 1,
        "variantCount": 2,
        "hasDeepLinks": True,
    }
    assert (link["hasPassword"], link["health"], link["clickCount"]) == (True, "unknown", 0)
    assert link["id"].startswith("lnk_")
    assert link["shortUrl"] == "https://ink.test/spring"
    assert "password" not in link
    fetched = await client.get(f"{LINKS}/{link['id']}", headers=tenant.workspace)
    assert fetched.json() == link
    assert fetched.headers["etag"] == '"1"'


async def test_all_of_it_can_be_changed_and_taken_away(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant)
    one = f"{LINKS}/{link['id']}"
    sent = {**FULL, "deepLinks": {"ios": {"url": "myapp://item"}}, "password": "sesame"}
    changed = (await client.patch(one, json=sent, headers=tenant.workspace)).json()
    assert {name: changed[name] for name in FULL if name != "deepLinks"} == {
        name: value for name, value in FULL.items() if name != "deepLinks"
    }
    terms = ("password", "startsAt", "expiresAt", "clickLimit", "expiredUrl")
    places = ("utm", "preview", "deepLinks", "healthCheck", "folderId", "domain")
    nothing: dict[str, Any] = dict.fromkeys((*terms, *places))
    bare = {**nothing, "rules": [], "variants": [], "tags": [], "name": "", "description": ""}
    answer = await client.patch(
        one, json={**bare, "passQuery": False, "isActive": True}, headers=tenant.workspace
    )
    left = {**link, "slug": "spring", "shortUrl": "https://ink.test/spring", "version": 3}
    assert answer.json() == left


async def test_a_list_shows_its_page_and_totals(client: Client, tenant: Tenant) -> None:
    await make(client, tenant, slug="spring", createQr=True)
    await make(client, tenant, slug="off", isActive=False)
    answer = await client.get(
        f"{LINKS}?filter=inactive&pageSize=10&orgId={tenant.organization}",
        headers=tenant.workspace,
    )
    told = answer.json()
    assert [item["slug"] for item in told["items"]] == ["off"]
    assert (told["total"], told["page"], told["pageSize"]) == (1, 1, 10)
    health = {"healthMonitored": 0, "healthFailing": 0}
    assert told["summary"] == {"total": 2, "active": 1, "clickCount": 0, **health}
    assert "qr" not in told["items"][0]


async def test_a_list_is_read_on_by_its_cursor(client: Client, tenant: Tenant) -> None:
    for slug in ("one", "two", "three"):
        await make(client, tenant, slug=slug)
    seen, query = [], "?pageSize=2"
    while query:
        told = (await client.get(f"{LINKS}{query}", headers=tenant.workspace)).json()
        seen += [item["slug"] for item in told["items"]]
        query = told["nextCursor"] and f"?pageSize=2&cursor={told['nextCursor']}"
    assert sorted(seen) == ["one", "three", "two"]


async def test_a_link_is_made_with_its_code_and_shows_it(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant, name="Spring", createQr=True)
    assert link["qrCodes"] == [link["qr"]]
    code = await client.get(f"/api/qr/{link['qr']['id']}", headers=tenant.workspace)
    assert (code.json()["shortCode"], code.json()["name"]) == (link["qr"]["shortCode"], "Spring")


async def test_a_code_is_attached_and_let_go(client: Client, tenant: Tenant) -> None:
    code = await client.post("/api/qr", json={"destinationUrl": HOME}, headers=tenant.workspace)
    link = await make(client, tenant, qrId=code.json()["id"])
    assert link["qr"]["id"] == code.json()["id"]
    one = f"{LINKS}/{link['id']}"
    free = await client.patch(one, json={"qrId": None}, headers=tenant.workspace)
    assert (free.json()["qr"], free.json()["qrCodes"]) == (None, [])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"destinationUrl": "javascript:alert(1)"}, "destinationUrl"),
        ({"destinationUrl": "https://ink.test/loop"}, "destinationUrl"),
        ({"destinationUrl": None}, "destinationUrl"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "admin"}, "slug"),
        ({"domain": "links.acme.com"}, "domain"),
        ({"rules": [{**RULE, "destinationUrl": "ftp://x"}]}, "rules.0.destinationUrl"),
        ({"rules": [{**RULE, "when": [{"type": "moon"}]}]}, "rules.0.when.0.type"),
        ({"rules": [{**RULE, "when": [{"type": "country"}]}]}, "rules.0.when.0.in"),
        ({"variants": [{"destinationUrl": HOME}]}, "variants.0.weight"),
        ({"utm": {"sauce": "x"}}, "utm.sauce"),
        ({"utmTemplateId": "nonsense"}, "utmTemplateId"),
        ({"qrId": "nonsense"}, "qrId"),
        ({"folderId": "nonsense"}, "folderId"),
        ({"workspaceId": "nonsense"}, "workspaceId"),
        ({"password": "abc"}, "password"),
        ({"startsAt": "tomorrow"}, "startsAt"),
        ({"startsAt": "9999-12-31T23:59:59-01:00"}, "startsAt"),
        ({"expiresAt": "0001-01-01T00:00:00+01:00"}, "expiresAt"),
        (
            {"startsAt": "2027-01-01T00:00:00Z", "expiresAt": "2026-12-01T00:00:00Z"},
            "expiresAt",
        ),
        ({"clickLimit": 0}, "clickLimit"),
        ({"expiredUrl": "https://ink.test/loop"}, "expiredUrl"),
        ({"preview": {"imageUrl": "http://example.com/a.png"}}, "preview.imageUrl"),
        ({"deepLinks": {"ios": {"url": "javascript://x"}}}, "deepLinks.ios.url"),
        (
            {"deepLinks": {"android": {"package": "com.a", "storeUrl": "https://ink.test/x"}}},
            "deepLinks.android.storeUrl",
        ),
        ({"deepLinks": {"android": {"package": "nodots"}}}, "deepLinks.android.package"),
        ({"healthCheck": {"enabled": True, "intervalMinutes": 4}}, "healthCheck.intervalMinutes"),
        ({"createQr": True, "qrId": "qr_" + "0" * 32}, "qrId"),
        ({"isActive": "yes"}, "isActive"),
        ({"destination_url": HOME}, "destination_url"),
    ],
)
async def test_a_wrong_field_is_named_in_camel_case(
    client: Client, tenant: Tenant, wrong: dict[str, Any], field: str
) -> None:
    body = {"destinationUrl": HOME, **wrong}
    answer = await client.post(LINKS, json=body, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED"), answer.text
    assert list(answer.json()["fields"]) == [field]


async def test_a_taken_slug_conflicts(client: Client, tenant: Tenant, stranger: Tenant) -> None:
    await make(client, stranger, slug="spring")
    answer = await client.post(
        LINKS, json={"destinationUrl": HOME, "slug": "spring"}, headers=tenant.workspace
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "SLUG_TAKEN")


async def test_who_was_slower_is_told(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant)
    one = f"{LINKS}/{link['id']}"
    first = {**tenant.workspace, "If-Match": '"1"'}
    changed = await client.patch(one, json={"name": "Two"}, headers=first)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    late = await client.patch(one, json={"name": "Lost"}, headers=first)
    assert (late.status_code, late.json()["code"]) == (412, "VERSION_MISMATCH")
    assert (await client.delete(one, headers=first)).status_code == 412
    there = {**tenant.workspace, "If-Match": changed.headers["etag"]}
    assert (await client.delete(one, headers=there)).status_code == 204


async def test_a_link_is_put_away_and_taken_back(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant)
    one, headers = f"{LINKS}/{link['id']}", tenant.workspace
    aside = await client.post(f"{one}/archive", headers=headers)
    assert aside.json()["archivedAt"]
    assert (await client.get(LINKS, headers=headers)).json()["items"] == []
    assert (await client.post(f"{one}/unarchive", headers=headers)).json()["archivedAt"] is None
    assert (await client.delete(one, headers=headers)).status_code == 204
    assert (await client.get(one, headers=headers)).status_code == 404
    trash = (await client.get(f"{LINKS}?state=trash", headers=headers)).json()
    assert [item["id"] for item in trash["items"]] == [link["id"]]
    back = await client.post(f"{one}/restore", headers=headers)
    assert (back.status_code, back.json()["deletedAt"]) == (200, None)


async def test_a_copy_is_another_link(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant, name="Spring", slug="spring")
    path = f"{LINKS}/{link['id']}/duplicate"
    copy = await client.post(path, headers=tenant.workspace)
    assert (copy.status_code, copy.json()["name"]) == (201, "Spring (copy)")
    named = await client.post(path, json={"name": "Summer"}, headers=tenant.workspace)
    assert named.json()["name"] == "Summer"
    assert len({one["slug"] for one in (link, copy.json(), named.json())}) == 3


async def test_the_history_tells_where_it_led(client: Client, tenant: Tenant) -> None:
    link = await make(client, tenant)
    one = f"{LINKS}/{link['id']}"
    await client.patch(
        one, json={"destinationUrl": "https://example.com/new"}, headers=tenant.workspace
    )
    told = (await client.get(f"{one}/history", headers=tenant.workspace)).json()
    assert (told["total"], told["page"], told["pageSize"]) == (1, 1, 25)
    (change,) = told["items"]
    assert (change["oldUrl"], change["newUrl"]) == (HOME, "https://example.com/new")
    assert change["changedAt"] == "2026-11-21T12:00:00.000Z"


async def test_a_verified_domain_is_used_and_filtered_by(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    await database.execute(
        text(
            "INSERT INTO domain (id, created_at, organization_id, hostname, status, challenge)"
            " SELECT gen_random_uuid(), now(), id, 'links.acme.com', 'active', 'x'"
            " FROM organization WHERE slug = 'acme'"
        )
    )
    link = await make(client, tenant, domain="links.acme.com", slug="spring")
    assert link["shortUrl"] == "https://links.acme.com/spring"
    await make(client, tenant, slug="spring")
    listed = await client.get(f"{LINKS}?domain=links.acme.com", headers=tenant.workspace)
    assert [item["domain"] for item in listed.json()["items"]] == ["links.acme.com"]


async def test_an_address_is_built_with_utm_parameters(client: Client, tenant: Tenant) -> None:
    body = {"destinationUrl": "https://example.com/?a=1#top", "utm": {"source": "mail"}}
    built = await client.post(f"{LINKS}/utm", json=body, headers=tenant.workspace)
    assert (built.status_code, built.json()) == (
        200,
        {"url": "https://example.com/?a=1&utm_source=mail#top"},
    )
    wrong = await client.post(
        f"{LINKS}/utm", json={"destinationUrl": "javascript:x"}, headers=tenant.workspace
    )
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["destinationUrl"])


async def test_another_tenants_link_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    link = await make(client, stranger)
    for path in (f"{LINKS}/{link['id']}", f"{LINKS}/{link['id']}/history", f"{LINKS}/nonsense"):
        answer = await client.get(path, headers=tenant.workspace)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
