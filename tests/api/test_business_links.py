"""The business dialect's QR links: dynamic codes in snake_case, under Laravel's paginator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant

LINKS = "/api/qr-links"
FLYER = {"destination": "https://example.com/welcome"}
NOWHERE = "6f1c2d3e-0000-4000-8000-000000000000"


@pytest_asyncio.fixture
async def acme(make_tenant: Callable[..., Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("acme", "pro")


async def made(
    client: Client, tenant: Tenant, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    body = {**FLYER, **more}
    answer = await client.post(LINKS, json=body, headers=headers or tenant.business)
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()["qr_link"]
    return link


async def another_business(client: Client, acme: Tenant) -> str:
    """The id of a second workspace, as the workspace dialect spells it."""
    path = f"/api/org/{acme.organization}/workspaces"
    answer = await client.post(path, json={"name": "Second"}, headers=acme.workspace)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def bound_to(client: Client, acme: Tenant, business_id: str) -> dict[str, str]:
    """A token of this business."""
    body = {"name": "Branch", "business_id": business_id}
    answer = await client.post("/api/tokens", json=body, headers=acme.workspace)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']['plain_text_token']}"}


async def titles(client: Client, headers: dict[str, str], **query: Any) -> list[str]:
    answer = await client.get(LINKS, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [link["title"] for link in answer.json()["qr_links"]["data"]]


async def test_a_link_has_all_its_fields(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    link = await made(
        client,
        acme,
        slug="hi-24",
        title="Hi",
        expires_at="2027-01-01T01:00:00+01:00",
        tags=["flyer"],
    )
    assert str(UUID(link["id"])) == link["id"]
    assert link == {
        "id": link["id"],
        "slug": "hi-24",
        "short_url": "https://ink.test/q/hi-24",
        "destination": "https://example.com/welcome",
        "title": "Hi",
        "business_id": str(await database.scalar(text("SELECT id FROM workspace"))),
        "scans": 0,
        "is_active": True,
        "expires_at": "2027-01-01T00:00:00.000Z",
        "tags": ["flyer"],
        "created_at": "2026-11-21T12:00:00.000Z",
        "updated_at": "2026-11-21T12:00:00.000Z",
    }
    read = await client.get(f"{LINKS}/{link['id']}", headers=acme.business)
    assert (read.json(), read.headers["etag"]) == ({"qr_link": link}, '"1"')


async def test_lists_are_laravel_paginators_under_their_key(
    client: Client, acme: Tenant, clock: FixedClock
) -> None:
    links = []
    for number in range(3):
        clock.moment += timedelta(seconds=1)
        links.append(await made(client, acme, title=f"Link {number}"))
    answer = await client.get(f"{LINKS}?per_page=2&page=2&q=link", headers=acme.business)
    assert answer.json() == {
        "qr_links": {
            "data": [links[0]],
            "current_page": 2,
            "per_page": 2,
            "total": 3,
            "last_page": 2,
            "from": 3,
            "to": 3,
            "path": "https://ink.test/api/qr-links",
            "first_page_url": "https://ink.test/api/qr-links?per_page=2&q=link&page=1",
            "last_page_url": "https://ink.test/api/qr-links?per_page=2&q=link&page=2",
            "next_page_url": None,
            "prev_page_url": "https://ink.test/api/qr-links?per_page=2&q=link&page=1",
        }
    }
    empty = (await client.get(f"{LINKS}?q=nothing", headers=acme.business)).json()["qr_links"]
    assert (empty["data"], empty["total"], empty["last_page"], empty["from"]) == ([], 0, 1, None)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_what_is_given_is_changed_and_the_rest_stays(
    client: Client, acme: Tenant, method: str
) -> None:
    link = await made(client, acme, slug="before", title="Hi", tags=["a"])
    one = f"{LINKS}/{link['id']}"
    changes: list[dict[str, Any]] = [
        {"destination": "https://example.com/else"},
        {"title": "", "is_active": False},
        {"expires_at": "2027-01-01T00:00:00.000Z", "tags": ["b", "c"]},
        {"expires_at": None, "is_active": True},
        {},
    ]
    for change in changes:
        answer = await client.request(method, one, json=change, headers=acme.business)
        assert answer.status_code == 200, answer.text
        link |= change
        assert answer.json() == {"qr_link": link}
    renamed = await client.request(method, one, json={"slug": "after"}, headers=acme.business)
    assert renamed.json()["qr_link"]["short_url"] == "https://ink.test/q/after"
    assert (await client.get("/q/after")).headers["location"] == "https://example.com/else"


async def test_a_deleted_link_is_gone(client: Client, acme: Tenant) -> None:
    link = await made(client, acme, slug="gone")
    one = f"{LINKS}/{link['id']}"
    stale = {**acme.business, "If-Match": '"7"'}
    assert (await client.delete(one, headers=stale)).status_code == 412
    assert (await client.delete(one, headers=acme.business)).status_code == 204
    assert (await client.get("/q/gone")).status_code == 404
    for answer in (
        await client.get(one, headers=acme.business),
        await client.patch(one, json={}, headers=acme.business),
        await client.put(one, json={}, headers=acme.business),
        await client.delete(one, headers=acme.business),
    ):
        assert (answer.status_code, list(answer.json())) == (404, ["message"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "destination"),
        ({"destination": "ftp://a.example"}, "destination"),
        ({"destination": None}, "destination"),
        ({"destination": "https://ink.test/q/loop"}, "destination"),
        ({**FLYER, "slug": "a b"}, "slug"),
        ({**FLYER, "slug": "admin"}, "slug"),
        ({**FLYER, "title": "t" * 201}, "title"),
        ({**FLYER, "business_id": "nonsense"}, "business_id"),
        ({**FLYER, "business_id": 7}, "business_id"),
        ({**FLYER, "expires_at": "tomorrow"}, "expires_at"),
        ({**FLYER, "is_active": "yes"}, "is_active"),
        ({**FLYER, "tags": [""]}, "tags"),
        ({**FLYER, "name": "Hi"}, "name"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_written(
    client: Client, acme: Tenant, database: AsyncConnection, body: object, field: str
) -> None:
    answer = await client.post(LINKS, json=body, headers=acme.business)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert answer.json()["message"] == answer.json()["errors"][field][0]
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("page=0", "page"),
        ("business_id=7", "business_id"),
        ("q=%00", "q"),
    ],
)
async def test_a_wrong_query_is_named(client: Client, acme: Tenant, query: str, field: str) -> None:
    answer = await client.get(f"{LINKS}?{query}", headers=acme.business)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


async def test_a_taken_slug_is_a_wrong_field(client: Client, acme: Tenant) -> None:
    await made(client, acme, slug="once")
    other = await made(client, acme)
    for answer in (
        await client.post(LINKS, json={**FLYER, "slug": "once"}, headers=acme.business),
        await client.patch(f"{LINKS}/{other['id']}", json={"slug": "once"}, headers=acme.business),
    ):
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["slug"])


async def test_a_token_of_a_business_sees_and_makes_its_own_only(
    client: Client, acme: Tenant
) -> None:
    home = await made(client, acme, title="Home")
    second = await another_business(client, acme)
    bound = await bound_to(client, acme, second)
    branch = await made(client, acme, bound, title="Branch")
    assert branch["business_id"] == str(UUID(second.removeprefix("wsp_")))
    assert await titles(client, bound) == ["Branch"]
    assert await titles(client, bound, business_id=home["business_id"]) == []
    assert await titles(client, acme.business, business_id=second) == ["Branch"]
    assert set(await titles(client, acme.business)) == {"Home", "Branch"}
    one = f"{LINKS}/{home['id']}"
    elsewhere = {**FLYER, "business_id": home["business_id"]}
    for answer in (
        await client.get(one, headers=bound),
        await client.patch(one, json={"title": "Mine"}, headers=bound),
        await client.delete(one, headers=bound),
        await client.post(LINKS, json=elsewhere, headers=bound),
        await client.patch(
            f"{LINKS}/{branch['id']}", json={"business_id": home["business_id"]}, headers=bound
        ),
    ):
        assert (answer.status_code, list(answer.json())) == (404, ["message"])


async def test_a_link_is_moved_to_another_business(client: Client, acme: Tenant) -> None:
    link = await made(client, acme, title="Moves")
    second = await another_business(client, acme)
    change = {"business_id": second}
    await client.patch(f"{LINKS}/{link['id']}", json=change, headers=acme.business)
    assert await titles(client, acme.business, business_id=link["business_id"]) == []
    assert await titles(client, acme.business, business_id=second) == ["Moves"]


async def test_a_person_uses_the_session(client: Client, acme: Tenant, stranger: Tenant) -> None:
    link = await made(client, acme, acme.workspace, title="By hand")
    assert await titles(client, acme.workspace) == ["By hand"]
    assert await titles(client, acme.workspace, orgId=acme.organization) == ["By hand"]
    foreign = await client.get(f"{LINKS}?orgId={stranger.organization}", headers=acme.workspace)
    assert foreign.status_code == 404
    evil = {**acme.workspace, "Origin": "https://evil.example"}
    assert (await client.delete(f"{LINKS}/{link['id']}", headers=evil)).status_code == 403
    assert (await client.delete(f"{LINKS}/{link['id']}", headers=acme.workspace)).is_success


async def test_a_token_speaks_for_no_other_organization(
    client: Client, acme: Tenant, stranger: Tenant
) -> None:
    await made(client, acme, title="Mine")
    assert await titles(client, acme.business, orgId=acme.organization) == ["Mine"]
    for named in (stranger.organization, "nonsense"):
        for answer in (
            await client.get(f"{LINKS}?orgId={named}", headers=acme.business),
            await client.post(f"{LINKS}?orgId={named}", json=FLYER, headers=acme.business),
        ):
            assert (answer.status_code, list(answer.json())) == (404, ["message"])


async def test_a_token_that_may_read_only_changes_nothing(client: Client, acme: Tenant) -> None:
    link = await made(client, acme, title="Kept")
    body = {"name": "Reader", "scopes": ["assets.read"]}
    token = (await client.post("/api/tokens", json=body, headers=acme.workspace)).json()["token"]
    reader = {"Authorization": f"Bearer {token['plain_text_token']}"}
    one = f"{LINKS}/{link['id']}"
    for answer in (
        await client.post(LINKS, json=FLYER, headers=reader),
        await client.patch(one, json={"title": "Lost"}, headers=reader),
        await client.delete(one, headers=reader),
    ):
        assert (answer.status_code, list(answer.json())) == (403, ["message"])
    assert await titles(client, reader) == ["Kept"]


async def test_a_token_that_may_write_only_changes_what_it_cannot_read(
    client: Client, acme: Tenant
) -> None:
    one = f"{LINKS}/{(await made(client, acme))['id']}"
    body = {"name": "Writer", "scopes": ["assets.write"]}
    token = (await client.post("/api/tokens", json=body, headers=acme.workspace)).json()["token"]
    writer = {"Authorization": f"Bearer {token['plain_text_token']}"}
    assert (await client.get(one, headers=writer)).status_code == 403
    for method in ("PATCH", "PUT"):
        changed = await client.request(method, one, json={"title": method}, headers=writer)
        assert (changed.status_code, changed.json()["qr_link"]["title"]) == (200, method)
    assert (await client.delete(one, headers=writer)).status_code == 204


@pytest.mark.parametrize("id", ["7", "nonsense", "%00", NOWHERE])
async def test_an_id_that_is_none_is_not_found(client: Client, acme: Tenant, id: str) -> None:
    answer = await client.get(f"{LINKS}/{id}", headers=acme.business)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])


async def test_a_static_code_is_no_qr_link(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    link = await made(client, acme)
    await database.execute(
        text("UPDATE qr_code SET is_dynamic = false, short_code = NULL, payload = 'https://a'")
    )
    assert await titles(client, acme.business) == []
    one = f"{LINKS}/{link['id']}"
    for answer in (
        await client.get(one, headers=acme.business),
        await client.patch(one, json={"title": "A"}, headers=acme.business),
        await client.delete(one, headers=acme.business),
    ):
        assert answer.status_code == 404
    assert await database.scalar(text("SELECT count(deleted_at) FROM qr_code")) == 0
