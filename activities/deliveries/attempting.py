"""Attempts as workflows ask for them: the first ones of a batch, and further ones one by one.

Both may be run again after a crash at any moment: an attempt that is recorded is not made again;
one that was sent and not recorded is, under the same message id.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

from temporalio import activity
from temporalio.service import RPCError

from activities.cause import Cause
from activities.deliveries.due import Due, LoadDue, load_due
from activities.deliveries.trying import DeliveryReport, Run, first_of
from activities.rules.holds import HOLDS, RESEND, Hold

BATCH_SECONDS = 15.0
"""What of a batch did not begin within this waits for its next run: who failed first does not wait
for those who are slow."""

TELL_SECONDS = 1.0
"""How often a batch that goes on tells of what failed in it."""


@dataclass(frozen=True)
class AttemptBatch:
    """Make the first attempt of every delivery of a batch that has its turn within `seconds`."""

    batch_id: UUID
    seconds: float = BATCH_SECONDS


@dataclass(frozen=True)
class Failure:
    """A delivery whose attempt `number` is due in `wait_seconds`; `host` is for operators.

    Its policy counts from attempt `first`. `reason` says what holds it, if anything does.
    """

    delivery_id: UUID
    host: str
    kind: str
    wait_seconds: float
    cause: Cause
    number: int = 2
    first: int = 1
    resend: int = 0
    reason: str = ""


@dataclass(frozen=True)
class BatchReport:
    """How a batch went; `failures` have tries left, `unfinished` did not come to their turn yet.

    Those that are `held` are parked: they go with another batch when what holds them is over.
    """

    delivered: int
    given_up: int
    failures: tuple[Failure, ...]
    unfinished: int = 0
    held: int = 0


@dataclass(frozen=True)
class AttemptDelivery:
    """Make attempt `number` of a delivery; `is_forced` whatever holds it.

    `first` is where its policy counts from. One that was sent anew since (`resend`) is not mine.
    """

    delivery_id: UUID
    number: int
    first: int = 1
    resend: int = 0
    is_forced: bool = False


@activity.defn
async def attempt_batch(command: AttemptBatch) -> BatchReport:
    """Try everything of the batch that was not tried yet, all endpoints side by side.

    Messages that have to keep an order go one after the other. What is left over is to be tried by
    another run; what is left of a run in which nothing had its turn is parked.
    """
    due = await load_due(LoadDue(batch_id=command.batch_id))
    run = Run(command.seconds, due, parks=True)
    rows: dict[object, list[Due]] = defaultdict(list)
    for item in due:
        key = (item.endpoint_id, item.order_key) if item.order_key else item.delivery_id
        rows[key].append(item)
    reports: dict[UUID, DeliveryReport] = {}
    async with _telling(due, reports):
        await _all_of(run, rows.values(), reports)
    left = [item for item in due if item.delivery_id not in reports]
    if left and not run.has_begun and not run.is_stopping:
        reports.update(await run.park(left))
    told = [(item, reports[item.delivery_id]) for item in due if item.delivery_id in reports]
    failures = _failures(due, reports)
    delivered = sum(report.status == "delivered" for _, report in told)
    held = sum(report.parked for _, report in told)
    over = len(told) - delivered - len(failures) - held
    return BatchReport(delivered, over, failures, len(due) - len(told), held)


@activity.defn
async def attempt_delivery(command: AttemptDelivery) -> DeliveryReport:
    """Make one further attempt, unless an attempt of that number is recorded already."""
    found = await load_due(LoadDue(delivery_id=command.delivery_id))
    if not found or found[0].resend != command.resend:
        return DeliveryReport("cancelled", command.number - 1, None)
    item = found[0]
    if item.attempts >= command.number or item.status != "pending":
        return await Run(0.0).standing(item)
    run = Run(0.0)
    report = await run.try_one(item, command.first, is_forced=command.is_forced)
    return report or await run.hold(item, Hold("busy"))


async def _all_of(run: Run, rows: Iterable[list[Due]], reports: dict[UUID, DeliveryReport]) -> None:
    """Let all of them end before a fault of one is raised: none is cut off while sending.

    Those that had no turn are missing in `reports`, and what comes after them in their row.
    """

    async def walk(row: list[Due]) -> None:
        for number, item in enumerate(row):
            report = None if number and run.is_over else await _begin(item, run)
            if report is None:
                break
            reports[item.delivery_id] = report

    ended = await asyncio.gather(*map(walk, rows), return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome


@asynccontextmanager
async def _telling(
    due: Sequence[Due], reports: Mapping[UUID, DeliveryReport]
) -> AsyncIterator[None]:
    """Tell the workflow meanwhile who failed: that waits for nobody who is slow."""
    telling = asyncio.create_task(_tell(due, reports)) if activity.in_activity() else None
    try:
        yield
    finally:
        if telling is not None:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _tell(due: Sequence[Due], reports: Mapping[UUID, DeliveryReport]) -> None:
    """What could not be told is in the report of the batch."""
    told: set[UUID] = set()
    while True:
        await asyncio.sleep(TELL_SECONDS)
        fresh = [one for one in _failures(due, reports) if one.delivery_id not in told]
        if not fresh:
            continue
        info = activity.info()
        workflow = activity.client().get_workflow_handle(
            info.workflow_id or "", run_id=info.workflow_run_id
        )
        with suppress(RPCError):
            await workflow.signal("failed", tuple(fresh))
            told.update(failure.delivery_id for failure in fresh)


async def _begin(item: Due, run: Run) -> DeliveryReport | None:
    """The first attempt of a batch's delivery, unless an earlier run made it or had it held."""
    was_tried = item.attempts > 0 and item.reason != RESEND
    if was_tried or item.status != "pending" or item.reason in HOLDS:
        return await run.standing(item)
    return await run.try_one(item, first_of(item))


def _failures(due: Iterable[Due], reports: Mapping[UUID, DeliveryReport]) -> tuple[Failure, ...]:
    """Those that have tries left, and are not parked."""
    told = ((item, reports.get(item.delivery_id)) for item in due)
    return tuple(
        _failure(item, report)
        for item, report in told
        if report is not None and report.wait_seconds is not None and not report.parked
    )


def _failure(item: Due, report: DeliveryReport) -> Failure:
    return Failure(
        delivery_id=item.delivery_id,
        host=item.host,
        kind=item.kind,
        wait_seconds=report.wait_seconds or 0.0,
        cause=item.cause,
        number=report.attempts + 1,
        first=first_of(item),
        resend=item.resend,
        reason=report.reason,
    )
