"""The tracking dialect's codes: seed 004 word for word, its codes of refusals, its cursors."""

from __future__ import annotations

import base64
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant
from tests.builders.keys import a_workspace
from tests.builders.tenants import an_organization

CODES = "/v1/qr-codes"
FLYER = {"name": "Welcome flyer", "destinationUrl": "https://example.com/welcome"}
NOWHERE = "6f1c2d3e-0000-4000-8000-000000000000"


@pytest_asyncio.fixture
async def acme(make_tenant: Callable[..., Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("acme", "pro")


async def made(client: Client, tenant: Tenant, **more: Any) -> dict[str, Any]:
    answer = await client.post(CODES, json={**FLYER, **more}, headers=tenant.tracking)
    assert answer.status_code == 201, answer.text
    code: dict[str, Any] = answer.json()["data"]
    return code


async def told(client: Client, tenant: Tenant, path: str) -> tuple[int, str]:
    answer = await client.get(path, headers=tenant.tracking)
    assert set(answer.json()) == {"error", "code"}
    return answer.status_code, answer.json()["code"]


async def names(client: Client, tenant: Tenant, **query: Any) -> list[str]:
    answer = await client.get(CODES, params=query, headers=tenant.tracking)
    assert answer.status_code == 200, answer.text
    return [code["name"] for code in answer.json()["data"]]


async def test_a_code_has_all_its_fields(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    code = await made(client, acme, shortCode="abcd1234", styleConfig={"foreground": "#1d1b18"})
    assert str(UUID(code["id"])) == code["id"]
    assert code == {
        "id": code["id"],
        "shortCode": "abcd1234",
        "shortUrl": "https://ink.test/q/abcd1234",
        "name": "Welcome flyer",
        "description": "",
        "destinationUrl": "https://example.com/welcome",
        "destinationPageId": None,
        "styleConfig": {"foreground": "#1d1b18"},
        "isDynamic": True,
        "isActive": True,
        "workspaceId": str(await database.scalar(text("SELECT id FROM workspace"))),
        "folderId": None,
        "tags": [],
        "scanCount": 0,
        "lastScannedAt": None,
        "createdAt": "2026-11-21T12:00:00.000Z",
        "updatedAt": "2026-11-21T12:00:00.000Z",
    }
    read = await client.get(f"{CODES}/{code['id']}", headers=acme.tracking)
    assert (read.json(), read.headers["etag"]) == ({"data": code}, '"1"')
    listed = await client.get(CODES, headers=acme.tracking)
    assert listed.json() == {"data": [code], "next_cursor": None}


async def test_any_subset_is_changed_and_the_rest_stays(
    client: Client, acme: Tenant, clock: FixedClock
) -> None:
    code = await made(client, acme, description="At the door", tags=["flyer", "spring"])
    one = f"{CODES}/{code['id']}"
    changes: list[dict[str, Any]] = [
        {"name": "Farewell flyer"},
        {"description": ""},
        {"destinationUrl": "https://example.com/farewell"},
        {"styleConfig": {"gradient": {"from": "#000000", "stops": 2}, "logo": None}},
        {"isActive": False, "tags": []},
        {},
    ]
    for change in changes:
        clock.moment += timedelta(seconds=1)
        answer = await client.patch(one, json=change, headers=acme.tracking)
        assert answer.status_code == 200, answer.text
        stamp = answer.json()["data"]["updatedAt"] if change else code["updatedAt"]
        code |= {**change, "updatedAt": stamp}
        assert answer.json() == {"data": code}
    assert code["updatedAt"] == "2026-11-21T12:00:05.000Z"


async def test_a_changed_destination_is_where_the_next_visit_goes(
    client: Client, acme: Tenant
) -> None:
    code = await made(client, acme, shortCode="moves")
    change = {"destinationUrl": "https://example.com/elsewhere"}
    await client.patch(f"{CODES}/{code['id']}", json=change, headers=acme.tracking)
    assert (await client.get("/q/moves")).headers["location"] == "https://example.com/elsewhere"


async def test_a_deleted_code_is_gone_and_its_row_is_kept(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    code = await made(client, acme, shortCode="gone")
    one = f"{CODES}/{code['id']}"
    answer = await client.delete(one, headers=acme.tracking)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get("/q/gone")).status_code == 404
    assert await told(client, acme, one) == (404, "NOT_FOUND")
    assert (await client.delete(one, headers=acme.tracking)).status_code == 404
    assert (await client.patch(one, json={}, headers=acme.tracking)).status_code == 404
    assert await names(client, acme) == []
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 1


async def test_an_etag_guards_against_overwriting(client: Client, acme: Tenant) -> None:
    one = f"{CODES}/{(await made(client, acme))['id']}"
    first = {**acme.tracking, "If-Match": '"1"'}
    assert (await client.patch(one, json={"name": "A"}, headers=first)).status_code == 200
    late = await client.patch(one, json={"name": "B"}, headers=first)
    assert (late.status_code, late.json()["code"]) == (412, "VERSION_MISMATCH")
    assert (await client.delete(one, headers=first)).status_code == 412
    assert await names(client, acme) == ["A"]


async def test_a_create_is_repeated_safely(client: Client, acme: Tenant) -> None:
    headers = {**acme.tracking, "Idempotency-Key": "flyer-1"}
    answers = [await client.post(CODES, json=FLYER, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await names(client, acme)) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Third", "Second flyer", "First"]),
        ({"q": "FLY"}, ["Second flyer"]),
        ({"q": "  second   fly "}, ["Second flyer"]),
        ({"q": "ir"}, ["Third", "First"]),
        ({"q": "example"}, []),
        ({"q": "%"}, []),
        ({"limit": "2"}, ["Third", "Second flyer"]),
        ({"workspace_id": NOWHERE}, []),
        ({"folder_id": NOWHERE}, []),
    ],
)
async def test_a_list_is_newest_first_and_narrowed(
    client: Client, acme: Tenant, clock: FixedClock, query: dict[str, str], found: list[str]
) -> None:
    for name in ("First", "Second flyer", "Third"):
        await made(client, acme, name=name)
        clock.moment += timedelta(seconds=1)
    assert await names(client, acme, **query) == found


async def test_a_list_is_of_one_workspace_when_asked(
    client: Client, database: AsyncConnection, acme: Tenant
) -> None:
    code = await made(client, acme, name="At home")
    assert await names(client, acme, workspace_id=code["workspaceId"]) == ["At home"]
    prefixed = f"wsp_{code['workspaceId'].replace('-', '')}"
    assert await names(client, acme, workspace_id=prefixed) == ["At home"]


async def test_a_code_is_put_into_a_folder_found_there_and_taken_out(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    folder = await database.scalar(
        text(
            "INSERT INTO folder (id, created_at, updated_at, organization_id, workspace_id, name, "
            "name_key, version) "
            "SELECT gen_random_uuid(), now(), now(), organization_id, id, 'In', 'in', 1 "
            "FROM workspace RETURNING id::text"
        )
    )
    one = f"{CODES}/{(await made(client, acme, name='Inside', folderId=folder))['id']}"
    await made(client, acme, name="Outside")
    assert await names(client, acme, folder_id=folder) == ["Inside"]
    out = await client.patch(one, json={"folderId": None}, headers=acme.tracking)
    assert out.json()["data"]["folderId"] is None
    assert await names(client, acme, folder_id=folder) == []
    back = await client.patch(one, json={"folderId": folder}, headers=acme.tracking)
    assert back.json()["data"]["folderId"] == folder
    for nowhere in (NOWHERE, f"fld_{UUID(NOWHERE).hex}"):
        lost = await client.patch(one, json={"folderId": nowhere}, headers=acme.tracking)
        assert (lost.status_code, lost.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "INVALID_PARAMETER"),
        ("limit=201", "INVALID_PARAMETER"),
        ("limit=ten", "INVALID_PARAMETER"),
        ("limit=", "INVALID_PARAMETER"),
        ("workspace_id=home", "INVALID_PARAMETER"),
        ("folder_id=7", "INVALID_PARAMETER"),
        ("q=%00", "INVALID_PARAMETER"),
        (f"q={'a' * 201}", "INVALID_PARAMETER"),
        ("cursor=", "INVALID_CURSOR"),
        ("cursor=nonsense", "INVALID_CURSOR"),
        ("cursor=%00%ff", "INVALID_CURSOR"),
        ("cursor=ü", "INVALID_CURSOR"),
        (f"cursor={'A' * 5000}", "INVALID_CURSOR"),
        (f"cursor={base64.urlsafe_b64encode(b'2026-05-07|1').decode()}", "INVALID_CURSOR"),
        (f"cursor={base64.urlsafe_b64encode(bytes([255] * 24)).decode()}", None),
        (f"cursor={base64.urlsafe_b64encode(bytes([127] * 24)).decode()}", "INVALID_CURSOR"),
    ],
)
async def test_a_wrong_query_is_refused_by_its_code(
    client: Client, acme: Tenant, query: str, code: str | None
) -> None:
    answer = await client.get(f"{CODES}?{query}", headers=acme.tracking)
    assert (answer.status_code, answer.json().get("code")) == (400 if code else 200, code)
    if code == "INVALID_PARAMETER":
        assert answer.json()["error"].startswith(f"{query.partition('=')[0]}: ")


async def test_random_cursors_never_break_anything(client: Client, acme: Tenant) -> None:
    for _ in range(60):
        cursor = base64.urlsafe_b64encode(os.urandom(24)).decode()
        answer = await client.get(CODES, params={"cursor": cursor}, headers=acme.tracking)
        assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"destinationUrl": "https://a.example"}, "name"),
        ({"name": "", "destinationUrl": "https://a.example"}, "name"),
        ({"name": "n" * 201, "destinationUrl": "https://a.example"}, "name"),
        ({"name": "A"}, "destinationUrl"),
        ({**FLYER, "destinationUrl": "ftp://a.example"}, "destinationUrl"),
        ({**FLYER, "destinationUrl": None}, "destinationUrl"),
        ({**FLYER, "destinationUrl": "https://ink.test/q/loop"}, "destinationUrl"),
        ({**FLYER, "description": "d" * 2001}, "description"),
        ({**FLYER, "workspaceId": "home"}, "workspaceId"),
        ({**FLYER, "folderId": 7}, "folderId"),
        ({**FLYER, "shortCode": "a b"}, "shortCode"),
        ({**FLYER, "shortCode": "admin"}, "shortCode"),
        ({**FLYER, "styleConfig": "blue"}, "styleConfig"),
        ({**FLYER, "tags": [""]}, "tags"),
        ({**FLYER, "destination_url": "https://a.example"}, "destination_url"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_written(
    client: Client, acme: Tenant, database: AsyncConnection, body: object, field: str
) -> None:
    answer = await client.post(CODES, json=body, headers=acme.tracking)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")
    assert f"{field}: " in answer.json()["error"]
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 0


@pytest.mark.parametrize(
    "style",
    [
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": [[[[[1]]]]]}',
        b'{"a": 1' + b"0" * 4000 + b"}",
        b'{"a": "' + b"x" * 8192 + b'"}',
    ],
)
async def test_a_style_that_cannot_be_kept_is_refused(
    client: Client, acme: Tenant, style: bytes
) -> None:
    body = b'{"name": "A", "destinationUrl": "https://a.example", "styleConfig": ' + style + b"}"
    headers = {**acme.tracking, "Content-Type": "application/json"}
    answer = await client.post(CODES, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff"])
async def test_a_body_that_is_no_json_object_is_told_so(
    client: Client, acme: Tenant, raw: bytes
) -> None:
    headers = {**acme.tracking, "Content-Type": "application/json"}
    answer = await client.post(CODES, content=raw, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == ("INVALID_BODY" if raw else "INVALID_PARAMETER")


async def test_a_null_is_no_name_and_no_destination(client: Client, acme: Tenant) -> None:
    one = f"{CODES}/{(await made(client, acme))['id']}"
    for field in ("name", "description", "destinationUrl", "styleConfig", "isActive", "tags"):
        answer = await client.patch(one, json={field: None}, headers=acme.tracking)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize("id", ["7", "nonsense", "%00", "abcd1234", "0" * 31, "ü", NOWHERE])
async def test_an_id_that_is_none_is_not_found(client: Client, acme: Tenant, id: str) -> None:
    await made(client, acme, shortCode="abcd1234")
    one = f"{CODES}/{id}"
    assert await told(client, acme, one) == (404, "NOT_FOUND")
    assert (await client.patch(one, json={}, headers=acme.tracking)).status_code == 404
    assert (await client.delete(one, headers=acme.tracking)).status_code == 404


async def test_without_a_workspace_nothing_can_be_made(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    await database.execute(text("UPDATE workspace SET deleted_at = now()"))
    answer = await client.post(CODES, json=FLYER, headers=acme.tracking)
    assert (answer.status_code, answer.json()["code"]) == (409, "NO_WORKSPACE")


async def test_a_workspace_of_others_is_not_found(client: Client, acme: Tenant) -> None:
    theirs = await a_workspace(await an_organization("theirs"))
    for workspace in (theirs, uuid4()):
        body = {**FLYER, "workspaceId": str(workspace)}
        answer = await client.post(CODES, json=body, headers=acme.tracking)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_a_plan_has_room_for_so_many_codes(
    client: Client, acme: Tenant, database: AsyncConnection
) -> None:
    code = await made(client, acme)
    await database.execute(
        text(
            "INSERT INTO qr_code SELECT (jsonb_populate_record(c, jsonb_build_object("
            "'id', gen_random_uuid(), 'short_code', 'code' || n))).* "
            "FROM qr_code c, generate_series(2, 5000) n WHERE c.short_code = :code"
        ),
        {"code": code["shortCode"]},
    )
    full = await client.post(CODES, json=FLYER, headers=acme.tracking)
    assert (full.status_code, full.json()["code"]) == (403, "PLAN_LIMIT")


@pytest.mark.parametrize("plan", ["free", "starter"])
async def test_a_plan_without_an_api_reads_and_makes_nothing(
    client: Client, make_tenant: Callable[..., Awaitable[Tenant]], plan: str
) -> None:
    small = await make_tenant("small", plan)
    assert await told(client, small, CODES) == (403, "PLAN_LIMIT")
    answer = await client.post(CODES, json=FLYER, headers=small.tracking)
    assert (answer.status_code, answer.json()["code"]) == (403, "PLAN_LIMIT")


async def test_a_taken_short_code_conflicts(client: Client, acme: Tenant) -> None:
    await made(client, acme, shortCode="once")
    again = await client.post(CODES, json={**FLYER, "shortCode": "once"}, headers=acme.tracking)
    assert (again.status_code, again.json()["code"]) == (409, "SHORT_CODE_TAKEN")


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/docs/tracking/openapi.json"])
async def test_the_document_is_there_for_everybody(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert CODES in answer.json()["paths"]
    assert (await client.head(path)).status_code == 200
