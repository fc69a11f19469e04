"""UTM parameters under a name, to fill in where a link of the workspace is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
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
from activities.rules.utm import normalised_utm
from activities.rules.visible import bare, one_line
from activities.shelf.workspaces import FindWorkspace, find_workspace, workspaces_of
from schema.db import transaction
from schema.pages import count_rows
from schema.tables import UtmTemplateRow


@dataclass(frozen=True)
class ListUtmTemplates:
    """Templates of the actor's organization by name, or those of one workspace."""

    by: Actor
    page: PageRequest
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class ReadUtmTemplate:
    """One template."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class CreateUtmTemplate:
    """Parameters to keep, by the names of `UTM_FIELDS`; in this workspace or the first."""

    by: Actor
    name: str
    utm: Mapping[str, Any] = field(default_factory=dict)
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class UpdateUtmTemplate:
    """Change what is given; `utm` takes the place of all parameters. Links made before stay.

    With `version` only if it is still that one.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    utm: Mapping[str, Any] | Unset = UNSET


@dataclass(frozen=True)
class DeleteUtmTemplate:
    """Take a template away; with `version` only if it is that one. Links made with it stay."""

    by: Actor
    id: UUID
    version: int | None = None


@dataclass(frozen=True)
class UtmTemplateView:
    """A template; `utm` has the parameters that are set."""

    id: UUID
    workspace_id: UUID
    name: str
    utm: Mapping[str, str]
    version: int
    created_at: datetime
    updated_at: datetime


@needs("assets.read")
async def list_utm_templates(command: ListUtmTemplates) -> Page[UtmTemplateView]:
    """One page. A workspace that is not the actor's has none."""
    query, asked = _visible_to(command.by), command.page
    if command.workspace_id is not None:
        query = query.where(UtmTemplateRow.workspace_id == command.workspace_id)
    async with transaction() as session:
        total = await count_rows(session, query) if asked.counts else 0
        page = query.order_by(col(UtmTemplateRow.name_key), col(UtmTemplateRow.id))
        rows = (await session.execute(page.limit(asked.size).offset(asked.offset))).scalars()
        return Page([_view(row) for row in rows], total, asked)


@needs("assets.read")
async def read_utm_template(command: ReadUtmTemplate) -> UtmTemplateView:
    """One template; `NotFound` when there is none or it is another tenant's."""
    query = _visible_to(command.by).where(UtmTemplateRow.id == command.id)
    async with transaction() as session:
        return _view(await _one(session, query))


@needs("assets.write")
async def create_utm_template(command: CreateUtmTemplate) -> UtmTemplateView:
    """Keep it. Raises `InvalidFields`, `NameTaken` within the workspace, `NotFound`, `NoWorkspace`.

    The case of letters makes no difference.
    """
    by, now = command.by, outside().clock.now()
    values = _judged({"name": command.name, "utm": command.utm})
    async with transaction() as session:
        home = await find_workspace(FindWorkspace(by, command.workspace_id))
        row = UtmTemplateRow(
            **values,
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            workspace_id=home.id,
        )
        made = insert(UtmTemplateRow).values(row.model_dump()).on_conflict_do_nothing()
        if (await session.execute(made.returning(col(UtmTemplateRow.id)))).first() is None:
            raise NameTaken("UTM template", row.name)
    return _view(row)


@needs("assets.write")
async def update_utm_template(command: UpdateUtmTemplate) -> UtmTemplateView:
    """The template after the change.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `NameTaken`.
    """
    values = _judged(given(command))
    query = _visible_to(command.by).where(UtmTemplateRow.id == command.id)
    async with transaction() as session:
        row = await _one(session, _held(query))
        must_be_version(command.version, row.version)
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changes:
            try:
                async with session.begin_nested():
                    now = outside().clock.now()
                    row.sqlmodel_update({**changes, "updated_at": now, "version": row.version + 1})
                    await session.flush()
            except IntegrityError as fault:
                raise NameTaken("UTM template", values["name"]) from fault
        return _view(row)


@needs("assets.write")
async def delete_utm_template(command: DeleteUtmTemplate) -> None:
    """It is gone. Raises `NotFound`, `VersionMismatch`."""
    query = _visible_to(command.by).where(UtmTemplateRow.id == command.id)
    async with transaction() as session:
        row = await _one(session, _held(query))
        must_be_version(command.version, row.version)
        await session.execute(delete(UtmTemplateRow).where(col(UtmTemplateRow.id) == row.id))


def _judged(values: dict[str, Any]) -> dict[str, Any]:
    """The columns to write. Raises `InvalidFields`."""
    wrong: dict[str, list[str]] = {}
    if "name" in values:
        if refusal := naming.name_refusal(values["name"]):
            wrong["name"] = [refusal]
        name = one_line(values["name"])
        values = {**values, "name": name, "name_key": bare(name)}
    if "utm" in values:
        values["utm"] = normalised_utm(values["utm"])
        if not values["utm"]:
            wrong["utm"] = ["Give at least one parameter."]
    if wrong:
        raise InvalidFields(wrong)
    return values


def _visible_to(by: Actor) -> SelectOfScalar[UtmTemplateRow]:
    """Those of workspaces that the actor sees."""
    homes = workspaces_of(by).order_by(None)
    return select(UtmTemplateRow).where(
        UtmTemplateRow.organization_id == by.organization_id,
        col(UtmTemplateRow.workspace_id).in_(homes),
    )


def _held(query: SelectOfScalar[UtmTemplateRow]) -> SelectOfScalar[UtmTemplateRow]:
    """The same, locked against other changes, and read anew if it was read before."""
    return query.with_for_update().execution_options(populate_existing=True)


async def _one(session: AsyncSession, query: SelectOfScalar[UtmTemplateRow]) -> UtmTemplateRow:
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("UTM template")
    return row


def _view(row: UtmTemplateRow) -> UtmTemplateView:
    return UtmTemplateView(
        *(row.id, row.workspace_id, row.name, row.utm),
        *(row.version, row.created_at, row.updated_at),
    )
