"""Style presets: kept in one workspace, by name, at most one of them the default."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from activities.barcodes.creating import CreateBarcode, create_barcode
from activities.brand.presets import (
    CreateStylePreset,
    DeleteStylePreset,
    ListStylePresets,
    ReadStylePreset,
    StyleOfNew,
    StylePresetView,
    UpdateStylePreset,
    create_style_preset,
    delete_style_preset,
    list_style_presets,
    read_style_preset,
    style_of_new,
    update_style_preset,
)
from activities.gateways.clock import FixedClock
from activities.qr_codes.creating import (
    CreateQrCode,
    DuplicateQrCode,
    create_qr_code,
    duplicate_qr_code,
)
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NameTaken, NotFound, VersionMismatch
from activities.rules.paging import PageRequest
from activities.workspaces import CreateWorkspace, create_workspace
from tests.builders.databases import a_database
from tests.builders.members import the_owner
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("world")
here = pytest.mark.usefixtures("database")

ALL = PageRequest(1, 100)
STYLE = {"foreground": "#7a2e0e"}


async def a_preset(by: Actor, name: str = "Autumn", **more: Any) -> StylePresetView:
    return await create_style_preset(CreateStylePreset(by, name, **{"style": STYLE, **more}))


async def two_workspaces(owner: Actor) -> tuple[UUID, UUID]:
    made = [await create_workspace(CreateWorkspace(owner, name)) for name in ("Home", "Other")]
    return made[0].id, made[1].id


async def defaults(by: Actor) -> list[str]:
    page = await list_style_presets(ListStylePresets(by, ALL))
    return [preset.name for preset in page.items if preset.is_default]


@here
async def test_a_preset_is_kept_read_and_listed_by_name() -> None:
    by = await a_tenant()
    made = await a_preset(by, " Our  brand ")
    assert (made.name, made.style, made.is_default) == ("Our brand", STYLE, False)
    assert await read_style_preset(ReadStylePreset(by, made.id)) == made
    first = await a_preset(by, "autumn")
    page = await list_style_presets(ListStylePresets(by, ALL))
    assert (page.total, page.items) == (2, [first, made])


@here
@pytest.mark.parametrize(
    ("name", "style", "field"),
    [
        ("", STYLE, "name"),
        ("a\nb", STYLE, "name"),
        ("Big", {"own": "x" * 9000}, "style"),
        ("Odd", {"foreground": "\x00"}, "style"),
    ],
)
async def test_a_wrong_field_is_named(name: str, style: Any, field: str) -> None:
    by = await a_tenant()
    made = await a_preset(by)
    for asked in (
        a_preset(by, name, style=style),
        update_style_preset(UpdateStylePreset(by, made.id, name=name, style=style)),
    ):
        with pytest.raises(InvalidFields) as refused:
            await asked
        assert list(refused.value.fields) == [field]
    assert (await list_style_presets(ListStylePresets(by, ALL))).items == [made]


@here
async def test_a_name_is_taken_within_a_workspace() -> None:
    owner = await the_owner(await an_organization())
    other = await create_workspace(CreateWorkspace(owner, "Other"))
    await a_preset(owner, "Spring", workspace_id=other.id)
    with pytest.raises(NameTaken):
        await a_preset(owner, "SPRING", workspace_id=other.id, is_default=True)
    autumn = await a_preset(owner, "Autumn", workspace_id=other.id)
    with pytest.raises(NameTaken):
        await update_style_preset(UpdateStylePreset(owner, autumn.id, name="spring"))
    bound = replace(owner, workspace_id=other.id)
    assert (await list_style_presets(ListStylePresets(bound, ALL))).total == 2
    elsewhere = replace(owner, workspace_id=autumn.id)
    assert (await list_style_presets(ListStylePresets(elsewhere, ALL))).total == 0


@here
async def test_what_is_given_is_changed_if_nobody_was_quicker(clock: FixedClock) -> None:
    by = await a_tenant()
    made = await a_preset(by)
    clock.moment += timedelta(hours=1)
    assert await update_style_preset(UpdateStylePreset(by, made.id, version=1)) == made
    changed = await update_style_preset(UpdateStylePreset(by, made.id, style={"a": [1]}))
    assert changed == replace(made, style={"a": [1]}, version=2, updated_at=clock.now())
    for asked in (
        update_style_preset(UpdateStylePreset(by, made.id, version=1, name="Late")),
        delete_style_preset(DeleteStylePreset(by, made.id, version=1)),
    ):
        with pytest.raises(VersionMismatch):
            await asked
    await delete_style_preset(DeleteStylePreset(by, made.id, version=2))
    with pytest.raises(NotFound):
        await delete_style_preset(DeleteStylePreset(by, made.id))


@here
async def test_a_workspace_has_one_default_at_most() -> None:
    owner = await the_owner(await an_organization())
    home, other = await two_workspaces(owner)
    first = await a_preset(owner, "First", is_default=True, workspace_id=home)
    await a_preset(owner, "Elsewhere", is_default=True, workspace_id=other)
    second = await a_preset(owner, "Second", is_default=True, workspace_id=home)
    assert await defaults(owner) == ["Elsewhere", "Second"]
    assert (await read_style_preset(ReadStylePreset(owner, first.id))).version == 2
    await update_style_preset(UpdateStylePreset(owner, first.id, is_default=True))
    assert await defaults(owner) == ["Elsewhere", "First"]
    await update_style_preset(UpdateStylePreset(owner, first.id, is_default=False))
    assert await defaults(owner) == ["Elsewhere"]
    with pytest.raises(VersionMismatch):
        await update_style_preset(UpdateStylePreset(owner, second.id, version=1, is_default=True))
    assert await defaults(owner) == ["Elsewhere"]


@here
async def test_something_new_looks_like_its_preset_or_the_default() -> None:
    owner = await the_owner(await an_organization())
    home, other = await two_workspaces(owner)
    plain = await a_preset(owner, workspace_id=home)
    assert (await style_of_new(StyleOfNew(owner, home))).style == {}
    white = {"background": "#ffffff"}
    await a_preset(owner, "Usual", style=white, is_default=True, workspace_id=home)
    usual = await style_of_new(StyleOfNew(owner, home))
    assert usual.style == white
    assert (await style_of_new(StyleOfNew(owner, home, plain.id))).style == STYLE
    assert (await style_of_new(StyleOfNew(owner, other))).style == {}
    on_top = {"background": "#fef3c7", "moduleShape": "dot"}
    both = await style_of_new(StyleOfNew(owner, home, plain.id, on_top))
    assert both.style == {**STYLE, **on_top}
    assert (await style_of_new(StyleOfNew(owner, home, style={}))).style == {}, "none was wanted"
    stranger = await a_tenant("stranger")
    assert (await style_of_new(StyleOfNew(stranger, home))).style == {}
    for asked in (
        StyleOfNew(owner, other, plain.id),
        StyleOfNew(stranger, home, plain.id),
    ):
        with pytest.raises(NotFound):
            await style_of_new(asked)


@here
async def test_codes_and_barcodes_begin_with_the_style_of_their_workspace() -> None:
    owner = await the_owner(await an_organization())
    home, _ = await two_workspaces(owner)
    usual = {"foreground": "#1e3a8a", "moduleShape": "dot"}
    await a_preset(owner, "Usual", style=usual, is_default=True, workspace_id=home)
    code = await create_qr_code(CreateQrCode(owner, "https://example.com", workspace_id=home))
    assert code.style == usual
    barcode = await create_barcode(CreateBarcode(owner, "CODE128", "A1", workspace_id=home))
    assert barcode.style == usual
    plain = await create_qr_code(
        CreateQrCode(owner, "https://example.com", workspace_id=home, style={})
    )
    assert plain.style == {}
    assert (await duplicate_qr_code(DuplicateQrCode(owner, plain.id))).style == {}


@here
@pytest.mark.parametrize(
    ("style", "field"),
    [
        ({"moduleShape": "heart"}, "style.module_shape"),
        ({"logo": {"url": "https://a.example", "size": 3}}, "style.logo.size"),
    ],
)
async def test_a_style_that_cannot_be_drawn_is_no_preset(style: dict[str, Any], field: str) -> None:
    owner = await the_owner(await an_organization())
    with pytest.raises(InvalidFields) as refused:
        await a_preset(owner, style=style)
    assert list(refused.value.fields) == [field]


@here
async def test_another_tenants_preset_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    made = await a_preset(theirs, is_default=True)
    for refused in (
        read_style_preset(ReadStylePreset(mine, made.id)),
        update_style_preset(UpdateStylePreset(mine, made.id, name="Mine")),
        update_style_preset(UpdateStylePreset(mine, made.id, is_default=True)),
        delete_style_preset(DeleteStylePreset(mine, made.id)),
        a_preset(mine, workspace_id=made.workspace_id, is_default=True),
    ):
        with pytest.raises(NotFound):
            await refused
    assert (await list_style_presets(ListStylePresets(mine, ALL))).total == 0
    assert await read_style_preset(ReadStylePreset(theirs, made.id)) == made


async def test_defaults_that_are_chosen_at_once_leave_one(database_url: str) -> None:
    async with a_database(database_url, connections=6):
        by = await a_tenant()
        presets = [await a_preset(by, f"Preset {number}") for number in range(4)]
        for turn in range(5):
            await asyncio.gather(
                *(
                    update_style_preset(UpdateStylePreset(by, preset.id, is_default=True))
                    for preset in presets
                ),
                a_preset(by, f"New {turn}", is_default=True),
            )
            assert len(await defaults(by)) == 1
