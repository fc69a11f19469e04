"""Batches read: how far they are, and what was drawn, part by part, on its way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from activities.outside import outside
from activities.permits import needs
from activities.pictures.batches import BatchView, own_batches, view_of
from activities.pictures.bulk_items import Fault, Line
from activities.render.archive import Member
from activities.render.batches import Outcome
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import RenderBatchRow, RenderPartRow


@dataclass(frozen=True)
class ReadBatch:
    """One batch of the actor's."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ListBatches:
    """The batches of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class FindInterrupted:
    """Batches that nobody began to draw for so long: who should have started them was killed."""

    waited: timedelta = timedelta(minutes=1)
    limit: int = 100


@dataclass(frozen=True)
class Interrupted:
    """A batch that has to be started, and whose it is."""

    batch: BatchView
    organization_id: UUID


@dataclass(frozen=True)
class OpenArchive:
    """The archive of a batch of the actor's."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ReadPart:
    """One of its parts, from 0."""

    by: Actor
    id: UUID
    number: int


@dataclass(frozen=True)
class ArchiveView:
    """How many parts it has, and the items that were refused before any was drawn."""

    parts: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class PartView:
    """The files of a part, and what became of its lines."""

    content: bytes
    lines: tuple[Line, ...]
    outcomes: tuple[Outcome, ...]


@needs("assets.read")
async def read_batch(command: ReadBatch) -> BatchView:
    """One batch. Raises `NotFound`, also when it has expired."""
    query = own_batches(command.by).where(RenderBatchRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("batch")
    return view_of(row)


@needs("assets.read")
async def list_batches(command: ListBatches) -> Page[BatchView]:
    """One page of them."""
    async with transaction() as session:
        rows, total = await read_page(
            session,
            own_batches(command.by),
            RenderBatchRow,
            offset=command.page.offset,
            size=command.page.size,
        )
    return Page([view_of(row) for (row,) in rows], total, command.page)


async def find_interrupted(command: FindInterrupted) -> tuple[Interrupted, ...]:
    """The oldest of them."""
    now = outside().clock.now()
    query = (
        select(RenderBatchRow)
        .where(
            RenderBatchRow.status == "waiting",
            col(RenderBatchRow.created_at) < now - command.waited,
            col(RenderBatchRow.expires_at) > now,
        )
        .order_by(col(RenderBatchRow.created_at))
        .limit(command.limit)
    )
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
    return tuple(Interrupted(view_of(row), row.organization_id) for row in rows)


@needs("assets.read")
async def open_archive(command: OpenArchive) -> ArchiveView:
    """What it is made of. Raises `NotFound`, also while it is not done."""
    query = own_batches(command.by).where(
        RenderBatchRow.id == command.id, RenderBatchRow.status == "done"
    )
    count = select(func.count()).where(col(RenderPartRow.batch_id) == command.id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        if row is None:
            raise NotFound("finished batch")
        parts = await session.scalar(count) or 0
        drawn = select(RenderPartRow.lines).where(RenderPartRow.batch_id == command.id)
        lines = (await session.execute(drawn)).scalars()
        begun = {line["index"] for part in lines for line in part}
    faults = (Fault(**fault) for fault in row.faults if fault["index"] not in begun)
    return ArchiveView(parts, tuple(faults))


@needs("assets.read")
async def read_part(command: ReadPart) -> PartView:
    """One part. Raises `NotFound`, also when it went meanwhile."""
    query = (
        select(RenderPartRow)
        .join(
            own_batches(command.by).where(RenderBatchRow.id == command.id).subquery("batch"),
            col(RenderPartRow.batch_id) == command.id,
        )
        .where(RenderPartRow.number == command.number, col(RenderPartRow.rendered_at).is_not(None))
    )
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        if row is None:
            raise NotFound("part of a batch")
        return PartView(
            row.content or b"",
            tuple(Line(**line) for line in row.lines),
            tuple(_outcome(told) for told in row.outcomes or ()),
        )


def _outcome(told: Mapping[str, Any]) -> Outcome:
    member = told["member"]
    return Outcome(Member(**member) if member else None, told["score"], told["fault"])
