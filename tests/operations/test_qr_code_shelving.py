"""QR codes put away and taken back, and copies of them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.qr_codes.creating import DuplicateQrCode, duplicate_qr_code
from activities.qr_codes.reading import ListQrCodes, ReadQrCode, list_qr_codes, read_qr_code
from activities.qr_codes.shelving import (
    ArchiveQrCode,
    DeleteQrCode,
    RestoreQrCode,
    archive_qr_code,
    delete_qr_code,
    restore_qr_code,
)
from activities.rules.actors import Actor
from activities.rules.errors import (
    InvalidFields,
    NotFound,
    NoWorkspace,
    PlanLimitReached,
    ShortCodeTaken,
    VersionMismatch,
)
from activities.rules.listings import Listing, Shelf
from activities.rules.paging import PageRequest
from activities.shelf.folders import CreateFolder, create_folder
from activities.workspaces import DeleteWorkspace, delete_workspace
from tests.builders.keys import a_workspace, an_actor
from tests.builders.qr_codes import A, B, a_dynamic, a_static, changed, events
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def ids_on(by: Actor, shelf: Shelf) -> list[UUID]:
    page = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(), shelf=shelf)))
    return [code.id for code in page.items]


async def test_a_deleted_code_is_nowhere_but_in_the_trash(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_dynamic(by, short_code="gone")
    await delete_qr_code(DeleteQrCode(by, code.id))
    for wanted in (ReadQrCode(by, id=code.id), ReadQrCode(by, short_code="gone")):
        with pytest.raises(NotFound):
            await read_qr_code(wanted)
    with pytest.raises(NotFound):
        await changed(by, code, name="still there")
    with pytest.raises(NotFound):
        await delete_qr_code(DeleteQrCode(by, code.id))
    with pytest.raises(NotFound):
        await duplicate_qr_code(DuplicateQrCode(by, code.id))
    with pytest.raises(NotFound):
        await archive_qr_code(ArchiveQrCode(by, code.id))
    with pytest.raises(ShortCodeTaken):
        await a_dynamic(by, short_code="gone")
    assert (await ids_on(by, "here"), await ids_on(by, "trash")) == ([], [code.id])
    kind, payload = (await events())[-1]
    assert kind == "qr.deleted"
    assert payload["deletedAt"] == "2026-11-21T12:00:00.000Z"


@pytest.mark.parametrize("wanted", ["id", "short_code"])
async def test_another_tenant_deletes_and_restores_nothing(wanted: str) -> None:
    by, thief = await a_tenant("mine"), await a_tenant("theirs")
    code = await a_dynamic(by, short_code="mine")
    by_what: dict[str, Any] = {"id": code.id} if wanted == "id" else {"short_code": "mine"}
    with pytest.raises(NotFound):
        await delete_qr_code(DeleteQrCode(thief, **by_what))
    await delete_qr_code(DeleteQrCode(by, **by_what))
    with pytest.raises(NotFound):
        await restore_qr_code(RestoreQrCode(thief, code.id))


async def test_who_read_an_older_version_deletes_nothing() -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    await changed(by, code, name="newer")
    with pytest.raises(VersionMismatch):
        await delete_qr_code(DeleteQrCode(by, code.id, version=1))
    await delete_qr_code(DeleteQrCode(by, code.id, version=2))


async def test_a_restored_code_is_as_it_was(clock: FixedClock) -> None:
    by = await a_tenant()
    folder = await create_folder(CreateFolder(by, "Here"))
    code = await a_dynamic(by, short_code="back", tags=("summer",), folder_id=folder.id)
    await delete_qr_code(DeleteQrCode(by, code.id))
    clock.moment += timedelta(days=29, hours=23)
    back = await restore_qr_code(RestoreQrCode(by, code.id))
    assert back == dataclasses.replace(code, version=3, updated_at=clock.moment)
    assert (await events())[-1][1]["changes"] == ["restored"]
    with pytest.raises(NotFound):
        await restore_qr_code(RestoreQrCode(by, code.id))


async def test_the_trash_shows_what_comes_back_and_nothing_else(clock: FixedClock) -> None:
    by = await a_tenant()
    codes = [await a_dynamic(by) for _ in range(2)]
    await delete_qr_code(DeleteQrCode(by, codes[0].id))
    clock.moment += timedelta(days=1)
    await delete_qr_code(DeleteQrCode(by, codes[1].id))
    assert set(await ids_on(by, "trash")) == {code.id for code in codes}
    clock.moment += timedelta(days=29)
    page = await list_qr_codes(ListQrCodes(by, Listing(PageRequest(), shelf="trash")))
    assert ([code.id for code in page.items], page.total) == ([codes[1].id], 1)


async def test_after_thirty_days_nothing_comes_back(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    await delete_qr_code(DeleteQrCode(by, code.id))
    clock.moment += timedelta(days=30)
    with pytest.raises(NotFound):
        await restore_qr_code(RestoreQrCode(by, code.id))


async def test_what_is_restored_needs_room(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    await delete_qr_code(DeleteQrCode(by, code.id))
    other = await a_dynamic(by)
    await database.execute(
        text(
            "INSERT INTO qr_code SELECT (jsonb_populate_record(c, jsonb_build_object("
            "'id', gen_random_uuid(), 'short_code', 'code' || n))).* "
            "FROM qr_code c, generate_series(2, 50) n WHERE c.id = :id"
        ),
        {"id": other.id},
    )
    with pytest.raises(PlanLimitReached):
        await restore_qr_code(RestoreQrCode(by, code.id))


async def test_a_code_whose_workspace_is_gone_comes_back_to_the_first_one(
    database: AsyncConnection,
) -> None:
    home = await an_organization()
    by = await an_actor(home, plan="pro")
    first = (await a_dynamic(by)).workspace_id
    aside = await a_workspace(home)
    code = await a_dynamic(by, workspace_id=aside)
    await delete_qr_code(DeleteQrCode(by, code.id))
    await delete_workspace(DeleteWorkspace(by, aside))
    back = await restore_qr_code(RestoreQrCode(by, code.id))
    assert (back.workspace_id, back.folder_id) == (first, None)
    await delete_qr_code(DeleteQrCode(by, code.id))
    await database.execute(text("UPDATE workspace SET deleted_at = now()"))
    with pytest.raises(NoWorkspace):
        await restore_qr_code(RestoreQrCode(by, code.id))


async def test_an_archived_code_is_put_aside_and_works(clock: FixedClock) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    clock.moment += timedelta(minutes=1)
    aside = await archive_qr_code(ArchiveQrCode(by, code.id))
    assert (aside.archived_at, aside.version, aside.is_active) == (clock.moment, 2, True)
    assert await archive_qr_code(ArchiveQrCode(by, code.id)) == aside
    assert (await ids_on(by, "here"), await ids_on(by, "archived")) == ([], [code.id])
    assert await read_qr_code(ReadQrCode(by, id=code.id)) == aside
    back = await archive_qr_code(ArchiveQrCode(by, code.id, archived=False))
    assert (back.archived_at, back.version) == (None, 3)
    assert await ids_on(by, "here") == [code.id]
    changes = [payload.get("changes") for _, payload in await events()]
    assert changes == [None, ["archived"], ["archived"]]


async def test_a_copy_has_everything_but_the_short_code_and_the_scans(
    database: AsyncConnection, clock: FixedClock
) -> None:
    by = await a_tenant()
    code = await a_dynamic(
        by,
        name="Menu",
        short_code="menu",
        tags=("summer",),
        style={"foreground": "#123456"},
        variants=(A, B),
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        expires_at=datetime(2026, 2, 1, tzinfo=UTC),
        scan_limit=7,
        expired_url="https://example.com/over",
        password="open sesame",
        is_active=False,
    )
    await database.execute(text("UPDATE qr_code SET scan_count = 5, last_scanned_at = now()"))
    clock.moment += timedelta(minutes=1)
    copy = await duplicate_qr_code(DuplicateQrCode(by, code.id))
    assert copy == dataclasses.replace(
        code,
        id=copy.id,
        name="Menu (copy)",
        short_code=copy.short_code,
        short_url=copy.short_url,
        payload=copy.payload,
        created_at=clock.moment,
        updated_at=clock.moment,
    )
    assert copy.short_code != "menu"
    hashes = await database.execute(text("SELECT DISTINCT password_hash FROM qr_code"))
    assert len(hashes.all()) == 1
    assert [kind for kind, _ in await events()] == ["qr.created", "qr.created"]


async def test_a_copy_is_called_as_asked() -> None:
    by = await a_tenant()
    unnamed, long = await a_dynamic(by), await a_dynamic(by, name="n" * 200)
    assert (await duplicate_qr_code(DuplicateQrCode(by, unnamed.id))).name == ""
    assert (await duplicate_qr_code(DuplicateQrCode(by, long.id))).name == "n" * 193 + " (copy)"
    assert (await duplicate_qr_code(DuplicateQrCode(by, long.id, "Two"))).name == "Two"
    with pytest.raises(InvalidFields, match="name"):
        await duplicate_qr_code(DuplicateQrCode(by, long.id, "n" * 201))


async def test_a_static_code_and_an_older_destination_are_copied_too(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    static = await a_static(by, "VCARD")
    copy = await duplicate_qr_code(DuplicateQrCode(by, static.id))
    assert (copy.payload, copy.content, copy.short_code) == (static.payload, static.content, None)
    older = await a_dynamic(by)
    await database.execute(
        text("UPDATE qr_code SET destination_url = 'https://ink.test/q/x' WHERE id = :id"),
        {"id": older.id},
    )
    copied = await duplicate_qr_code(DuplicateQrCode(by, older.id))
    assert copied.destination_url == "https://ink.test/q/x"


async def test_a_copy_counts_for_the_plan(database: AsyncConnection) -> None:
    by = await a_tenant()
    code = await a_dynamic(by)
    await database.execute(
        text(
            "INSERT INTO qr_code SELECT (jsonb_populate_record(c, jsonb_build_object("
            "'id', gen_random_uuid(), 'short_code', 'code' || n))).* "
            "FROM qr_code c, generate_series(2, 50) n"
        )
    )
    with pytest.raises(PlanLimitReached):
        await duplicate_qr_code(DuplicateQrCode(by, code.id))
