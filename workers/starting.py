"""Many workflows started side by side: one that is refused stops nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter

from activities.batching import Batch
from activities.cause import Cause, caused_by
from activities.dispatching import ConfirmBatches, confirm_batches
from workflows.starter import Starter, TemporalAway

AT_ONCE = 32

BATCHES = Counter("inkloom_outbox_batches", "Delivery workflows started")

log = structlog.get_logger("inkloom.starting")


class Waiting(Protocol):
    """What waits for its workflow: a batch, a mail, a group of mails."""

    @property
    def id(self) -> UUID: ...

    @property
    def cause(self) -> Cause: ...


Item = TypeVar("Item")
Starting = TypeVar("Starting", bound=Waiting)


async def start_batches(starter: Starter, batches: Sequence[Batch]) -> None:
    """Start the workflow of each, and confirm those that are started. Raises `TemporalAway`.

    What is not started now the relay finds as any batch that was interrupted.
    """

    async def start(batch: Batch) -> None:
        await starter.deliver(batch)
        log.info(
            "delivery started",
            batch=str(batch.id),
            size=batch.size,
            request_id=batch.cause.request_id,
        )

    async def confirm(ids: tuple[UUID, ...]) -> None:
        await confirm_batches(ConfirmBatches(ids))
        BATCHES.inc(len(ids))

    await start_all(batches, start, confirm)


async def start_all(
    waiting: Sequence[Starting],
    start: Callable[[Starting], Awaitable[None]],
    confirm: Callable[[tuple[UUID, ...]], Awaitable[None]],
) -> int:
    """Start each and confirm those that are started; how many that were. Raises `TemporalAway`."""

    async def begin(item: Starting) -> None:
        with caused_by(item.cause):
            await start(item)

    started, away = await each(waiting, begin, lambda item: item.id)
    if started:
        await confirm(tuple(item.id for item in started))
    if away:
        raise away
    return len(started)


async def each(
    items: Sequence[Item],
    do: Callable[[Item], Awaitable[object]],
    id_of: Callable[[Item], UUID],
    *,
    at_once: int = AT_ONCE,
) -> tuple[list[Item], TemporalAway | None]:
    """Do it to each, side by side; those it was done to, and what a Temporal that is away said.

    One that is refused for another reason is logged: it is found again and must not stop the
    others.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(item: Item) -> None:
        async with gate:
            await do(item)

    outcomes = await asyncio.gather(*map(one, items), return_exceptions=True)
    done, away = [], None
    for item, fault in zip(items, outcomes, strict=True):
        if fault is None:
            done.append(item)
        elif isinstance(fault, TemporalAway):
            away = away or fault
        else:
            log.error("refused", what=type(item).__name__, id=str(id_of(item)), exc_info=fault)
    return done, away
