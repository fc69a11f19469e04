"""`inkloom relay`: takes facts out of the outbox and starts the workflows that they cause.

Woken by NOTIFY, with a sweep every second that needs no wake-up. Several may run. While Temporal is
away nothing is taken out: facts wait in the outbox, mails in their table, and only the oldest
interrupted batch is tried, as a probe.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from prometheus_client import Counter, Gauge

from activities.dispatching import (
    DispatchEvents,
    WaitingBatches,
    dispatch_events,
    waiting_batches,
)
from activities.mail import (
    ConfirmMails,
    WaitingMail,
    WaitingMails,
    confirm_mails,
    waiting_mails,
)
from activities.mail_groups import (
    ConfirmMailGroups,
    MailGroup,
    WaitingMailGroups,
    confirm_mail_groups,
    waiting_mail_groups,
)
from activities.outbox import CHANNEL
from activities.readiness import read_backlog
from schema.db import DatabaseAway, raw_connection
from schema.settings import Settings
from workers.bootstrap import set_up
from workers.graceful import stop_signal
from workers.keeping import keep
from workers.orphans import keep_adopting
from workers.restarts import keep_started
from workers.starting import start_all, start_batches
from workers.sweep import keep_swept
from workers.waking import keep_telling, keep_waking
from workflows.reactions import WEBHOOKS, kinds_for
from workflows.starter import Starter, TemporalAway

SWEEP_SECONDS = 1.0
PACE_SECONDS, PACE_OF_ONE = 0.1, 0.03
"""Pause after taking something out, and what each workflow that was started adds to it. A lone
event leaves at once; under load events gather into batches, because workflows cost far more than
deliveries (measured: 55 to 65 workflows a second with nothing else to do), and started quicker
they only wait longer."""

MOST_EVENTS = 2500
BUSY_EVENTS = 100
PASSES = 2
INTERRUPTED_AFTER = timedelta(seconds=5)
REPORT_SECONDS = 5.0

EVENTS = Counter("inkloom_outbox_events", "Events taken out of the outbox")
MAILS = Counter("inkloom_mails", "Mail workflows started")
WAITING = Gauge("inkloom_outbox_waiting_events", "Events not yet taken out")
LAG = Gauge("inkloom_outbox_lag_seconds", "Age of the oldest event not yet taken out")
UNDELIVERED = Gauge("inkloom_webhooks_undelivered", "Deliveries not finished")
OLDEST = Gauge("inkloom_webhooks_oldest_undelivered_seconds", "Age of the oldest of them")

log = structlog.get_logger("inkloom.relay")


async def relay(settings: Settings) -> None:
    """Relay until SIGTERM; a batch whose start is under way is confirmed first.

    What is not known to be a server that is away ends the process: who runs it starts it again.
    """
    async with set_up(settings, "relay") as running:
        asked = stop_signal()
        woken = asyncio.Event()
        woken.set()
        helpers = [
            asyncio.create_task(_keep_listening(woken)),
            asyncio.create_task(keep("report", _report, REPORT_SECONDS)),
            asyncio.create_task(keep_swept()),
            asyncio.create_task(keep_started(running.starter)),
            asyncio.create_task(keep_waking(running.starter)),
            asyncio.create_task(keep_telling()),
            asyncio.create_task(keep_adopting(running.starter)),
        ]
        loop = Relay(running.starter)
        log.info("relaying")
        try:
            while not asked.is_set():
                woken.clear()
                taken = await loop.turn()
                if taken == 0:
                    await _either(woken, asked, SWEEP_SECONDS)
                elif taken < MOST_EVENTS:
                    await _wait(asked, max(PACE_SECONDS, PACE_OF_ONE * loop.started))
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)


class Relay:
    """One loop of the relay; `turn()` is one step, for tests as well.

    `started` is how many workflows the last one started.
    """

    def __init__(self, starter: Starter) -> None:
        self.started = 0
        self._starter = starter
        self._kinds = kinds_for(WEBHOOKS)
        self._away = False
        self._is_busy = False
        self._passed_by = 0

    async def turn(self) -> int:
        """Restart what was interrupted, then take out what waits; how many events and mails."""
        try:
            mails = 0
            if self._looks_for_all():
                if not await self._recover():
                    return 0
                mails = await self._start_mails() + await self._start_mail_groups()
            dispatched = await dispatch_events(DispatchEvents(self._kinds, limit=MOST_EVENTS))
            EVENTS.inc(dispatched.events)
            await start_batches(self._starter, dispatched.batches)
            self.started = mails + len(dispatched.batches)
            self._is_busy = dispatched.events >= BUSY_EVENTS
        except DatabaseAway as fault:
            log.warning("the database is away", reason=str(fault))
            return 0
        except TemporalAway as fault:
            if not self._away:
                log.warning("temporal is away; events wait in the outbox", reason=str(fault))
            self._away = True
            return 0
        return mails + dispatched.events

    def _looks_for_all(self) -> bool:
        """While events come in hundreds, what else there is may wait for every third turn."""
        is_due = not self._is_busy or self._away or self._passed_by >= PASSES
        self._passed_by = 0 if is_due else self._passed_by + 1
        return is_due

    async def _recover(self) -> bool:
        """Start interrupted batches; False while Temporal is away."""
        age = timedelta(0) if self._away else INTERRUPTED_AFTER
        batches = await waiting_batches(WaitingBatches(older_than=age))
        if self._away:
            if batches:
                await start_batches(self._starter, batches[:1])
            elif not await self._starter.is_here():
                return False
            self._away = False
            log.info("temporal is back")
            batches = batches[1:]
        await start_batches(self._starter, batches)
        return True

    async def _start_mails(self) -> int:
        """Start what waits to be mailed; how many that were."""

        async def start(mail: WaitingMail) -> None:
            await self._starter.send_mail(mail)
            log.info("mail started", mail=str(mail.id), request_id=mail.cause.request_id)

        async def confirm(ids: tuple[UUID, ...]) -> None:
            await confirm_mails(ConfirmMails(ids))
            MAILS.inc(len(ids))

        return await start_all(await waiting_mails(WaitingMails()), start, confirm)

    async def _start_mail_groups(self) -> int:
        """Start the groups that are due; how many that were."""

        async def start(group: MailGroup) -> None:
            await self._starter.send_mails(group)
            log.info("mails started", group=str(group.id), size=group.size)

        async def confirm(ids: tuple[UUID, ...]) -> None:
            await confirm_mail_groups(ConfirmMailGroups(ids))
            MAILS.inc(len(ids))

        return await start_all(await waiting_mail_groups(WaitingMailGroups()), start, confirm)


async def _keep_listening(woken: asyncio.Event) -> None:
    """Set `woken` at every NOTIFY; a lost connection is made again, the sweep bridges the gap."""

    async def listen() -> None:
        try:
            async with await raw_connection() as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                woken.set()
                async for _ in connection.notifies():
                    woken.set()
        except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
            raise DatabaseAway(str(fault).partition("\n")[0]) from fault

    await keep("listening", listen, SWEEP_SECONDS)


async def _report() -> None:
    backlog = await read_backlog()
    WAITING.set(backlog.waiting_events)
    LAG.set(backlog.oldest_event_seconds)
    UNDELIVERED.set(backlog.undelivered)
    OLDEST.set(backlog.oldest_undelivered_seconds)


async def _wait(asked: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asked.wait(), seconds)


async def _either(first: asyncio.Event, second: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.create_task(first.wait()), asyncio.create_task(second.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
