"""Batches drawn: part after part, each kept once, whatever becomes of the workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from temporalio import activity

from activities.notices.telling import Notify, notify
from activities.outside import outside
from activities.pictures.batches import OVER
from activities.pictures.bulk_items import Line, Look, look_read
from activities.pictures.bulk_opening import DrawPart, MakeCodes, draw_bulk_part, make_codes
from activities.pictures.quota import GiveBackRenders, give_back_renders
from activities.render.batches import Outcome, Part
from activities.rules.actors import Actor
from activities.rules.notices import counted
from schema.db import transaction
from schema.tables import OrganizationRow, RenderBatchRow, RenderLogoRow, RenderPartRow


@dataclass(frozen=True)
class RenderNextPart:
    """Draw the next part of a batch."""

    batch_id: UUID


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: of `total` items `done` are drawn and `failed` will not be."""

    status: str
    total: int
    done: int
    failed: int

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.status in OVER


@dataclass(frozen=True)
class _Begun:
    """A part whose codes are made: what to draw, and why some of its lines have no code."""

    organization_id: UUID
    number: int
    looks: tuple[Look, ...]
    lines: tuple[Line, ...]
    refused: Mapping[int, str]

    @property
    def drawable(self) -> tuple[Line, ...]:
        """The lines that hold something."""
        return tuple(line for line in self.lines if line.index not in self.refused)

    def outcomes(self, drawn: Part) -> list[Outcome]:
        """For each line what became of it."""
        rest = iter(drawn.outcomes)
        refused = {n: Outcome(None, fault=sentence) for n, sentence in self.refused.items()}
        return [refused.get(line.index) or next(rest) for line in self.lines]


@activity.defn
async def render_next_part(command: RenderNextPart) -> BatchProgress:
    """Draw and keep it; the last one says that the batch is done.

    Its codes are made and noted in one transaction before it is drawn, and it is kept in one with
    the count of what is done: however often it is begun, it is made once.
    """
    async with transaction() as session:
        begun = await _begin(session, command.batch_id)
    if begun is not None:
        order = DrawPart(begun.organization_id, begun.looks, begun.drawable)
        drawn = await draw_bulk_part(order) if order.lines else Part(b"", ())
        async with transaction() as session:
            await _keep(session, command.batch_id, begun, drawn)
    async with transaction() as session:
        row = await session.get(RenderBatchRow, command.batch_id, populate_existing=True)
        # One that was swept is over.
        if row is None:
            return BatchProgress("cancelled", 0, 0, 0)
        return BatchProgress(row.status, row.total, row.done, row.failed)


async def _begin(session: AsyncSession, batch_id: UUID) -> _Begun | None:
    """The next part; None when there is none or the batch is over."""
    batch = await _held(session, batch_id)
    if batch is None:
        return None
    query = (
        select(RenderPartRow)
        .where(RenderPartRow.batch_id == batch_id, col(RenderPartRow.rendered_at).is_(None))
        .order_by(col(RenderPartRow.number))
        .limit(1)
    )
    part = (await session.execute(query)).scalar_one_or_none()
    if part is None:
        return None
    batch.status = "running"
    lines = tuple(Line(**line) for line in part.lines)
    wanted = tuple(line for line in lines if line.destination_url and not line.payload)
    refused: dict[int, str] = {}
    if wanted:
        made = await make_codes(MakeCodes(await _actor(session, batch), wanted))
        refused = {fault.index: fault.sentence for fault in made.faults}
        holding = {line.index: line for line in made.lines}
        lines = tuple(holding.get(line.index, line) for line in lines)
        part.lines = [asdict(line) for line in lines]
    await session.flush()
    looks = await _looks(session, batch)
    return _Begun(batch.organization_id, part.number, looks, lines, refused)


async def _keep(session: AsyncSession, batch_id: UUID, begun: _Begun, drawn: Part) -> None:
    """Keep a part, once; what became nothing is given back."""
    batch = await _held(session, batch_id)
    if batch is None:
        return
    now, outcomes = outside().clock.now(), begun.outcomes(drawn)
    kept = (
        update(RenderPartRow)
        .where(
            col(RenderPartRow.batch_id) == batch_id,
            col(RenderPartRow.number) == begun.number,
            col(RenderPartRow.rendered_at).is_(None),
        )
        .values(
            content=drawn.content,
            outcomes=[asdict(outcome) for outcome in outcomes],
            rendered_at=now,
        )
        .returning(col(RenderPartRow.number))
    )
    if await session.scalar(kept) is None:
        return
    faults = [
        {"index": line.index, "name": line.name, "sentence": outcome.fault or ""}
        for line, outcome in zip(begun.lines, outcomes, strict=True)
        if outcome.member is None
    ]
    batch.faults = [*batch.faults, *faults]
    batch.failed += len(faults)
    batch.done += len(begun.lines) - len(faults)
    if batch.done + batch.failed == batch.total:
        batch.status, batch.finished_at = "done", now
        await _tell(batch)
    await session.flush()
    await give_back_renders(GiveBackRenders(batch.organization_id, batch.month, len(faults)))


async def _tell(batch: RenderBatchRow) -> None:
    words = {"count": counted(batch.done, "picture", "pictures")}
    asked_by = batch.actor["user_id"] if batch.actor["kind"] in ("session", "jwt") else None
    also = UUID(asked_by) if asked_by else None
    key = f"render/{batch.id}"
    await notify(Notify(batch.organization_id, "render_ended", key, words, also=also))


async def _held(session: AsyncSession, batch_id: UUID) -> RenderBatchRow | None:
    """The batch, locked; None when it is over."""
    query = select(RenderBatchRow).where(
        RenderBatchRow.id == batch_id, col(RenderBatchRow.status).not_in(OVER)
    )
    query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def _looks(session: AsyncSession, batch: RenderBatchRow) -> tuple[Look, ...]:
    query = select(RenderLogoRow.look, RenderLogoRow.png).where(RenderLogoRow.batch_id == batch.id)
    logos: dict[int, bytes] = dict((await session.execute(query)).all())
    return tuple(look_read(look, logos.get(number)) for number, look in enumerate(batch.looks))


async def _actor(session: AsyncSession, batch: RenderBatchRow) -> Actor:
    """Who asked for the batch, on today's plan of the organization."""
    organization = await session.get_one(OrganizationRow, batch.organization_id)
    kept: dict[str, Any] = batch.actor
    return Actor(
        organization_id=batch.organization_id,
        credential_id=UUID(kept["credential_id"]),
        dialect=kept["dialect"],
        name=kept["name"],
        plan=organization.plan,
        permissions=frozenset(kept["permissions"]),
        kind=kept["kind"],
        workspace_id=UUID(kept["workspace_id"]) if kept["workspace_id"] else None,
        user_id=UUID(kept["user_id"]) if kept["user_id"] else None,
    )
