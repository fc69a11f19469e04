"""Domains in the workspace language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client, Tenant
from tests.fakes.listener import Names

DOMAINS = "/api/domains"


async def a_domain(client: Client, tenant: Tenant, hostname: str = "go.example.com") -> Any:
    answer = await client.post(DOMAINS, json={"hostname": hostname}, headers=tenant.workspace)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_domain_says_how_to_prove_it(client: Client, tenant: Tenant) -> None:
    domain = await a_domain(client, tenant, "Gö.example.com")
    value = domain["instructions"].pop("value")
    assert value.startswith("inkloom-verify=")
    assert domain == {
        "id": domain["id"],
        "hostname": "xn--g-1ga.example.com",
        "status": "pending",
        "failure": None,
        "instructions": {"type": "TXT", "name": f"_inkloom-challenge.{domain['hostname']}"},
        "linkCount": 0,
        "createdAt": "2026-11-21T12:00:00.000Z",
        "checkedAt": None,
        "verifiedAt": None,
    }


async def test_a_proved_domain_holds_links_and_stays_as_long(
    client: Client, tenant: Tenant, names: Names
) -> None:
    domain = await a_domain(client, tenant)
    one = f"{DOMAINS}/{domain['id']}"
    early = await client.post(f"{one}/verify", headers=tenant.workspace)
    assert (early.status_code, early.json()["status"]) == (200, "failed")
    assert domain["instructions"]["name"] in early.json()["failure"]
    names.records = {domain["instructions"]["name"]: [domain["instructions"]["value"]]}
    proved = await client.post(f"{one}/verify", headers=tenant.workspace)
    moment = "2026-11-21T12:00:00.000Z"
    active = {**domain, "status": "active", "checkedAt": moment, "verifiedAt": moment}
    assert (proved.status_code, proved.json()) == (200, active)
    listed = await client.get(DOMAINS, headers=tenant.workspace)
    assert listed.json() == {"items": [active], "total": 1, "page": 1, "pageSize": 25}
    body = {"destinationUrl": "https://example.org", "domain": "go.example.com", "slug": "sale"}
    link = await client.post("/api/links", json=body, headers=tenant.workspace)
    assert link.json()["shortUrl"] == "https://go.example.com/sale"
    refused = await client.delete(one, headers=tenant.workspace)
    assert (refused.status_code, refused.json()["code"]) == (409, "NOT_NOW")
    assert "move or delete them first" in refused.json()["error"]
    await client.delete(f"/api/links/{link.json()['id']}", headers=tenant.workspace)
    assert (await client.delete(one, headers=tenant.workspace)).status_code == 204
    assert (await client.get(one, headers=tenant.workspace)).status_code == 404


@pytest.mark.parametrize("hostname", ["https://go.example.com", "ink.test", "localhost", ""])
async def test_what_is_no_domain_is_refused(client: Client, tenant: Tenant, hostname: str) -> None:
    body = {"hostname": hostname}
    answer = await client.post(DOMAINS, json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["hostname"])


async def test_a_domain_is_added_once_but_by_anybody(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    await a_domain(client, tenant)
    body = {"hostname": "go.example.com"}
    again = await client.post(DOMAINS, json=body, headers=tenant.workspace)
    assert (again.status_code, again.json()["code"]) == (409, "NAME_TAKEN")
    theirs = await a_domain(client, stranger)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/verify")):
        answer = await client.request(
            method, f"{DOMAINS}/{theirs['id']}{path}", headers=tenant.workspace
        )
        assert answer.status_code == 404


async def test_looks_into_dns_are_throttled(client: Client, tenant: Tenant) -> None:
    domain = await a_domain(client, tenant)
    verify = f"{DOMAINS}/{domain['id']}/verify"
    answers = [await client.post(verify, headers=tenant.workspace) for _ in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {200}
    assert answers[20].status_code == 429
    assert int(answers[20].headers["retry-after"]) >= 1
