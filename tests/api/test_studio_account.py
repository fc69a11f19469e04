"""The studio dialect's accounts: sign up, sign in, refresh, sign out; which credential counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.rules.permissions import PERMISSIONS
from tests.api.conftest import Client, Tenant
from tests.builders.accounts import ADDRESS, PASSWORD

ADA = {"email": ADDRESS, "password": PASSWORD, "name": "Ada Lovelace"}
SIGN_IN = {"email": ADDRESS, "password": PASSWORD}


def bearer(access: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access}"}


async def signed_up(client: Client, **more: str) -> dict[str, Any]:
    made = await client.post("/api/auth/signup/", json={**ADA, **more})
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.json()
    return answer


async def test_signing_up_answers_the_account_and_its_tokens(client: Client) -> None:
    made = await client.post(
        "/api/auth/signup/", json={**ADA, "organization_name": "Analytical Engines"}
    )
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    answer = made.json()
    assert set(answer) == {"user", "organization", "access", "refresh", "expires_in"}
    assert set(answer["user"]) == {"id", "email", "name"}
    assert (answer["user"]["email"], answer["user"]["name"]) == (ADDRESS, "Ada Lovelace")
    organization = dict(answer["organization"])
    assert organization.pop("id")
    assert organization == {
        "name": "Analytical Engines",
        "slug": "analytical-engines",
        "plan": "free",
    }
    assert answer["expires_in"] == 900


async def test_a_dashboard_signs_in_refreshes_and_signs_out(
    client: Client, clock: FixedClock
) -> None:
    made = await signed_up(client)
    login = await client.post("/api/auth/login", json=SIGN_IN)
    assert (login.status_code, login.headers["cache-control"]) == (200, "no-store")
    first = login.json()
    assert set(first) == {"access", "refresh", "expires_in", "token_type"}
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 900)

    clock.moment += timedelta(minutes=15)
    late = await client.get("/api/auth/me/", headers=bearer(first["access"]))
    assert late.status_code == 401
    refreshed = await client.post("/api/auth/token/refresh/", json={"refresh": first["refresh"]})
    assert (refreshed.status_code, refreshed.headers["cache-control"]) == (200, "no-store")
    second = refreshed.json()

    me = await client.get("/api/auth/me/", headers=bearer(second["access"]))
    assert me.status_code == 200
    assert me.json() == {
        "user": made["user"],
        "organization": made["organization"],
        "role": "owner",
        "permissions": sorted(PERMISSIONS),
        "email_confirmed": False,
    }

    out = await client.post("/api/auth/token/revoke/", json={"refresh": second["refresh"]})
    assert (out.status_code, out.content) == (204, b"")
    after = await client.get("/api/auth/me/", headers=bearer(second["access"]))
    assert (after.status_code, list(after.json())) == (401, ["detail"])


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once-more-1"}])
async def test_a_copied_refresh_token_ends_the_sign_in_whatever_its_headers(
    client: Client, headers: dict[str, str]
) -> None:
    first = await signed_up(client)
    body = {"refresh": first["refresh"]}
    second = (await client.post("/api/auth/token/refresh/", json=body, headers=headers)).json()
    again = await client.post("/api/auth/token/refresh/", json=body, headers=headers)
    assert (again.status_code, list(again.json())) == (401, ["detail"])
    assert "idempotent-replayed" not in again.headers
    for access in (first["access"], second["access"]):
        assert (await client.get("/api/auth/me/", headers=bearer(access))).status_code == 401


async def test_a_sign_up_that_is_sent_again_with_its_key_gets_its_answer_again(
    client: Client, database: AsyncConnection
) -> None:
    headers = {"Idempotency-Key": "5d0c1f0a-sign-up"}
    first = await client.post("/api/auth/signup/", json=ADA, headers=headers)
    again = await client.post("/api/auth/signup/", json=ADA, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert await database.scalar(text("SELECT count(*) FROM organization")) == 1


async def test_a_taken_address_is_told_at_its_field(client: Client) -> None:
    await signed_up(client)
    again = await client.post("/api/auth/signup/", json={**ADA, "email": "ADA@example.com"})
    assert (again.status_code, list(again.json())) == (400, ["email"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "Ada Lovelace 1843"}, "password"),
        ({"password": "\ud800" * 12}, "password"),
        ({"name": ""}, "name"),
        ({"organization_name": "\u0000"}, "organization_name"),
        ({"plan": "enterprise"}, "plan"),
    ],
)
async def test_a_wrong_field_is_named_and_no_password_repeated(
    client: Client, change: dict[str, Any], field: str
) -> None:
    content = json.dumps({**ADA, **change})
    headers = {"Content-Type": "application/json"}
    refused = await client.post("/api/auth/signup/", content=content, headers=headers)
    assert (refused.status_code, list(refused.json())) == (400, [field])
    assert isinstance(refused.json()[field], list)
    assert PASSWORD not in refused.text
    assert str(change.get("password") or "nothing") not in refused.text


async def test_a_refused_sign_in_says_the_same_to_all(client: Client, tenant: Tenant) -> None:
    await signed_up(client)
    answers = [
        await client.post("/api/auth/login/", json={"email": email, "password": "wrong-orbit-94"})
        for email in (ADDRESS, "nobody@example.com", "acme@example.com", "no address")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert "wrong-orbit-94" not in answers[0].text


async def test_an_organization_is_chosen_by_its_slug(client: Client, tenant: Tenant) -> None:
    made = await signed_up(client)
    slug = made["organization"]["slug"]
    mine = await client.post("/api/auth/login/", json={**SIGN_IN, "organization": slug})
    assert mine.status_code == 200
    theirs = await client.post("/api/auth/login/", json={**SIGN_IN, "organization": "acme"})
    assert (theirs.status_code, list(theirs.json())) == (404, ["detail"])


async def test_one_address_is_tried_a_few_times_only(client: Client) -> None:
    await signed_up(client)
    wrong = {**SIGN_IN, "password": "wrong-orbit-94"}
    for _ in range(6):
        assert (await client.post("/api/auth/login/", json=wrong)).status_code == 401
    refused = await client.post("/api/auth/login/", json=SIGN_IN)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/api/auth/signup/", "/api/auth/login/"])
async def test_one_network_address_knocks_a_few_times_only(client: Client, path: str) -> None:
    for _ in range(40):
        assert (await client.post(path, json={})).status_code == 400
    refused = await client.post(path, json={})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_a_person_uses_the_same_paths_as_a_key(client: Client, tenant: Tenant) -> None:
    made = await signed_up(client)
    body = {"destination_url": "https://example.com/", "short_id": "mine1"}
    created = await client.post("/api/v1/dynamic/", json=body, headers=bearer(made["access"]))
    assert created.status_code == 201
    seen = await client.get("/api/v1/dynamic/mine1/", headers=bearer(made["access"]))
    assert seen.status_code == 200
    hidden = await client.get("/api/v1/dynamic/mine1/", headers=tenant.studio)
    assert hidden.status_code == 404


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_key_may_come_as_a_bearer(client: Client, tenant: Tenant, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {tenant.studio['X-Api-Key']}"}
    assert (await client.get("/api/v1/dynamic/", headers=headers)).status_code == 200


async def test_of_key_and_token_the_key_counts(client: Client, tenant: Tenant) -> None:
    made = await signed_up(client)
    body = {"destination_url": "https://example.com/", "short_id": "keys1"}
    await client.post("/api/v1/dynamic/", json=body, headers=tenant.studio)
    both = {**bearer(made["access"]), **tenant.studio}
    assert (await client.get("/api/v1/dynamic/keys1/", headers=both)).status_code == 200
    wrong_key = {**bearer(made["access"]), "X-Api-Key": "qrs_invented"}
    assert (await client.get("/api/v1/dynamic/", headers=wrong_key)).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer qrs_invented", "ses_invented"],
)
async def test_what_proves_nobody_is_401(client: Client, authorization: str) -> None:
    headers = {"Authorization": authorization}
    for path in ("/api/v1/dynamic/", "/api/auth/me/"):
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, list(answer.json())) == (401, ["detail"])
        assert "Bearer" in answer.headers["www-authenticate"]


async def test_a_key_is_nobody_where_a_person_is_asked_for(client: Client, tenant: Tenant) -> None:
    as_bearer = bearer(tenant.studio["X-Api-Key"])
    for headers in (tenant.studio, as_bearer):
        assert (await client.get("/api/auth/me/", headers=headers)).status_code == 401
    made = await signed_up(client)
    both = {**tenant.studio, **bearer(made["access"])}
    me = await client.get("/api/auth/me/", headers=both)
    assert me.json()["user"] == made["user"]


async def test_the_document_names_both_credentials(client: Client) -> None:
    document = (await client.get("/docs/studio/openapi.json")).json()
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"apiKey", "http"}

    def accepted(path: str, method: str) -> set[str]:
        security = document["paths"][path][method].get("security", [])
        return {schemes[name]["type"] for choice in security for name in choice}

    assert accepted("/api/v1/dynamic/", "get") == {"apiKey", "http"}
    assert accepted("/api/auth/me/", "get") == {"http"}
    assert accepted("/api/auth/login/", "post") == set()
    assert "x-keeps-answers" not in str(document)
