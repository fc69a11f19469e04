"""Many pictures as a job: kept with all they need, read while they are drawn, cancelled."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.outside import outside
from activities.permits import needs
from activities.pictures.bulk_items import Bulk, Fault, look_told, parts_of
from activities.pictures.quota import (
    Allowance,
    GiveBackRenders,
    ReadAllowance,
    SpendRenders,
    give_back_renders,
    read_allowance,
    spend_renders,
)
from activities.rules.actors import Actor
from activities.rules.errors import IdempotencyMismatch, NotFound
from schema.db import transaction
from schema.tables import RenderBatchRow, RenderLogoRow, RenderPartRow

Status = Literal["waiting", "running", "done", "cancelled"]

OVER = ("done", "cancelled")
"""States in which nothing is left to do."""

KEPT = timedelta(days=7)
"""How long the archive can be downloaded, counted from when it was asked for."""

MOST_FAULTS = 1000
"""Faults that are shown; all are in the manifest."""


@dataclass(frozen=True)
class KeepBatch:
    """A bulk that was judged shall be drawn as a job.

    Under one `id` it is kept once; `digest` tells requests apart that have the same id.
    """

    by: Actor
    id: UUID
    bulk: Bulk
    digest: bytes


@dataclass(frozen=True)
class FindBatch:
    """The batch that was kept under an id, if any was."""

    by: Actor
    id: UUID
    digest: bytes


@dataclass(frozen=True)
class WithdrawBatch:
    """A batch that nobody begins after all."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class CancelBatch:
    """Draw no more of a batch, and forget what is drawn of it."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class BatchView:
    """How far a batch is: of `total` items `done` are drawn and `failed` will not be.

    `faults` are the first thousand. It can be downloaded until `expires_at` once it is done.
    """

    id: UUID
    status: Status
    total: int
    done: int
    failed: int
    faults: tuple[Fault, ...]
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime

    @property
    def is_done(self) -> bool:
        """Whether it can be downloaded."""
        return self.status == "done"


@dataclass(frozen=True)
class KeptBatch:
    """The batch, and what the organization has left."""

    batch: BatchView
    allowance: Allowance


@needs("assets.read")
async def keep_batch(command: KeepBatch) -> KeptBatch:
    """Keep it and count its renders; a batch that was kept before is answered as it is now.

    Raises `QuotaSpent`, and `IdempotencyMismatch` for an id that was used for another request.
    """
    by = command.by
    async with transaction() as session:
        month = (await read_allowance(ReadAllowance(by.organization_id, by.plan))).month
        values = _values(command) | {"month": month}
        made = upsert(RenderBatchRow).values(values).on_conflict_do_nothing()
        if await session.scalar(made.returning(col(RenderBatchRow.id))) is None:
            kept = await find_batch(FindBatch(by, command.id, command.digest))
            if kept is None:
                raise NotFound("batch")
            return kept
        await _keep_parts(session, command)
        allowance = await spend_renders(SpendRenders(by, len(command.bulk.lines)))
        return KeptBatch(view_of(await _found(session, by, command.id)), allowance)


@needs("assets.read")
async def find_batch(command: FindBatch) -> KeptBatch | None:
    """The batch as it is now. Raises `IdempotencyMismatch` for one of another request."""
    query = own_batches(command.by).where(RenderBatchRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        if row is None:
            return None
        if not hmac.compare_digest(row.digest, command.digest):
            raise IdempotencyMismatch
        return KeptBatch(
            view_of(row),
            await read_allowance(ReadAllowance(command.by.organization_id, command.by.plan)),
        )


@needs("assets.read")
async def withdraw_batch(command: WithdrawBatch) -> None:
    """Forget it, if nobody has begun it, and give everything back."""
    async with transaction() as session:
        row = await _found(session, command.by, command.id, lock=True)
        if row.status != "waiting":
            return
        given = GiveBackRenders(row.organization_id, row.month, row.total - row.failed)
        await give_back_renders(given)
        await _empty(session, row.id)
        await session.delete(row)
        await session.flush()


@needs("assets.read")
async def cancel_batch(command: CancelBatch) -> None:
    """Stop it after the part under way, and delete what was drawn. What was not is given back.

    Codes that were made for it stay. Raises `NotFound`; one that is cancelled stays so.
    """
    async with transaction() as session:
        row = await _found(session, command.by, command.id, lock=True)
        if row.status not in OVER:
            left = row.total - row.done - row.failed
            given = GiveBackRenders(row.organization_id, row.month, left)
            await give_back_renders(given)
        row.status = "cancelled"
        row.finished_at = row.finished_at or outside().clock.now()
        await _empty(session, row.id)
        await session.flush()


def own_batches(by: Actor) -> SelectOfScalar[RenderBatchRow]:
    """The batches that an actor sees."""
    query = select(RenderBatchRow).where(
        RenderBatchRow.organization_id == by.organization_id,
        col(RenderBatchRow.expires_at) > outside().clock.now(),
    )
    return query.where(RenderBatchRow.workspace_id == by.workspace_id) if by.workspace_id else query


def view_of(row: RenderBatchRow) -> BatchView:
    """The view of a row."""
    status: Any = row.status
    return BatchView(
        id=row.id,
        status=status,
        total=row.total,
        done=row.done,
        failed=row.failed,
        faults=tuple(Fault(**fault) for fault in row.faults[:MOST_FAULTS]),
        created_at=row.created_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
    )


async def _found(
    session: AsyncSession, by: Actor, id: UUID, *, lock: bool = False
) -> RenderBatchRow:
    query = own_batches(by).where(RenderBatchRow.id == id)
    row = (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None:
        raise NotFound("batch")
    return row


async def _empty(session: AsyncSession, batch_id: UUID) -> None:
    """Delete all that a batch holds."""
    await session.execute(delete(RenderPartRow).where(col(RenderPartRow.batch_id) == batch_id))
    await session.execute(delete(RenderLogoRow).where(col(RenderLogoRow.batch_id) == batch_id))


def _values(command: KeepBatch) -> dict[str, Any]:
    by, bulk, now = command.by, command.bulk, outside().clock.now()
    return {
        "id": command.id,
        "created_at": now,
        "organization_id": by.organization_id,
        "workspace_id": by.workspace_id,
        "status": "waiting" if bulk.lines else "done",
        "digest": command.digest,
        "total": bulk.total,
        "done": 0,
        "failed": len(bulk.faults),
        "looks": [look_told(look) for look in bulk.looks],
        "faults": [asdict(fault) for fault in bulk.faults],
        "actor": _kept(by),
        "finished_at": None if bulk.lines else now,
        "expires_at": now + KEPT,
    }


async def _keep_parts(session: AsyncSession, command: KeepBatch) -> None:
    batch_id = command.id
    for number, lines in enumerate(parts_of(command.bulk)):
        values = {
            "batch_id": batch_id,
            "number": number,
            "lines": [asdict(line) for line in lines],
        }
        await session.execute(insert(RenderPartRow), [values])
    for number, look in enumerate(command.bulk.looks):
        if look.logo is not None:
            values = {"batch_id": batch_id, "look": number, "png": look.logo}
            await session.execute(insert(RenderLogoRow), [values])


def _kept(by: Actor) -> dict[str, Any]:
    """What is kept of who asked: codes are made in that name."""
    return {
        "credential_id": str(by.credential_id),
        "kind": by.kind,
        "dialect": by.dialect,
        "name": by.name,
        "permissions": sorted(by.permissions),
        "workspace_id": str(by.workspace_id) if by.workspace_id else None,
        "user_id": str(by.user_id) if by.user_id else None,
    }
