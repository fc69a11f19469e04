"""What every activity gets around it: refusals that are final, heartbeats, a log context.

A `DomainError` becomes a non-retryable `ApplicationError` of type `code`; anything else is a fault
of the moment and is retried by the workflow's policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.rules.errors import DomainError


class HouseInterceptor(Interceptor):
    """Wraps every activity of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(super().intercept_activity(next))


class _Inbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        with structlog.contextvars.bound_contextvars(
            workflow=info.workflow_id, activity=info.activity_type, try_number=info.attempt
        ):
            try:
                async with _heartbeats():
                    return await self.next.execute_activity(input)
            except DomainError as refusal:
                raise ApplicationError(
                    str(refusal), type=refusal.code, non_retryable=True
                ) from None


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
