"""QR codes changed: what is given and nothing else, with its event; what is printed leads on."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.passwords import CheckPassword, check_password
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.reading import ListQrChanges, ReadQrCode, list_qr_changes, read_qr_code
from activities.rules.errors import NotFound, ShortCodeTaken, VersionMismatch
from activities.rules.paging import PageRequest
from activities.shelf.folders import CreateFolder, create_folder
from tests.builders.keys import a_workspace, an_actor
from tests.builders.qr_codes import (
    HOME,
    A,
    B,
    C,
    a_dynamic,
    a_link_row,
    a_static,
    changed,
    claims,
    events,
)
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

SOON, LATER = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
FULL: dict[str, Any] = {
    "name": "Menu",
    "description": "At the bar",
    "short_code": "menu-24",
    "tags": ("summer", "bar"),
    "style": {"foreground": "#123456"},
    "variants": (A, B),
    "starts_at": SOON,
    "expires_at": LATER,
    "scan_limit": 10,
    "expired_url": "https://example.com/over",
    "password": "open sesame",
}
MOVES = ("version", "updated_at")


async def password_hash(database: AsyncConnection, id: UUID) -> str:
    query = text("SELECT password_hash FROM qr_code WHERE id = :id")
    return str(await database.scalar(query, {"id": id}))


@pytest.mark.parametrize(
    ("given", "moved", "told"),
    [
        ({"name": "Card"}, {"name": "Card"}, "name"),
        ({"description": ""}, {"description": ""}, "description"),
        ({"destination_url": HOME + "b"}, {"destination_url": HOME + "b"}, "destinationUrl"),
        ({"content": {"url": HOME + "b"}}, {"destination_url": HOME + "b"}, "destinationUrl"),
        ({"is_active": False}, {"is_active": False}, "isActive"),
        ({"tags": ("bar",)}, {"tags": ("bar",)}, "tags"),
        ({"tags": ()}, {"tags": ()}, "tags"),
        ({"style": {}}, {"style": {}}, "style"),
        ({"variants": ()}, {"variants": ()}, "variants"),
        ({"starts_at": None}, {"starts_at": None}, "startsAt"),
        ({"expires_at": None}, {"expires_at": None}, "expiresAt"),
        ({"scan_limit": None}, {"scan_limit": None}, "scanLimit"),
        ({"scan_limit": 3}, {"scan_limit": 3}, "scanLimit"),
        ({"expired_url": None}, {"expired_url": None}, "expiredUrl"),
        ({"password": None}, {"has_password": False}, "password"),
    ],
    ids=str,
)
async def test_what_is_not_given_stays(
    clock: FixedClock, given: dict[str, Any], moved: dict[str, Any], told: str
) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, **FULL)
    clock.moment += timedelta(minutes=1)
    after = await changed(by, code, **given)
    assert after == dataclasses.replace(code, version=2, updated_at=clock.moment, **moved)
    assert after == await read_qr_code(ReadQrCode(by, id=code.id))
    assert [kind for kind, _ in await events()] == ["qr.created", "qr.updated"]
    payload = (await events())[1][1]
    assert payload["changes"] == [told]
    assert payload["updatedAt"] == "2026-11-21T12:01:00.000Z"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {name: value for name, value in FULL.items() if name not in ("password", "variants")},
        {"tags": ("SUMMER", "Bar")},
        {"content": {"url": HOME}},
        {"variants": (A, B)},
        {"starts_at": SOON.astimezone()},
    ],
    ids=["nothing", "the same", "tags in capitals", "content", "variants without ids", "zone"],
)
async def test_a_change_that_changes_nothing_is_none(given: dict[str, Any]) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, **FULL)
    assert await changed(by, code, **given) == code
    assert len(await events()) == 1


async def test_a_drawn_code_that_is_not_changed_is_not_announced() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, name="Menu")
    assert await changed(by, code, name="Menu") == code
    assert len(await events()) == 1


async def test_a_new_password_takes_the_place_of_the_old_one(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, password="open sesame")
    await changed(by, code, password="close sesame")
    stored = await password_hash(database, code.id)
    assert (await check_password(CheckPassword("close sesame", stored))).is_right
    assert not (await check_password(CheckPassword("open sesame", stored))).is_right
    assert "sesame" not in str(await events())
    assert "sesame" not in repr(UpdateQrCode(by, code.id, password="close sesame"))


async def test_who_read_an_older_version_is_told(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    second = await changed(by, code, name="Ada's", version=1)
    assert second.version == 2
    with pytest.raises(VersionMismatch):
        await changed(by, code, name="Bob's", version=1)
    assert (await read_qr_code(ReadQrCode(by, id=code.id))).name == "Ada's"
    await changed(by, code, name="Bob's", version=2)


async def test_a_code_is_changed_by_its_short_code_too() -> None:
    by = await a_tenant()
    await a_dynamic(by, short_code="menu")
    after = await update_qr_code(UpdateQrCode(by, short_code_is="menu", name="Card"))
    assert after.name == "Card"
    for nobodys in ("Menu", "a\x00b", ""):
        with pytest.raises(NotFound):
            await update_qr_code(UpdateQrCode(by, short_code_is=nobodys, name="Card"))


async def test_another_tenant_changes_nothing() -> None:
    by, thief = await a_tenant("mine"), await a_tenant("theirs")
    code = await a_dynamic(by, short_code="menu")
    for command in (
        UpdateQrCode(thief, code.id, name="stolen"),
        UpdateQrCode(thief, short_code_is="menu", name="stolen"),
    ):
        with pytest.raises(NotFound):
            await update_qr_code(command)
    assert await read_qr_code(ReadQrCode(by, id=code.id)) == code


async def test_a_code_keeps_every_short_code_it_had_and_may_go_back() -> None:
    by, thief = await a_tenant("mine"), await a_tenant("theirs")
    code = await a_dynamic(by, short_code="first")
    second = await changed(by, code, short_code="second")
    assert second.short_url == "https://ink.test/q/second"
    assert await claims() == {"first": code.id, "second": code.id}
    other = await a_dynamic(by, short_code="other")
    for who, short_code in ((thief, "first"), (thief, "second"), (by, "first")):
        with pytest.raises(ShortCodeTaken):
            await a_dynamic(who, short_code=short_code)
    with pytest.raises(ShortCodeTaken):
        await changed(by, other, short_code="first")
    back = await changed(by, second, short_code="first")
    assert back.short_code == "first"
    assert await claims() == {"first": code.id, "second": code.id, "other": other.id}


async def test_a_deleted_code_keeps_its_short_codes(database: AsyncConnection) -> None:
    by, thief = await a_tenant("mine"), await a_tenant("theirs")
    code = await a_dynamic(by, short_code="first")
    await changed(by, code, short_code="second")
    await database.execute(text("DELETE FROM qr_code"))
    for short_code in ("first", "second"):
        with pytest.raises(ShortCodeTaken):
            await a_dynamic(thief, short_code=short_code)


async def test_variants_keep_their_ids() -> None:
    by = await a_tenant()
    code = await a_dynamic(by, variants=(A, B))
    assert [v["id"] for v in code.variants] == ["v1", "v2"]
    swapped = await changed(by, code, variants=({**B, "weight": 9}, A))
    assert [(v["id"], v["weight"]) for v in swapped.variants] == [("v2", 9), ("v1", 1)]
    replaced = await changed(by, code, variants=(B, C))
    assert replaced.variants[0]["id"] == "v2"
    assert replaced.variants[1]["id"] not in ("v1", "v2")
    retargeted = await changed(by, code, variants=({**A, "id": "v2"}, C))
    assert [v["id"] for v in retargeted.variants] == ["v2", replaced.variants[1]["id"]]
    twice = await changed(by, code, variants=(C, C, {**A, "id": "mine"}))
    assert len({v["id"] for v in twice.variants}) == 3
    assert twice.variants[2]["id"] == "mine"


async def test_where_it_led_is_remembered(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    clock.moment += timedelta(minutes=1)
    await changed(by, code, destination_url="https://b.example")
    clock.moment += timedelta(minutes=1)
    await changed(by, code, destination_url="https://c.example", name="Renamed")
    await changed(by, code, name="Renamed again")
    page = await list_qr_changes(ListQrChanges(by, code.id, PageRequest()))
    assert [(c.old_url, c.new_url) for c in page.items] == [
        ("https://b.example", "https://c.example"),
        (HOME, "https://b.example"),
    ]
    assert {c.changed_by for c in page.items} == {by.name}
    with pytest.raises(NotFound):
        await list_qr_changes(ListQrChanges(await a_tenant("other"), code.id, PageRequest()))


async def test_another_workspace_takes_it_out_of_its_folder() -> None:
    home = await an_organization()
    by = await an_actor(home, plan="pro")
    code = await a_dynamic(by)
    folder = await create_folder(CreateFolder(by, "Here"))
    inside = await changed(by, code, folder_id=folder.id)
    assert (inside.folder_id, inside.folder_name) == (folder.id, "Here")
    aside = await a_workspace(home)
    moved = await changed(by, code, workspace_id=aside)
    assert (moved.workspace_id, moved.folder_id, moved.folder_name) == (aside, None, None)
    assert (await events())[-1][1]["changes"] == ["workspaceId", "folderId"]
    with pytest.raises(NotFound):
        await changed(by, code, folder_id=folder.id)
    back = await changed(by, code, workspace_id=code.workspace_id, folder_id=folder.id)
    assert back.folder_id == folder.id
    assert (await changed(by, code, folder_id=None)).folder_id is None


async def test_who_is_restricted_sees_and_changes_one_workspace_only() -> None:
    home = await an_organization()
    by = await an_actor(home, plan="pro")
    aside = await a_workspace(home)
    there, here = await a_dynamic(by), await a_dynamic(by, workspace_id=aside)
    bound = await an_actor(home, plan="pro", workspace_id=aside)
    with pytest.raises(NotFound):
        await changed(bound, there, name="seen")
    with pytest.raises(NotFound):
        await changed(bound, here, workspace_id=there.workspace_id)
    with pytest.raises(NotFound):
        await a_dynamic(bound, workspace_id=there.workspace_id)
    assert (await a_dynamic(bound)).workspace_id == aside
    assert (await changed(bound, here, name="mine")).name == "mine"


async def test_a_static_code_says_what_its_content_says() -> None:
    by = await a_tenant()
    code = await a_static(by, "WIFI", {"ssid": "Café", "password": "flat;white:2"})
    assert code.payload == r"WIFI:T:WPA;S:Café;P:flat\;white\:2;;"
    after = await changed(by, code, content={"ssid": "Bar"})
    assert after.payload == "WIFI:T:nopass;S:Bar;;"
    assert (await events())[-1][1]["changes"] == ["content"]
    same = await changed(by, code, name="Guests")
    assert (same.payload, same.content) == (after.payload, after.content)


async def test_a_static_address_is_held_in_ascii() -> None:
    by = await a_tenant()
    url = "https://exämple.com/süß?q=ä"
    code = await a_dynamic(by, destination_url=url, is_dynamic=False)
    assert code.payload == "https://xn--exmple-cua.com/s%C3%BC%C3%9F?q=%C3%A4"
    assert (code.destination_url, code.short_code, code.short_url) == (url, None, None)
    after = await changed(by, code, destination_url="https://b.example")
    assert after.payload == "https://b.example"
    assert (await events())[-1][1]["changes"] == ["destinationUrl"]
    assert await claims() == {}


async def test_a_code_that_is_tied_to_a_link_shows_it() -> None:
    by = await an_actor(await an_organization())
    code = await a_dynamic(by)
    plain = await a_link_row(by, code.workspace_id)
    tied = await changed(by, code, link_id=plain, destination_url=None)
    assert tied.link is not None
    assert (tied.link.id, tied.link.slug) == (plain, "linked")
    assert tied.link.short_url == "https://ink.test/linked"
    assert tied.link.destination_url == "https://example.com/linked"
    custom = await a_link_row(by, code.workspace_id, "own", "go.example")
    made = await a_dynamic(by, link_id=custom, destination_url=None)
    assert made.link is not None
    assert made.link.short_url == "https://go.example/own"
    loose = await changed(by, code, link_id=None, destination_url=HOME)
    assert (loose.link_id, loose.link) == (None, None)


async def test_what_was_accepted_before_is_not_judged_again(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    await database.execute(text("UPDATE qr_code SET destination_url = 'https://ink.test/q/before'"))
    assert (await changed(by, code, name="Kept")).destination_url == "https://ink.test/q/before"
