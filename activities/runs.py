"""Runs of jobs that a tenant asked for, of every kind in one list: imports, batches of pictures,
checks of links and recoveries of deliveries.

Imports and batches are rows of their own that say how far they are. Of the others the workflow
knows more; how one ended is kept (`activities.run_ends`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

from sqlalchemy import (
    CompoundSelect,
    Integer,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound, NotNow
from activities.rules.paging import Page, PageRequest
from activities.rules.runs import OVER, Cut, RunKind, RunState
from schema.db import transaction
from schema.tables import ImportRow, RenderBatchRow, RunRow

OF_WEBHOOKS: tuple[RunKind, ...] = ("recovery",)
"""Kinds that only those see who see webhooks."""

JOINED_FOR = timedelta(days=1)
"""After that nobody joins a run that is not known to be over."""


@dataclass(frozen=True)
class NoteRun:
    """A job is about to be started for who asks, as the workflow of this id."""

    asked_by: Actor
    kind: RunKind
    subject_id: UUID
    workflow_id: str
    total: int | None = None
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class ListRuns:
    """The runs of the actor's organization, newest first: of one kind, or in one state, or all."""

    by: Actor
    page: PageRequest
    kind: RunKind | None = None
    state: RunState | None = None


@dataclass(frozen=True)
class OpenRuns:
    """Runs of the actor's organization that are not known to be over, though they may be: `limit`
    of them, the newest, of one kind or all.
    """

    by: Actor
    kind: RunKind | None = None
    limit: int = 500


@dataclass(frozen=True)
class ReadRun:
    """One run of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class FindUnderWay:
    """Runs of the actor's organization about this subject that somebody may join."""

    by: Actor
    subject_id: UUID


@dataclass(frozen=True)
class RunsUnderWay:
    """They, newest first."""

    runs: tuple[RunView, ...]


@dataclass(frozen=True)
class MayStopRun:
    """A run of the actor's organization shall go no further."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class RunView:
    """A job and how far it is: `done` and `failed` of `total`, which may not be known.

    `subject_id` is the import, batch, link, code or endpoint that it is about. Where there is a
    `workflow_id` nobody but that workflow knows more than this, and why it was `cut` short.
    """

    id: UUID
    kind: RunKind
    subject_id: UUID
    state: RunState
    total: int | None
    done: int
    failed: int
    created_at: datetime
    finished_at: datetime | None
    workflow_id: str | None
    cut: Cut | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in OVER


async def note_run(command: NoteRun) -> None:
    """Write it down in the open transaction; once for each workflow."""
    note = (
        insert(RunRow)
        .values(
            id=uuid4(),
            created_at=outside().clock.now(),
            organization_id=command.asked_by.organization_id,
            workspace_id=command.workspace_id,
            kind=command.kind,
            subject_id=command.subject_id,
            workflow_id=command.workflow_id,
            state="running",
            total=command.total,
            done=0,
            made_by=command.asked_by.user_id,
        )
        .on_conflict_do_nothing(index_elements=["workflow_id"])
    )
    async with transaction() as session:
        await session.execute(note)


@needs("assets.read")
async def list_runs(command: ListRuns) -> Page[RunView]:
    """A page of them; those whose state only their workflow knows are as they were known last."""
    runs = _seen(command.by)
    query: Any = select(runs)
    if command.kind is not None:
        query = query.where(runs.c.kind == command.kind)
    if command.state is not None:
        query = query.where(runs.c.state == command.state)
    page = command.page
    newest = query.order_by(runs.c.created_at.desc(), runs.c.id.desc())
    async with transaction() as session:
        total = await session.scalar(select(func.count()).select_from(query.subquery()))
        rows = (await session.execute(newest.limit(page.size).offset(page.offset))).all()
    return Page(tuple(map(_view, rows)), total or 0, page)


@needs("assets.read")
async def open_runs(command: OpenRuns) -> tuple[RunView, ...]:
    """Those of which only their workflows know more, as they were known last."""
    runs = _others(command.by).subquery("runs")
    query = select(runs).where(runs.c.state.not_in(OVER))
    if command.kind is not None:
        query = query.where(runs.c.kind == command.kind)
    newest = query.order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(command.limit)
    async with transaction() as session:
        return tuple(map(_view, (await session.execute(newest)).all()))


@needs("assets.read")
async def read_run(command: ReadRun) -> RunView:
    """Raises `NotFound` for one of somebody else."""
    runs = _seen(command.by)
    async with transaction() as session:
        row = (await session.execute(select(runs).where(runs.c.id == command.id))).one_or_none()
    if row is None:
        raise NotFound("run")
    return _view(row)


@needs("assets.read")
async def find_under_way(command: FindUnderWay) -> RunsUnderWay:
    """Those that were not over when last heard of, and are not too old to be."""
    runs = _others(command.by).subquery()
    query = select(runs).where(
        runs.c.subject_id == command.subject_id,
        runs.c.created_at > outside().clock.now() - JOINED_FOR,
        runs.c.state.not_in(OVER),
    )
    async with transaction() as session:
        rows = (await session.execute(query.order_by(runs.c.created_at.desc()))).all()
    return RunsUnderWay(tuple(map(_view, rows)))


@needs("assets.read")
async def may_stop_run(command: MayStopRun) -> RunView:
    """The run, if the actor may stop it and it is not over, or cancelled already.

    Raises `NotFound`, `Forbidden`, and `NotNow` for one that is done.
    """
    run = await read_run(ReadRun(command.by, command.id))
    command.by.must("webhooks.write" if run.kind in OF_WEBHOOKS else "assets.write")
    if run.is_over and run.state != "cancelled":
        raise NotNow(f"This run is {run.state}; there is nothing left to stop.")
    return run


def _seen(by: Actor) -> Subquery:
    """All runs that an actor may see, as one table."""
    runs: CompoundSelect[Any] = union_all(_imports(by), _batches(by), _others(by))
    return runs.subquery("runs")


def _imports(by: Actor) -> Any:
    rows: Any = select(
        col(ImportRow.id),
        literal("import").label("kind"),
        col(ImportRow.id).label("subject_id"),
        col(ImportRow.status).label("state"),
        col(ImportRow.total),
        col(ImportRow.made).label("done"),
        col(ImportRow.failed),
        col(ImportRow.created_at),
        col(ImportRow.finished_at),
        cast(null(), String).label("workflow_id"),
    ).where(
        col(ImportRow.organization_id) == by.organization_id, col(ImportRow.status) != "previewed"
    )
    return rows.where(col(ImportRow.workspace_id) == by.workspace_id) if by.workspace_id else rows


def _batches(by: Actor) -> Any:
    status = col(RenderBatchRow.status)
    rows = select(
        col(RenderBatchRow.id),
        literal("render"),
        col(RenderBatchRow.id),
        case((status == "waiting", "running"), else_=status),
        col(RenderBatchRow.total),
        col(RenderBatchRow.done),
        col(RenderBatchRow.failed),
        col(RenderBatchRow.created_at),
        col(RenderBatchRow.finished_at),
        cast(null(), String),
    ).where(
        col(RenderBatchRow.organization_id) == by.organization_id,
        col(RenderBatchRow.expires_at) > outside().clock.now(),
    )
    workspace = col(RenderBatchRow.workspace_id)
    return rows.where(workspace == by.workspace_id) if by.workspace_id else rows


def _others(by: Actor) -> Any:
    rows: Any = select(
        col(RunRow.id),
        col(RunRow.kind),
        col(RunRow.subject_id),
        col(RunRow.state),
        col(RunRow.total),
        col(RunRow.done),
        literal(0, Integer).label("failed"),
        col(RunRow.created_at),
        col(RunRow.finished_at),
        col(RunRow.workflow_id),
    ).where(col(RunRow.organization_id) == by.organization_id)
    hidden = set() if "webhooks.read" in by.permissions else set(OF_WEBHOOKS)
    rows = rows.where(col(RunRow.kind).in_(set(get_args(RunKind)) - hidden))
    return rows.where(col(RunRow.workspace_id) == by.workspace_id) if by.workspace_id else rows


def _view(row: Any) -> RunView:
    return RunView(**row._asdict())
