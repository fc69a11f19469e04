"""Folders changed at once, on connections of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.errors import DomainError, InvalidFields, NameTaken, NotFound
from activities.rules.paging import PageRequest
from activities.shelf.folder_ends import DeleteFolder, delete_folder
from activities.shelf.folders import ListFolders, UpdateFolder, list_folders, update_folder
from tests.builders.databases import a_database
from tests.builders.shelf import a_folder
from tests.builders.tenants import a_code, a_tenant

pytestmark = pytest.mark.usefixtures("world")


def refused(outcomes: Sequence[object]) -> list[type[BaseException]]:
    """How some were refused; any other fault is a failure."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, DomainError):
            raise outcome
    return [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)]


async def test_of_two_crossing_moves_one_is_refused(database_url: str) -> None:
    async with a_database(database_url, connections=4):
        by = await a_tenant()
        for turn in range(8):
            a, b = await a_folder(by, f"a{turn}"), await a_folder(by, f"b{turn}")
            outcomes = await asyncio.gather(
                update_folder(UpdateFolder(by, a.id, parent_id=b.id)),
                update_folder(UpdateFolder(by, b.id, parent_id=a.id)),
                return_exceptions=True,
            )
            assert refused(outcomes) == [InvalidFields]
        folders = (await list_folders(ListFolders(by, PageRequest(1, 100)))).items
        assert sorted(len(folder.path) for folder in folders) == [1] * 8 + [2] * 8


async def test_of_many_folders_of_one_name_one_is_made(database_url: str) -> None:
    async with a_database(database_url, connections=6):
        by = await a_tenant()
        outcomes = await asyncio.gather(
            *(a_folder(by, "Same") for _ in range(6)), return_exceptions=True
        )
        assert refused(outcomes) == [NameTaken] * 5


async def test_a_folder_that_goes_loses_no_code_that_comes(database_url: str) -> None:
    async with a_database(database_url, connections=6):
        by = await a_tenant()
        for turn in range(6):
            folder = await a_folder(by, f"turn {turn}")
            code, there = await a_code(by), await a_code(by)
            await update_qr_code(UpdateQrCode(by, there.id, folder_id=folder.id))
            outcomes = await asyncio.gather(
                update_qr_code(UpdateQrCode(by, code.id, folder_id=folder.id)),
                delete_folder(DeleteFolder(by, folder.id)),
                create_qr_code(CreateQrCode(by, "https://example.com", folder_id=folder.id)),
                update_qr_code(UpdateQrCode(by, there.id, name="Changed meanwhile")),
                return_exceptions=True,
            )
            assert set(refused(outcomes)) <= {NotFound}
            for one in (code, there):
                assert (await read_qr_code(ReadQrCode(by, id=one.id))).folder_id is None
            kept = await read_qr_code(ReadQrCode(by, id=there.id))
            assert kept.name == "Changed meanwhile"
