"""What a QR code cannot be: every refusal names its field, and nothing is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.errors import InvalidFields, NotFound
from tests.builders.keys import an_actor
from tests.builders.qr_codes import HOME, A, B, a_dynamic, a_link_row, a_static, changed
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

SOON, LATER = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
TEXT = {"type": "TEXT", "content": {"text": "x"}}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "destination_url"),
    ({"destination_url": ""}, "destination_url"),
    ({"destination_url": "https://ink.test/q/abc"}, "destination_url"),
    ({"destination_url": HOME, "description": "d" * 2001}, "description"),
    ({"destination_url": HOME, "style": {str(n): n for n in range(51)}}, "style"),
    ({"destination_url": HOME, "style": {"x": "y" * 9000}}, "style"),
    ({"destination_url": HOME, "style": {"x": float("nan")}}, "style"),
    ({"destination_url": HOME, "style": {"x": "nul\x00"}}, "style"),
    ({"destination_url": HOME, "style": {"x": [[[[[[1]]]]]]}}, "style"),
    ({"destination_url": HOME, "tags": ("",)}, "tags"),
    ({"destination_url": HOME, "tags": tuple(f"t{n}" for n in range(31))}, "tags"),
    ({"destination_url": HOME, "variants": (A,)}, "variants"),
    ({"destination_url": HOME, "variants": (A, {**B, "weight": -1})}, "variants.1.weight"),
    (
        {"destination_url": HOME, "variants": (A, {**B, "destinationUrl": "ftp://b.example"})},
        "variants.1.destinationUrl",
    ),
    (
        {"destination_url": HOME, "variants": (A, {**B, "destinationUrl": "https://ink.test/x"})},
        "variants.1.destinationUrl",
    ),
    ({"variants": (A, B)}, "destination_url"),
    ({"destination_url": HOME, "starts_at": LATER, "expires_at": SOON}, "expires_at"),
    ({"destination_url": HOME, "starts_at": datetime(2026, 12, 1)}, "starts_at"),  # noqa: DTZ001
    ({"destination_url": HOME, "scan_limit": 0}, "scan_limit"),
    ({"destination_url": HOME, "scan_limit": 10**12}, "scan_limit"),
    ({"destination_url": HOME, "expired_url": "nowhere"}, "expired_url"),
    ({"destination_url": HOME, "expired_url": "https://ink.test/q/abc"}, "expired_url"),
    ({"destination_url": HOME, "password": ""}, "password"),
    ({"destination_url": HOME, "password": "abc"}, "password"),
    ({"destination_url": HOME, "content": {"url": "https://b.example"}}, "content"),
    ({"content": {"url": "ftp://b.example"}}, "content.url"),
    ({"content": {"ssid": "x"}}, "content.ssid"),
    ({**TEXT, "is_dynamic": True}, "is_dynamic"),
    ({**TEXT, "destination_url": HOME}, "destination_url"),
    ({"type": "TEXT"}, "content.text"),
    ({"type": "WIFI", "content": {"ssid": "x", "password": "short"}}, "content.password"),
    ({"type": "WIFI", "content": {"network": "x"}}, "content.network"),
    ({"type": "TEXT", "content": {"text": "ü" * 2000}}, "content"),
    ({"is_dynamic": False, "destination_url": "ftp://x.example"}, "destination_url"),
    ({"is_dynamic": False, "destination_url": f"https://x.example/{'ü' * 900}"}, "destination_url"),
    ({"is_dynamic": False}, "destination_url"),
]

OF_DYNAMIC: list[dict[str, Any]] = [
    {"short_code": "mine"},
    {"variants": (A, B)},
    {"starts_at": SOON},
    {"expires_at": SOON},
    {"scan_limit": 5},
    {"expired_url": HOME},
    {"password": "open sesame"},
    {"link_id": uuid4()},
]


@pytest.mark.parametrize(("given", "field"), WRONG, ids=lambda part: str(part)[:40])
async def test_a_wrong_field_is_named_and_nothing_is_made(
    database: AsyncConnection, given: dict[str, Any], field: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await create_qr_code(CreateQrCode(by, **given))
    assert field in refused.value.fields
    assert all(s.endswith(".") for told in refused.value.fields.values() for s in told)
    for table in ("qr_code", "event", "slug_claim"):
        assert await database.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@pytest.mark.parametrize("given", OF_DYNAMIC, ids=lambda given: next(iter(given)))
async def test_a_static_code_takes_nothing_that_only_a_scan_through_us_can_keep(
    given: dict[str, Any],
) -> None:
    by = await a_tenant()
    (field,) = given
    for static in (TEXT, {"is_dynamic": False, "destination_url": HOME}):
        with pytest.raises(InvalidFields) as refused:
            await create_qr_code(CreateQrCode(by, **static, **given))
        assert list(refused.value.fields) == [field]
    code = await a_static(by, "TEXT")
    with pytest.raises(InvalidFields) as refused:
        await changed(by, code, **given)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"destination_url": None}, "destination_url"),
        ({"destination_url": "javascript:alert(1)"}, "destination_url"),
        ({"destination_url": "https://ink.test/q/other"}, "destination_url"),
        ({"name": "n" * 201}, "name"),
        ({"description": "d" * 2001}, "description"),
        ({"short_code": "a b"}, "short_code"),
        ({"short_code": "admin"}, "short_code"),
        ({"style": {"x": float("inf")}}, "style"),
        ({"tags": ("\u200b",)}, "tags"),
        ({"variants": (A,)}, "variants"),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "expires_at"),
        ({"scan_limit": -1}, "scan_limit"),
        ({"expired_url": "x"}, "expired_url"),
        ({"password": ""}, "password"),
        ({"content": {"url": "x"}}, "content.url"),
    ],
)
async def test_a_wrong_change_is_named_and_nothing_is_changed(
    database: AsyncConnection, given: dict[str, Any], field: str
) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, starts_at=SOON)
    before = (await database.execute(text("SELECT * FROM qr_code"))).one()
    with pytest.raises(InvalidFields) as refused:
        await changed(by, code, **given)
    assert list(refused.value.fields) == [field]
    assert (await database.execute(text("SELECT * FROM qr_code"))).one() == before
    assert await database.scalar(text("SELECT count(*) FROM event")) == 1


@pytest.mark.parametrize("name", ["workspace_id", "folder_id", "link_id"])
async def test_what_it_refers_to_must_be_there(name: str) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    with pytest.raises(NotFound):
        await a_dynamic(by, **{name: uuid4()})
    with pytest.raises(NotFound):
        await changed(by, code, **{name: uuid4()})


async def test_a_link_of_another_tenant_or_in_the_trash_is_not_there(
    database: AsyncConnection,
) -> None:
    by = await an_actor(await an_organization("mine"))
    theirs = await an_actor(await an_organization("theirs"))
    foreign = await a_link_row(theirs, (await a_dynamic(theirs)).workspace_id)
    code = await a_dynamic(by)
    with pytest.raises(NotFound):
        await changed(by, code, link_id=foreign)
    own = await a_link_row(by, code.workspace_id, "own")
    await database.execute(text("UPDATE link SET deleted_at = now()"))
    with pytest.raises(NotFound):
        await a_dynamic(by, link_id=own)
