"""Activities of the scheduled workflows, as fakes that remember when they were asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import uuid4

from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.expiry.ending import AssetsEnded, EndAssets
from activities.expiry.warning import EndsWarnedOf, WarnOfEnds
from activities.retention.forgetting import Forget, PartForgotten
from workers.interceptors import HouseInterceptor
from workers.sandbox import make_runner
from workflows.apply_retention import ApplyRetention
from workflows.expire_assets import ExpireAssets


class House:
    """Codes end in two parts, the second of which fails once; of each kind 7 rows are over."""

    def __init__(self) -> None:
        self.moments: list[datetime] = []
        self._parts = 0

    async def warn(self, command: WarnOfEnds) -> EndsWarnedOf:
        self.moments.append(command.now)
        return EndsWarnedOf(3, is_done=True)

    async def end(self, command: EndAssets) -> AssetsEnded:
        self._parts += 1
        if self._parts == 2:
            raise RuntimeError("something is wrong")
        return AssetsEnded(500, 1, is_done=self._parts > 2)

    async def forget(self, command: Forget) -> PartForgotten:
        return PartForgotten(7, is_done=True)


@asynccontextmanager
async def keeping(temporal: WorkflowEnvironment, house: House) -> AsyncIterator[str]:
    """A worker that keeps this house; the queue that it works on."""

    @activity.defn(name="warn_of_ends")
    async def warn_of_ends(command: WarnOfEnds) -> EndsWarnedOf:
        return await house.warn(command)

    @activity.defn(name="end_assets")
    async def end_assets(command: EndAssets) -> AssetsEnded:
        return await house.end(command)

    @activity.defn(name="forget")
    async def forget(command: Forget) -> PartForgotten:
        return await house.forget(command)

    queue = f"test-{uuid4()}"
    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=[ApplyRetention, ExpireAssets],
        activities=[warn_of_ends, end_assets, forget],
        workflow_runner=make_runner(),
        interceptors=[HouseInterceptor()],
    ):
        yield queue
