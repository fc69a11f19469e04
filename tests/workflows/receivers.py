"""Activities of the same names that answer what a test scripted, and remember being asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.cause import Cause
from activities.deliveries import (
    AttemptBatch,
    AttemptDelivery,
    BatchReport,
    CancelDelivery,
    DeliveryReport,
    Failure,
)
from activities.rules.backoff import wait_before
from workers.binaries import temporal_binary
from workers.interceptors import HouseInterceptor
from workers.sandbox import make_runner
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.queues import SEARCH_ATTRIBUTES
from workflows.retry_delivery import Retry, RetryDelivery

ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")


class Script:
    """A receiver that fails `failures` times and then answers; waits follow `delays`."""

    def __init__(self, *, failures: int, delays: Sequence[float]) -> None:
        self.failures = failures
        self.delays = delays
        self.tried: list[int] = []
        self.cancelled: list[UUID] = []
        self.faults = 0

    @property
    def activities(self) -> list[Callable[..., Any]]:
        @activity.defn(name="attempt_batch")
        async def attempt_batch(command: AttemptBatch) -> BatchReport:
            self.tried.append(1)
            if self.failures == 0:
                return BatchReport(1, 0, ())
            return BatchReport(0, 0, (self.failure(command.batch_id),))

        @activity.defn(name="attempt_delivery")
        async def attempt_delivery(command: AttemptDelivery) -> DeliveryReport:
            if self.faults:
                self.faults -= 1
                raise ConnectionError("the database is away")
            self.tried.append(command.number)
            if command.number > self.failures:
                return DeliveryReport("delivered", command.number, None)
            wait = wait_before(command.number + 1, self.delays, 0.0, None)
            return DeliveryReport("failed" if wait is None else "pending", command.number, wait)

        @activity.defn(name="cancel_delivery")
        async def cancel_delivery(command: CancelDelivery) -> None:
            self.cancelled.append(command.delivery_id)

        return [attempt_batch, attempt_delivery, cancel_delivery]

    def failure(self, delivery_id: UUID) -> Failure:
        return Failure(delivery_id, "hooks.example.com", "qr.created", self.delays[0], Cause("r-1"))


async def skipping_server() -> WorkflowEnvironment:
    """The real server, whose time passes at once while every workflow sleeps."""
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(temporal_binary()),
        data_converter=pydantic_data_converter,
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_extra_args=[
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
        ],
    )


@asynccontextmanager
async def working(temporal: WorkflowEnvironment, script: Script) -> AsyncIterator[str]:
    queue = f"test-{uuid4()}"
    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=[DeliverWebhooks, RetryDelivery],
        activities=script.activities,
        workflow_runner=make_runner(),
        interceptors=[HouseInterceptor()],
    ):
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
