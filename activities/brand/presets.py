"""Style presets: how codes of a workspace shall look, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.outside import outside
from activities.permits import needs
from activities.rules import naming
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.errors import InvalidFields, NameTaken, NotFound
from activities.rules.paging import Page, PageRequest
from activities.rules.reading_styles import read_style
from activities.rules.styles import style_refusal
from activities.rules.visible import bare, one_line
from activities.shelf.workspaces import FindWorkspace, find_workspace, workspaces_of
from schema.db import transaction
from schema.pages import count_rows
from schema.tables import StylePresetRow, WorkspaceRow


@dataclass(frozen=True)
class ListStylePresets:
    """Presets of the actor's organization by name, or those of one workspace."""

    by: Actor
    page: PageRequest
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class ReadStylePreset:
    """One preset."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class StyleOfNew:
    """What something new looks like: `style` on top of the preset.

    With neither it is the default preset of its workspace.
    """

    by: Actor
    workspace_id: UUID
    preset_id: UUID | None = None
    style: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class CreateStylePreset:
    """A style to keep, in this workspace or the first; a default takes the place of another."""

    by: Actor
    name: str
    style: Mapping[str, Any] = field(default_factory=dict)
    is_default: bool = False
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class UpdateStylePreset:
    """Change what is given; `style` takes the place of the whole. Codes made before stay.

    With `version` only if it is still that one.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    style: Mapping[str, Any] | Unset = UNSET
    is_default: bool | Unset = UNSET


@dataclass(frozen=True)
class DeleteStylePreset:
    """Take a preset away; with `version` only if it is that one. Codes made with it stay."""

    by: Actor
    id: UUID
    version: int | None = None


@dataclass(frozen=True)
class StylePresetView:
    """A preset."""

    id: UUID
    workspace_id: UUID
    name: str
    style: Mapping[str, Any]
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class PresetStyle:
    """A style; empty where none was chosen."""

    style: Mapping[str, Any]


@needs("assets.read")
async def list_style_presets(command: ListStylePresets) -> Page[StylePresetView]:
    """One page. A workspace that is not the actor's has none."""
    query, asked = _visible_to(command.by), command.page
    if command.workspace_id is not None:
        query = query.where(StylePresetRow.workspace_id == command.workspace_id)
    async with transaction() as session:
        total = await count_rows(session, query) if asked.counts else 0
        page = query.order_by(col(StylePresetRow.name_key), col(StylePresetRow.id))
        rows = (await session.execute(page.limit(asked.size).offset(asked.offset))).scalars()
        return Page([_view(row) for row in rows], total, asked)


@needs("assets.read")
async def read_style_preset(command: ReadStylePreset) -> StylePresetView:
    """One preset; `NotFound` when there is none or it is another tenant's."""
    query = _visible_to(command.by).where(StylePresetRow.id == command.id)
    async with transaction() as session:
        return _view(await _one(session, query))


@needs("assets.read")
async def style_of_new(command: StyleOfNew) -> PresetStyle:
    """The style; `NotFound` for a preset that this workspace does not have."""
    own = dict(command.style or {})
    if command.preset_id is None and command.style is not None:
        return PresetStyle(own)
    query = _visible_to(command.by).where(StylePresetRow.workspace_id == command.workspace_id)
    if command.preset_id is None:
        query = query.where(col(StylePresetRow.is_default))
    else:
        query = query.where(StylePresetRow.id == command.preset_id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
    if row is None and command.preset_id is not None:
        raise NotFound("style preset")
    return PresetStyle({**(row.style if row else {}), **own})


@needs("assets.write")
async def create_style_preset(command: CreateStylePreset) -> StylePresetView:
    """Keep it. Raises `InvalidFields`, `NameTaken` within the workspace, `NotFound`, `NoWorkspace`.

    The case of letters makes no difference.
    """
    by, now = command.by, outside().clock.now()
    values = _judged({"name": command.name, "style": command.style})
    async with transaction() as session:
        home = await find_workspace(FindWorkspace(by, command.workspace_id))
        if command.is_default:
            await _make_way(session, home.id, now)
        row = StylePresetRow(
            **values,
            is_default=command.is_default,
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            workspace_id=home.id,
        )
        made = insert(StylePresetRow).values(row.model_dump())
        named = made.on_conflict_do_nothing(index_elements=["workspace_id", "name_key"])
        if (await session.execute(named.returning(col(StylePresetRow.id)))).first() is None:
            raise NameTaken("style preset", row.name)
    return _view(row)


@needs("assets.write")
async def update_style_preset(command: UpdateStylePreset) -> StylePresetView:
    """The preset after the change.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `NameTaken`.
    """
    values = _judged(given(command))
    query, now = _visible_to(command.by).where(StylePresetRow.id == command.id), _now()
    async with transaction() as session:
        if command.is_default is True:
            # Before the preset itself: all who change the default of a workspace take turns.
            await _hold_workspace(session, (await _one(session, query)).workspace_id)
        row = await _one(session, _held(query))
        must_be_version(command.version, row.version)
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changes.get("is_default"):
            await _make_way(session, row.workspace_id, now)
        if changes:
            try:
                async with session.begin_nested():
                    row.sqlmodel_update({**changes, "updated_at": now, "version": row.version + 1})
                    await session.flush()
            except IntegrityError as fault:
                raise NameTaken("style preset", values["name"]) from fault
        return _view(row)


@needs("assets.write")
async def delete_style_preset(command: DeleteStylePreset) -> None:
    """It is gone. Raises `NotFound`, `VersionMismatch`."""
    query = _visible_to(command.by).where(StylePresetRow.id == command.id)
    async with transaction() as session:
        row = await _one(session, _held(query))
        must_be_version(command.version, row.version)
        await session.execute(delete(StylePresetRow).where(col(StylePresetRow.id) == row.id))


def _now() -> datetime:
    return outside().clock.now()


def _judged(values: dict[str, Any]) -> dict[str, Any]:
    """The columns to write. Raises `InvalidFields`."""
    wrong: dict[str, list[str]] = {}
    if "name" in values:
        if refusal := naming.name_refusal(values["name"]):
            wrong["name"] = [refusal]
        name = one_line(values["name"])
        values = {**values, "name": name, "name_key": bare(name)}
    if "style" in values:
        if refusal := style_refusal(values["style"]):
            wrong["style"] = [refusal]
        else:
            _, faults = read_style(values["style"])
            wrong |= {f"style.{name}": [told] for name, told in faults.items()}
        values = {**values, "style": dict(values["style"])}
    if wrong:
        raise InvalidFields(wrong)
    return values


async def _hold_workspace(session: AsyncSession, workspace_id: UUID) -> None:
    query = select(WorkspaceRow.id).where(WorkspaceRow.id == workspace_id)
    await session.execute(query.with_for_update(key_share=True))


async def _make_way(session: AsyncSession, workspace_id: UUID, now: datetime) -> None:
    """No preset of the workspace is the default, until the open transaction says which one is."""
    await _hold_workspace(session, workspace_id)
    await session.execute(
        update(StylePresetRow)
        .where(col(StylePresetRow.workspace_id) == workspace_id, col(StylePresetRow.is_default))
        .values(is_default=False, version=StylePresetRow.version + 1, updated_at=now)
        .execution_options(synchronize_session=False)
    )


def _visible_to(by: Actor) -> SelectOfScalar[StylePresetRow]:
    """Those of workspaces that the actor sees."""
    homes = workspaces_of(by).order_by(None)
    return select(StylePresetRow).where(
        StylePresetRow.organization_id == by.organization_id,
        col(StylePresetRow.workspace_id).in_(homes),
    )


def _held(query: SelectOfScalar[StylePresetRow]) -> SelectOfScalar[StylePresetRow]:
    """The same, locked against other changes, and read anew if it was read before."""
    return query.with_for_update().execution_options(populate_existing=True)


async def _one(session: AsyncSession, query: SelectOfScalar[StylePresetRow]) -> StylePresetRow:
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("style preset")
    return row


def _view(row: StylePresetRow) -> StylePresetView:
    return StylePresetView(
        *(row.id, row.workspace_id, row.name, row.style, row.is_default),
        *(row.version, row.created_at, row.updated_at),
    )
