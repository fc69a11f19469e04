"""Organizations, workspaces, members, invitations and the log, as the dashboard asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant
from tests.builders.members import a_membership, a_token, a_user

ORG = "/api/org"
MEMBER = r"mem_[0-9a-f]{32}"


@dataclass(frozen=True)
class Somebody:
    """A member of an organization with a cookie."""

    cookie: dict[str, str]
    member_id: str


async def join(tenant: Tenant, role: str, name: str = "") -> Somebody:
    user = await a_user(name or role)
    membership = await a_membership(UUID(tenant.organization[4:]), user, role)
    return Somebody({"Cookie": f"ink_session={await a_token(user)}"}, f"mem_{membership.hex}")


def at(tenant: Tenant, rest: str = "") -> str:
    return f"{ORG}/{tenant.organization}{rest}"


async def listed(client: Client, tenant: Tenant, rest: str) -> Any:
    answer = await client.get(at(tenant, rest), headers=tenant.workspace)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert set(page) == {"items", "total", "page", "pageSize"}
    return page


async def test_an_organization_is_made_listed_fetched_and_changed(
    client: Client, tenant: Tenant
) -> None:
    made = await client.post(ORG, json={"name": "Acme Print"}, headers=tenant.workspace)
    assert made.status_code == 201
    org = made.json()
    assert (org["slug"], org["role"], org["plan"]) == ("acme-print", "owner", "free")
    page = (await client.get(f"{ORG}?pageSize=1", headers=tenant.workspace)).json()
    assert (page["total"], page["page"], page["pageSize"], len(page["items"])) == (2, 1, 1, 1)
    everything = (await client.get(ORG, headers=tenant.workspace)).json()["items"]
    assert org in everything
    one = (await client.get(f"{ORG}/{org['id']}", headers=tenant.workspace)).json()
    assert {name: one[name] for name in org} == org
    assert (one["memberCount"], one["assetCount"], one["limits"]["members"]) == (1, 0, 3)
    body = {"name": "Press", "slug": "press"}
    changed = await client.patch(f"{ORG}/{org['id']}", json=body, headers=tenant.workspace)
    assert changed.json() == {**one, **body}


async def test_an_organization_chooses_which_warnings_it_wants(
    client: Client, tenant: Tenant
) -> None:
    assert (await client.get(at(tenant), headers=tenant.workspace)).json()["expiryWarningDays"] == [
        7,
        1,
    ]
    for chosen, kept in (([1], [1]), ([1, 7], [7, 1]), ([], []), (None, [])):
        body = {"expiryWarningDays": chosen}
        changed = await client.patch(at(tenant), json=body, headers=tenant.workspace)
        assert changed.json()["expiryWarningDays"] == kept
    for wrong in ([3], ["7"], 7, [7] * 11):
        sent = {"expiryWarningDays": wrong}
        refused = await client.patch(at(tenant), json=sent, headers=tenant.workspace)
        assert refused.status_code == 400
        assert next(iter(refused.json()["fields"])).startswith("expiryWarningDays")


async def test_a_plain_uuid_names_the_organization_too(client: Client, tenant: Tenant) -> None:
    plain = UUID(tenant.organization[4:])
    answer = await client.get(f"{ORG}/{plain}", headers=tenant.workspace)
    assert answer.json()["id"] == tenant.organization


async def test_one_cookie_acts_for_the_organization_of_the_path(
    client: Client, tenant: Tenant
) -> None:
    made = (await client.post(ORG, json={"name": "Second"}, headers=tenant.workspace)).json()
    for organization in (tenant.organization, made["id"]):
        path = f"{ORG}/{organization}/members"
        assert (await client.get(path, headers=tenant.workspace)).json()["total"] == 1
    path = f"{at(tenant)}?orgId={made['id']}"
    assert (await client.get(path, headers=tenant.workspace)).json()["id"] == tenant.organization


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "A", "slug": "A b"}, "slug"),
        ({"name": "A", "slug": "acme"}, "slug"),
        ({"name": "A", "plan": "enterprise"}, "plan"),
    ],
)
async def test_a_wrong_field_is_named(
    client: Client, tenant: Tenant, body: object, field: str
) -> None:
    answer = await client.post(ORG, json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_workspaces_are_made_renamed_and_deleted(client: Client, tenant: Tenant) -> None:
    (first,) = (await listed(client, tenant, "/workspaces"))["items"]
    made = await client.post(
        at(tenant, "/workspaces"), json={"name": "Print"}, headers=tenant.workspace
    )
    assert made.status_code == 201
    path = at(tenant, f"/workspaces/{made.json()['id']}")
    renamed = await client.patch(path, json={"name": "Press"}, headers=tenant.workspace)
    assert renamed.json() == {**made.json(), "name": "Press"}
    code = {"destinationUrl": "https://x.example", "workspaceId": made.json()["id"]}
    await client.post("/api/qr", json=code, headers=tenant.workspace)
    full = await client.delete(path, headers=tenant.workspace)
    assert (full.status_code, list(full.json()["fields"])) == (400, ["workspace"])
    gone = await client.delete(at(tenant, f"/workspaces/{first['id']}"), headers=tenant.workspace)
    assert (gone.status_code, gone.content) == (204, b"")
    last = await client.delete(path, headers=tenant.workspace)
    assert last.status_code == 400


async def test_members_are_listed_changed_and_removed(client: Client, tenant: Tenant) -> None:
    grace = await join(tenant, "viewer", "grace")
    page = await listed(client, tenant, "/members")
    assert [(m["name"], m["role"]) for m in page["items"] if m["id"] == grace.member_id] == [
        ("grace", "viewer")
    ]
    path = at(tenant, f"/members/{grace.member_id}")
    changed = await client.patch(path, json={"role": "admin"}, headers=tenant.workspace)
    assert (changed.status_code, changed.json()["role"]) == (200, "admin")
    wrong = await client.patch(path, json={"role": "king"}, headers=tenant.workspace)
    assert list(wrong.json()["fields"]) == ["role"]
    assert (await client.delete(path, headers=tenant.workspace)).status_code == 204
    assert (await client.delete(path, headers=tenant.workspace)).status_code == 404
    shut = await client.get(at(tenant), headers=grace.cookie)
    assert (shut.status_code, shut.json()["code"]) == (404, "NOT_FOUND")


async def test_the_last_owner_cannot_leave_and_others_can(client: Client, tenant: Tenant) -> None:
    refused = await client.post(at(tenant, "/leave"), headers=tenant.workspace)
    assert (refused.status_code, refused.json()["code"]) == (409, "LAST_OWNER")
    viewer = await join(tenant, "viewer")
    assert (await client.post(at(tenant, "/leave"), headers=viewer.cookie)).status_code == 204
    assert (await client.get(at(tenant), headers=viewer.cookie)).status_code == 404


async def test_invitations_are_written_listed_and_withdrawn(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    body = {"email": "Grace@example.com", "role": "editor"}
    made = await client.post(at(tenant, "/team-invites"), json=body, headers=tenant.workspace)
    assert made.status_code == 201
    assert (made.json()["email"], made.json()["invitedBy"]) == ("grace@example.com", "Ada")
    assert "token" not in made.text
    assert (await listed(client, tenant, "/team-invites"))["items"] == [made.json()]
    path = at(tenant, f"/team-invites/{made.json()['id']}")
    assert (await client.delete(path, headers=tenant.workspace)).status_code == 204
    assert (await client.delete(path, headers=tenant.workspace)).status_code == 404
    assert (await listed(client, tenant, "/team-invites"))["total"] == 0
    assert await database.scalar(text("SELECT count(*) FROM mail")) == 1


async def test_a_retried_invitation_is_mailed_once(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    headers = {**tenant.workspace, "Idempotency-Key": "invite-grace"}
    body = {"email": "grace@example.com"}
    first = await client.post(at(tenant, "/team-invites"), json=body, headers=headers)
    again = await client.post(at(tenant, "/team-invites"), json=body, headers=headers)
    assert (first.status_code, again.json()) == (201, first.json())
    assert await database.scalar(text("SELECT count(*) FROM mail")) == 1


async def test_a_full_plan_and_a_member_already_are_told(client: Client, tenant: Tenant) -> None:
    await join(tenant, "viewer", "grace")
    path = at(tenant, "/team-invites")
    known = {"email": "grace@people.example"}
    answer = await client.post(path, json=known, headers=tenant.workspace)
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_MEMBER")
    for number, status in ((1, 201), (2, 403)):
        body = {"email": f"p{number}@example.com"}
        answer = await client.post(path, json=body, headers=tenant.workspace)
        assert answer.status_code == status
    assert answer.json()["code"] == "PLAN_LIMIT"


async def test_the_log_tells_acts_with_ids_as_they_are_spelled(
    client: Client, tenant: Tenant
) -> None:
    made = await client.post(
        at(tenant, "/workspaces"), json={"name": "Print"}, headers=tenant.workspace
    )
    page = await listed(client, tenant, "/audit?action=workspace.created&pageSize=1")
    (entry,) = page["items"]
    assert entry["target"] == {"kind": "workspace", "id": made.json()["id"]}
    assert entry["actor"] == {"kind": "session", "id": f"usr_{tenant.owner}", "name": "Ada"}
    assert entry["id"].startswith("aud_")
    assert entry["requestId"] == made.headers["x-request-id"]


FORBIDDEN = {
    "admin": {"PATCH "},
    "editor": {
        *("PATCH ", "POST /workspaces", "PATCH /workspaces", "DELETE /workspaces"),
        *("PATCH /members", "DELETE /members", "POST /team-invites", "DELETE /team-invites"),
        "GET /audit",
    },
}
FORBIDDEN["viewer"] = FORBIDDEN["editor"]
FORBIDDEN["owner"] = set()


@pytest.mark.parametrize("role", FORBIDDEN)
async def test_a_role_decides_what_is_forbidden(client: Client, tenant: Tenant, role: str) -> None:
    somebody, nobody = await join(tenant, role, "me"), "0" * 32
    told = set()
    for method, rest, ending, body in (
        ("GET", "", "", None),
        ("PATCH", "", "", {}),
        ("GET", "/workspaces", "", None),
        ("POST", "/workspaces", "", {"name": "New"}),
        ("PATCH", "/workspaces", f"/wsp_{nobody}", {"name": "New"}),
        ("DELETE", "/workspaces", f"/wsp_{nobody}", None),
        ("GET", "/members", "", None),
        ("PATCH", "/members", f"/mem_{nobody}", {"role": "viewer"}),
        ("DELETE", "/members", f"/mem_{nobody}", None),
        ("GET", "/team-invites", "", None),
        ("POST", "/team-invites", "", {"email": "new@example.com"}),
        ("DELETE", "/team-invites", f"/inv_{nobody}", None),
        ("GET", "/audit", "", None),
        ("POST", "/leave", "", None),
    ):
        path = at(tenant, rest + ending)
        answer = await client.request(method, path, json=body, headers=somebody.cookie)
        assert answer.status_code in (200, 201, 204, 403, 404), answer.text
        if answer.status_code == 403:
            assert answer.json()["code"] == "FORBIDDEN"
            told.add(f"{method} {rest}")
    assert told == FORBIDDEN[role]


@pytest.mark.parametrize("path", ["", "/members", "/workspaces", "/team-invites", "/audit"])
async def test_an_organization_of_others_is_not_there(
    client: Client, tenant: Tenant, stranger: Tenant, path: str
) -> None:
    for organization in (stranger.organization, "org_nonsense", "org_" + "0" * 32):
        answer = await client.get(f"{ORG}/{organization}{path}", headers=tenant.workspace)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_ids_of_others_and_nonsense_are_not_there(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    theirs = await join(stranger, "viewer")
    workspace = (await listed(client, stranger, "/workspaces"))["items"][0]["id"]
    for path in (
        f"/members/{theirs.member_id}",
        f"/workspaces/{workspace}",
        "/members/nonsense",
        "/workspaces/nonsense",
        "/team-invites/nonsense",
    ):
        answer = await client.delete(at(tenant, path), headers=tenant.workspace)
        assert answer.status_code == 404
    assert (await listed(client, stranger, "/members"))["total"] == 2


async def test_another_site_cannot_change_members(client: Client, tenant: Tenant) -> None:
    evil = {**tenant.workspace, "Origin": "https://evil.example"}
    for path in (ORG, at(tenant, "/leave"), at(tenant, "/team-invites")):
        answer = await client.post(path, json={}, headers=evil)
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")
