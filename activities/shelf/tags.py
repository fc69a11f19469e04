"""Tags: one list of them in an organization, put on assets of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, delete, func, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.rules import colours, tagging
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.errors import Forbidden, InvalidFields, NameTaken, NotFound
from activities.rules.paging import Page, PageRequest
from activities.rules.searching import pattern
from activities.rules.visible import one_line
from schema.db import transaction
from schema.locks import ASSETS, hold_rows, lock_organization
from schema.pages import count_rows
from schema.tables import TagRow


@dataclass(frozen=True)
class ListTags:
    """The tags of the actor's organization by name; with `search` those that contain it."""

    by: Actor
    page: PageRequest
    search: str = ""


@dataclass(frozen=True)
class ReadTag:
    """One tag."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class CreateTag:
    """A tag that no asset has yet."""

    by: Actor
    name: str
    colour: str | None = None


@dataclass(frozen=True)
class UpdateTag:
    """Change what is given of a tag; assets keep it under its new name.

    With `version` only if it is still that one.
    """

    by: Actor
    id: UUID
    version: int | None = None
    name: str | Unset = UNSET
    colour: str | Unset | None = UNSET


@dataclass(frozen=True)
class DeleteTag:
    """Take a tag away, also from the assets that have it; with `version` only if it is that one."""

    by: Actor
    id: UUID
    version: int | None = None


@dataclass(frozen=True)
class MergeTags:
    """Let the tag `id` end in the tag `into`: what had either has that one."""

    by: Actor
    id: UUID
    into: UUID


@dataclass(frozen=True)
class TagView:
    """A tag; `asset_count` is of assets that the actor sees, those in the trash left out."""

    id: UUID
    name: str
    colour: str | None
    asset_count: int
    version: int
    created_at: datetime


@needs("assets.read")
async def list_tags(command: ListTags) -> Page[TagView]:
    """One page; an actor of one workspace sees the names of all tags, for they are shared."""
    query, asked = _visible_to(command.by), command.page
    if command.search.strip():
        wanted = pattern(tagging.tag_key(command.search))
        query = query.where(col(TagRow.name_key).like(wanted, escape="\\"))
    async with transaction() as session:
        total = await count_rows(session, query) if asked.counts else 0
        page = query.order_by(col(TagRow.name_key)).limit(asked.size).offset(asked.offset)
        rows = (await session.execute(page)).all()
    return Page([_view(*row) for row in rows], total, asked)


@needs("assets.read")
async def read_tag(command: ReadTag) -> TagView:
    """One tag; `NotFound` when there is none or it is another tenant's."""
    async with transaction() as session:
        return await _read(session, command.by, command.id)


@needs("assets.write")
async def create_tag(command: CreateTag) -> TagView:
    """Make it. Raises `InvalidFields`, and `NameTaken`: the case of letters makes no difference."""
    values = _judged({"name": command.name, "colour": command.colour})
    row = TagRow(
        **values,
        created_at=outside().clock.now(),
        organization_id=command.by.organization_id,
    )
    made = insert(TagRow).values(row.model_dump()).on_conflict_do_nothing()
    async with transaction() as session:
        if (await session.execute(made.returning(col(TagRow.id)))).first() is None:
            raise NameTaken("tag", row.name)
    return _view(row, 0)


@needs("assets.write")
async def update_tag(command: UpdateTag) -> TagView:
    """The tag after the change.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `NameTaken`, and `Forbidden` for an actor
    of one workspace.
    """
    by, values = command.by, _judged(given(command))
    _must_see_all(by)
    async with transaction() as session:
        row = await _hold(session, by, command.id)
        must_be_version(command.version, row.version)
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changes:
            try:
                async with session.begin_nested():
                    row.sqlmodel_update({**changes, "version": row.version + 1})
                    await session.flush()
            except IntegrityError as fault:
                raise NameTaken("tag", values["name"]) from fault
        return await _read(session, by, command.id)


@needs("assets.write")
async def delete_tag(command: DeleteTag) -> None:
    """No asset has it any more, in the trash neither.

    Raises `NotFound`, `VersionMismatch`, and `Forbidden` for an actor of one workspace. No event
    tells of each asset: what an event says of an asset has no tags in it.
    """
    by = command.by
    _must_see_all(by)
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        must_be_version(command.version, (await _read(session, by, command.id)).version)
        await _end(session, by, command.id, None, command.version)


@needs("assets.write")
async def merge_tags(command: MergeTags) -> TagView:
    """The tag that is left, in the place that either had among the tags of an asset.

    Raises `NotFound` for either, `InvalidFields` (`into`) when they are the same, and `Forbidden`
    for an actor of one workspace.
    """
    by = command.by
    _must_see_all(by)
    async with transaction() as session:
        await lock_organization(session, by.organization_id)
        await _read(session, by, command.id)
        await _read(session, by, command.into)
        if command.id == command.into:
            raise InvalidFields({"into": ["Choose another tag than the one that ends."]})
        await _end(session, by, command.id, command.into)
        return await _read(session, by, command.into)


def _must_see_all(by: Actor) -> None:
    """Tags are shared by all workspaces: who sees only one does not change them."""
    if by.workspace_id is not None:
        raise Forbidden("assets.write")


def _judged(values: dict[str, Any]) -> dict[str, Any]:
    """The columns to write. Raises `InvalidFields` for a name or colour."""
    wrong: dict[str, list[str]] = {}
    if "name" in values:
        if refusal := tagging.tag_refusal(values["name"]):
            wrong["name"] = [refusal]
        name = one_line(values["name"])
        values = {**values, "name": name, "name_key": tagging.tag_key(name)}
    if values.get("colour") is not None and (refusal := colours.refusal(values["colour"])):
        wrong["colour"] = [refusal]
    if wrong:
        raise InvalidFields(wrong)
    return values


def _visible_to(by: Actor) -> Select[TagRow, Any]:
    """The tags of the actor's organization with how many assets have each."""
    return select(TagRow, _assets(by)).where(TagRow.organization_id == by.organization_id)


def _assets(by: Actor) -> ColumnElement[Any]:
    present = [
        select(func.count())
        .where(
            col(row.tag_ids).contains(array([col(TagRow.id)])),
            col(row.deleted_at).is_(None),
            *([col(row.workspace_id) == by.workspace_id] if by.workspace_id else []),
        )
        .correlate(TagRow)
        .scalar_subquery()
        for row in ASSETS
    ]
    return sum(present[1:], present[0])


async def _read(session: AsyncSession, by: Actor, id: UUID) -> TagView:
    query = _visible_to(by).where(col(TagRow.id) == id)
    row = (await session.execute(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound("tag")
    return _view(*row)


async def _hold(session: AsyncSession, by: Actor, id: UUID) -> TagRow:
    query = select(TagRow).where(TagRow.id == id, TagRow.organization_id == by.organization_id)
    held = query.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(held)).scalar_one_or_none()
    if row is None:
        raise NotFound("tag")
    return row


async def _end(
    session: AsyncSession, by: Actor, id: UUID, into: UUID | None, version: int | None = None
) -> None:
    """Take the tag off all assets, and away.

    Twice: who puts it on an asset holds the tag until then (`name_tags`), so once it is gone no
    asset gets it any more, but one may have got it after the first look. Assets come first, as they
    do for whoever changes one: in another order two would wait for each other.
    """
    await _take_off(session, by, id, into)
    must_be_version(version, (await _hold(session, by, id)).version)
    await session.execute(delete(TagRow).where(col(TagRow.id) == id))
    await _take_off(session, by, id, into)


async def _take_off(session: AsyncSession, by: Actor, id: UUID, into: UUID | None) -> None:
    for table in ASSETS:
        has = col(table.tag_ids).contains([id]) & (col(table.organization_id) == by.organization_id)
        await hold_rows(session, table, has)
        await session.execute(
            update(table)
            .where(has)
            .values(
                tag_ids=_without(col(table.tag_ids), id, into),
                version=table.version + 1,
                updated_at=outside().clock.now(),
            )
        )


def _without(tag_ids: Any, id: UUID, into: UUID | None) -> ColumnElement[Any]:
    """The tags without one, or with another in its place unless that is among them."""
    removed: ColumnElement[Any] = func.array_remove(tag_ids, id)
    if into is None:
        return removed
    replaced = func.array_replace(tag_ids, id, into)
    return case((tag_ids.contains([into]), removed), else_=replaced)


def _view(row: TagRow, assets: int) -> TagView:
    return TagView(row.id, row.name, row.colour, assets, row.version, row.created_at)
