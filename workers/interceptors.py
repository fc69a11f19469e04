"""What every activity gets around it: final refusals, heartbeats, a log context, figures.

A `DomainError` becomes a non-retryable `ApplicationError` of type `code`; anything else is a fault
of the moment and is retried by the workflow's policy, or after the wait that a vendor asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.gateways.mailer import MailerAway
from activities.rules.errors import DomainError

ENDED = Counter("inkloom_activities", "Activities that ended", ["activity", "outcome"])
SECONDS = Histogram(
    "inkloom_activity_seconds",
    "Time an activity took",
    ["activity"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 300),
)


class HouseInterceptor(Interceptor):
    """Wraps every activity of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(super().intercept_activity(next))


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        outcome = "failed"
        with (
            SECONDS.labels(info.activity_type).time(),
            structlog.contextvars.bound_contextvars(
                workflow=info.workflow_id, activity=info.activity_type, try_number=info.attempt
            ),
        ):
            try:
                async with _heartbeats():
                    answer = await self.next.execute_activity(input)
                outcome = "done"
                return answer
            except DomainError as refusal:
                outcome = "refused"
                raise ApplicationError(
                    str(refusal), type=refusal.code, non_retryable=True
                ) from None
            except MailerAway as fault:
                wait = fault.wait_seconds
                raise ApplicationError(
                    str(fault),
                    type="mailer_away",
                    next_retry_delay=None if wait is None else timedelta(seconds=wait),
                ) from None
            finally:
                ENDED.labels(info.activity_type, outcome).inc()


@asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    """Tell the server at a third of the timeout that we live, so a dead worker is noticed soon."""
    timeout = activity.info().heartbeat_timeout
    if timeout is None:
        yield
        return

    async def beat() -> None:
        while True:
            await asyncio.sleep(timeout.total_seconds() / 3)
            activity.heartbeat()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
