"""Activities of the same names that answer what a test scripted, and remember being asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.cause import Cause
from activities.deliveries.attempting import AttemptBatch, AttemptDelivery, BatchReport, Failure
from activities.deliveries.cancelling import CancelDelivery
from activities.deliveries.recovering import RecoveredPart, RecoverPart
from activities.deliveries.trying import DeliveryReport
from activities.rules.backoff import wait_before
from activities.rules.runs import Cut, recovery_id
from tests.workflows.workers import working_on
from workers.binaries import temporal_binary
from workers.embedded_temporal import TEMPORAL_SETTINGS
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.queues import SEARCH_ATTRIBUTES
from workflows.recover_deliveries import RecoverDeliveries, Recovering, RecoveryProgress
from workflows.retry_delivery import Retry, RetryDelivery

ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")
LONG = 200
"""At how many events the server suggests that another run goes on; a real one does at 4,096."""


class Script:
    """A receiver that fails `failures` times and then answers; waits follow `delays`.

    Before each attempt the first of `holds` keeps it from being made, for so many seconds. A batch
    needs so many `goes`; `others` of it fail too, and `parked` more are held. Where it `tells`, it
    tells of the failure and goes on until that is set. A recovery has `parts`, and is `cut` short
    behind them.
    """

    def __init__(
        self,
        *,
        failures: int,
        delays: Sequence[float],
        holds: Sequence[tuple[str, float]] = (),
        parts: Sequence[int] = (),
    ) -> None:
        self.failures = failures
        self.delays = delays
        self.holds = list(holds)
        self.parts = list(parts)
        self.asked: list[AttemptDelivery] = []
        self.tried: list[int] = []
        self.cancelled: list[UUID] = []
        self.faults = 0
        self.goes = 1
        self.others: Sequence[UUID] = ()
        self.parked = 0
        self.tells: asyncio.Event | None = None
        self.cut: Cut | None = None

    @property
    def activities(self) -> list[Callable[..., Any]]:
        @activity.defn(name="attempt_batch")
        async def attempt_batch(command: AttemptBatch) -> BatchReport:
            if self.holds:
                return BatchReport(0, 0, (self.held(command.batch_id),))
            self.tried.append(1)
            if self.goes > 1:
                self.goes -= 1
                return BatchReport(0, 0, (self.failure(command.batch_id),), 1)
            if self.failures == 0:
                return BatchReport(1, 0, ())
            return await self.failed(command.batch_id)

        @activity.defn(name="attempt_delivery")
        async def attempt_delivery(command: AttemptDelivery) -> DeliveryReport:
            if self.faults:
                self.faults -= 1
                raise ConnectionError("the database is away")
            self.asked.append(command)
            if self.holds and not command.is_forced:
                reason, seconds = self.holds.pop(0)
                return DeliveryReport("pending", command.number - 1, seconds, reason)
            self.tried.append(command.number)
            if command.number > self.failures:
                return DeliveryReport("delivered", command.number, None)
            wait = wait_before(command.number + 1, self.delays, 0.0, None)
            return DeliveryReport("failed" if wait is None else "pending", command.number, wait)

        @activity.defn(name="cancel_delivery")
        async def cancel_delivery(command: CancelDelivery) -> None:
            self.cancelled.append(command.delivery_id)

        @activity.defn(name="recover_part")
        async def recover_part(command: RecoverPart) -> RecoveredPart:
            if not self.parts:
                return RecoveredPart(None, 0, command.after, is_over=True, cut=self.cut)
            count = self.parts.pop(0)
            return RecoveredPart(uuid4(), count, command.after + count, is_over=False)

        return [attempt_batch, attempt_delivery, cancel_delivery, recover_part]

    async def failed(self, batch_id: UUID) -> BatchReport:
        if self.tells is not None:
            await self.tell(batch_id, self.tells)
        failures = tuple(map(self.failure, (batch_id, *self.others)))
        return BatchReport(0, 0, failures, 0, self.parked)

    async def tell(self, batch_id: UUID, until: asyncio.Event) -> None:
        info = activity.info()
        batch = activity.client().get_workflow_handle(info.workflow_id or "")
        await batch.signal(DeliverWebhooks.failed, (self.failure(batch_id),))
        while not until.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.05)

    def failure(self, delivery_id: UUID) -> Failure:
        return Failure(delivery_id, "hooks.example.com", "qr.created", self.delays[0], Cause("r-1"))

    def held(self, delivery_id: UUID) -> Failure:
        reason, seconds = self.holds.pop(0)
        cause = Cause("r-1")
        return Failure(
            delivery_id, "hooks.example.com", "qr.created", seconds, cause, 1, reason=reason
        )


async def skipping_server() -> WorkflowEnvironment:
    """The real server, whose time passes at once while every workflow sleeps."""
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(temporal_binary()),
        data_converter=pydantic_data_converter,
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_extra_args=[
            *(w for setting in TEMPORAL_SETTINGS for w in ("--dynamic-config-value", setting)),
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LONG}"),
        ],
    )


@asynccontextmanager
async def working(temporal: WorkflowEnvironment, script: Script) -> AsyncIterator[str]:
    async with working_on(
        temporal, [DeliverWebhooks, RecoverDeliveries, RetryDelivery], script.activities
    ) as queue:
        yield queue


async def start_retry(
    temporal: WorkflowEnvironment, queue: str, wait: float, delivery: UUID | None = None
) -> WorkflowHandle[RetryDelivery, DeliveryReport]:
    delivery = delivery or uuid4()
    return await temporal.client.start_workflow(
        RetryDelivery.run,
        Retry(ORGANIZATION, delivery, 2, wait, Cause("r-1")),
        id=f"retry/{delivery}",
        task_queue=queue,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )


async def start_recovery(
    temporal: WorkflowEnvironment,
    queue: str,
    *,
    total: int,
    per_minute: int = 600,
    parts: int = 200,
    endpoint: UUID | None = None,
    request: UUID | None = None,
) -> WorkflowHandle[RecoverDeliveries, RecoveryProgress]:
    endpoint, noon = endpoint or uuid4(), datetime(2026, 11, 21, 12, tzinfo=UTC)
    return await temporal.client.start_workflow(
        RecoverDeliveries.run,
        Recovering(
            organization_id=ORGANIZATION,
            endpoint_id=endpoint,
            mode="failed",
            since=noon,
            until=noon,
            total=total,
            per_minute=per_minute,
            cause=Cause("r-1"),
            parts=parts,
        ),
        id=recovery_id(endpoint, request or uuid4()),
        task_queue=queue,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
