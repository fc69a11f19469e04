"""Following an invitation, in the business dialect."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import outside
from tests.api.conftest import Client, Tenant

ACCEPT = "/api/team-invites/accept"


async def invite(
    client: Client, tenant: Tenant, database: AsyncConnection, email: str = "grace@example.com"
) -> str:
    """The token in the mail of a new invitation."""
    path = f"/api/org/{tenant.organization}/team-invites"
    body = {"email": email, "role": "editor"}
    assert (await client.post(path, json=body, headers=tenant.workspace)).status_code == 201
    query = text("SELECT id, organization_id, sealed_words FROM mail WHERE recipient = :to")
    row, home, sealed = (await database.execute(query, {"to": email})).one()
    words: dict[str, str] = json.loads(outside().vault.open(sealed, organization=home, row=row))
    return parse_qs(urlsplit(words["link"]).query)["token"][0]


async def test_who_accepts_is_signed_in_and_a_member(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    token = await invite(client, tenant, database)
    answer = await client.post(ACCEPT, json={"token": token, "name": "Grace Hopper"})
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {"message", "business", "user"}
    assert (told["business"]["slug"], told["business"]["role"]) == ("acme", "editor")
    assert (told["user"]["name"], told["user"]["email"]) == ("Grace Hopper", "grace@example.com")
    cookie = answer.headers["set-cookie"]
    for word in ("ink_session=ses_", "HttpOnly", "Secure", "SameSite=lax"):
        assert word in cookie
    client.cookies.clear()
    mine = {"Cookie": cookie.partition(";")[0]}
    seen = (await client.get(f"/api/org/{tenant.organization}", headers=mine)).json()
    assert (seen["role"], seen["memberCount"]) == ("editor", 2)
    assert (await client.get("/api/org", headers=mine)).json()["total"] == 1


async def test_a_token_works_once(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    token = await invite(client, tenant, database)
    await client.post(ACCEPT, json={"token": token})
    again = await client.post(ACCEPT, json={"token": token})
    assert (again.status_code, list(again.json()["errors"])) == (422, ["token"])
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "token"),
        ({"token": "inv_invented"}, "token"),
        ({"token": "x" * 201}, "token"),
        ({"token": 7}, "token"),
        ({"token": "inv_x", "name": "a\nb"}, "name"),
        ({"token": "inv_x", "role": "owner"}, "role"),
    ],
)
async def test_what_is_wrong_is_named(client: Client, body: object, field: str) -> None:
    answer = await client.post(ACCEPT, json=body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert "set-cookie" not in answer.headers


async def test_a_form_of_another_site_is_not_understood(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    """What a browser sends across sites without asking first has no JSON content type."""
    token = await invite(client, tenant, database)
    body = json.dumps({"token": token})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = {"Content-Type": kind} if kind else {}
        answer = await client.post(ACCEPT, content=body, headers=headers)
        assert answer.status_code in (400, 422)
        assert "set-cookie" not in answer.headers


async def test_guessing_is_slowed_down_for_one_network(client: Client) -> None:
    answers = [await client.post(ACCEPT, json={"token": f"inv_{n}"}) for n in range(41)]
    assert [answer.status_code for answer in answers] == [422] * 40 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
