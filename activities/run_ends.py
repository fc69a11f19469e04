"""How runs of jobs are and end, kept by who does them or learned from their workflows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col

from activities.outside import outside
from activities.rules.runs import OVER, RunState
from schema.db import transaction
from schema.tables import RunRow


@dataclass(frozen=True)
class KeepRunState:
    """How a run is, as its workflow says; if it is over, since `ended_at` or now."""

    id: UUID
    state: RunState
    done: int
    ended_at: datetime | None = None


@dataclass(frozen=True)
class KeepRunDone:
    """The run of this workflow did all that it is for."""

    workflow_id: str


async def keep_run_state(command: KeepRunState) -> None:
    """Keep it unless it is known to be over."""
    ended_at = command.ended_at or outside().clock.now()
    keep = (
        update(RunRow)
        .where(col(RunRow.id) == command.id, col(RunRow.state).not_in(OVER))
        .values(
            state=command.state,
            done=command.done,
            finished_at=ended_at if command.state in OVER else None,
        )
    )
    async with transaction() as session:
        await session.execute(keep, execution_options={"synchronize_session": False})


async def keep_run_done(command: KeepRunDone) -> None:
    """Keep it, before Temporal forgets; a run that is known to be over stays as it is."""
    keep = (
        update(RunRow)
        .where(col(RunRow.workflow_id) == command.workflow_id, col(RunRow.state).not_in(OVER))
        .values(
            state="done",
            done=func.coalesce(col(RunRow.total), col(RunRow.done)),
            finished_at=outside().clock.now(),
        )
    )
    async with transaction() as session:
        await session.execute(keep, execution_options={"synchronize_session": False})
