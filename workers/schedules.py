"""Every schedule there is, and how the server comes to have them: made, changed, taken away.

A job of a later issue is one more line in `workflows/scheduled.py` and one here. Whoever pauses a
schedule finds it paused after every start, with the note that says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from workflows.policies import BULK, NORMAL, fair
from workflows.queues import searchable
from workflows.scheduled import JOBS

OURS, DECLARED = "inkloom", "inkloom.declared"
"""Marks in memos: on a schedule that it is one of these, on what it starts which declaration."""

FORM = 1
"""Counted up when what is made of a declaration changes, so that all schedules are updated."""

log = structlog.get_logger("inkloom.schedules")


@dataclass(frozen=True)
class Declared:
    """A schedule: its id is the name of its job, `spec` when it comes, told in `words`.

    A time that was missed by more than `catch_up` is left out. `jitter` spreads the starts.
    """

    name: str
    spec: ScheduleSpec
    words: str
    catch_up: timedelta
    jitter: timedelta = timedelta(0)
    level: int = NORMAL

    @property
    def digest(self) -> str:
        """Another one for every change of what is declared."""
        job = JOBS[self.name]
        told = (FORM, self, job.workflow.__qualname__, job.queue, job.summary)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Reconciled:
    """The names of schedules that were made, changed and taken away."""

    made: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """How a schedule is on the server; `found` false where it is missing."""

    declared: Declared
    found: bool
    paused: bool = False
    note: str = ""
    last_at: datetime | None = None
    next_at: datetime | None = None
    runs: int = 0


def every(span: timedelta, *, offset: timedelta = timedelta(0)) -> ScheduleSpec:
    """Again and again after so long, counted from 1970 in UTC."""
    return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=span, offset=offset)])


def daily(
    hour: int, minute: int = 0, *, zone: str = "Etc/UTC", weekday: int | None = None
) -> ScheduleSpec:
    """Every day, or on one of the week (0 is Sunday), at this time of the clocks of a zone."""
    calendar = ScheduleCalendarSpec(
        hour=[ScheduleRange(hour)],
        minute=[ScheduleRange(minute)],
        day_of_week=[ScheduleRange(0, 6) if weekday is None else ScheduleRange(weekday)],
    )
    return ScheduleSpec(calendars=[calendar], time_zone_name=zone)


SCHEDULES: tuple[Declared, ...] = (
    Declared(
        "expire",
        every(timedelta(minutes=15)),
        "every 15 minutes",
        catch_up=timedelta(hours=1),
        jitter=timedelta(seconds=20),
    ),
    Declared(
        "link-health-checks",
        every(timedelta(minutes=1)),
        "every minute",
        catch_up=timedelta(minutes=2),
    ),
    Declared(
        "notifications",
        every(timedelta(minutes=15)),
        "every 15 minutes",
        catch_up=timedelta(hours=1),
        jitter=timedelta(seconds=20),
    ),
    Declared(
        "qr-alerts",
        every(timedelta(minutes=5)),
        "every 5 minutes",
        catch_up=timedelta(minutes=30),
    ),
    Declared(
        "retention",
        daily(3, 20),
        "at 03:20 UTC",
        catch_up=timedelta(hours=12),
        jitter=timedelta(minutes=10),
        level=BULK,
    ),
    Declared(
        "trial-reminders",
        every(timedelta(hours=1), offset=timedelta(minutes=5)),
        "every hour",
        catch_up=timedelta(hours=6),
        jitter=timedelta(minutes=1),
    ),
    Declared(
        "weekly-workspace-digest",
        every(timedelta(minutes=15), offset=timedelta(minutes=1)),
        "every 15 minutes",
        catch_up=timedelta(hours=1),
        jitter=timedelta(seconds=20),
        level=BULK,
    ),
)


def schedule_of(declared: Declared, state: ScheduleState | None = None) -> Schedule:
    """The schedule as the server takes it; `state` is an operator's: paused or not, and why."""
    job, spec = JOBS[declared.name], declared.spec
    return Schedule(
        action=ScheduleActionStartWorkflow(
            job.workflow.run,
            id=declared.name,
            task_queue=job.queue,
            memo={DECLARED: declared.digest},
            typed_search_attributes=searchable("everybody"),
            static_summary=job.summary,
            priority=fair("everybody", declared.level),
        ),
        spec=ScheduleSpec(
            calendars=spec.calendars,
            intervals=spec.intervals,
            start_at=spec.start_at,
            end_at=spec.end_at,
            jitter=declared.jitter,
            time_zone_name=spec.time_zone_name,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=declared.catch_up),
        state=state or ScheduleState(),
    )


async def reconcile(client: Client, declared: Sequence[Declared] = SCHEDULES) -> Reconciled:
    """Let the server have what is declared and of ours nothing else. Doing it again, or from two
    workers at once, changes nothing more. Raises `RPCError`.

    One of the same id that somebody else made is left as it is.
    """
    made, changed, removed = [], [], []
    for one in declared:
        if await _make(client, one):
            made.append(one.name)
        elif await _change(client, one):
            changed.append(one.name)
    names = {one.name for one in declared}
    async for name in _ours(client):
        if name not in names and await _remove(client, name):
            removed.append(name)
    done = Reconciled(tuple(made), tuple(changed), tuple(removed))
    if done != Reconciled():
        log.info("schedules reconciled", made=made, changed=changed, removed=removed)
    return done


async def standings(
    client: Client, declared: Sequence[Declared] = SCHEDULES
) -> tuple[Standing, ...]:
    """How each declared one is. Raises `RPCError`."""
    return tuple([await _standing(client, one) for one in declared])


async def _make(client: Client, one: Declared) -> bool:
    try:
        await client.create_schedule(one.name, schedule_of(one), memo={OURS: True})
    except ScheduleAlreadyRunningError:
        return False
    return True


async def _change(client: Client, one: Declared) -> bool:
    is_changed = False

    async def differing(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
        nonlocal is_changed
        if not await _is_ours(found.description):
            log.warning("a schedule of somebody else has the name of one of ours", name=one.name)
            return None
        if _digest(found.description) == one.digest:
            return None
        is_changed = True
        return ScheduleUpdate(schedule_of(one, found.description.schedule.state))

    try:
        await client.get_schedule_handle(one.name).update(differing)
    except RPCError as fault:
        if fault.status is not RPCStatusCode.NOT_FOUND:
            raise
        # Taken away since it was found: whoever did that has the last word until the next start.
        return False
    return is_changed


async def _remove(client: Client, name: str) -> bool:
    try:
        await client.get_schedule_handle(name).delete()
    except RPCError as fault:
        if fault.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def _ours(client: Client) -> AsyncIterator[str]:
    async for entry in await client.list_schedules():
        if (await entry.memo()).get(OURS):
            yield entry.id


async def _is_ours(description: ScheduleDescription) -> bool:
    return bool((await description.memo()).get(OURS))


def _digest(description: ScheduleDescription) -> str:
    started = description.raw_description.schedule.action.start_workflow
    return started.memo.fields[DECLARED].data.decode().strip('"')


async def _standing(client: Client, one: Declared) -> Standing:
    try:
        description = await client.get_schedule_handle(one.name).describe()
    except RPCError as fault:
        if fault.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Standing(one, found=False)
    state, info = description.schedule.state, description.info
    recent = [action.scheduled_at.astimezone(UTC) for action in info.recent_actions]
    upcoming = [moment.astimezone(UTC) for moment in info.next_action_times]
    return Standing(
        one,
        found=True,
        paused=state.paused,
        note=state.note or "",
        last_at=max(recent, default=None),
        next_at=None if state.paused else min(upcoming, default=None),
        runs=info.num_actions,
    )
