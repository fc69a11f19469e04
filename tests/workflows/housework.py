"""Activities of the scheduled workflows, as fakes that remember when they were asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.expiry.ending import AssetsEnded, EndAssets
from activities.expiry.warning import EndsWarnedOf, WarnOfEnds
from activities.retention.forgetting import ForgetOver, KindForgotten
from activities.statistics.storage import KeepScanStorage, StorageKept
from tests.workflows.workers import working_on
from workflows.apply_retention import ApplyRetention
from workflows.expire_assets import ExpireAssets


class House:
    """Codes end in two parts, the second of which fails once; of each kind 7 rows are over, of
    every ninth one 4 more."""

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

    async def forget(self, command: ForgetOver) -> tuple[KindForgotten, ...]:
        """Nine kinds a call, and a part of the tenth."""
        whole = [KindForgotten(kind, 7, is_done=True) for kind in command.kinds[:9]]
        part = [KindForgotten(kind, 4, is_done=False) for kind in command.kinds[9:10]]
        return (*whole, *part)


@asynccontextmanager
async def keeping(temporal: WorkflowEnvironment, house: House) -> AsyncIterator[str]:
    """A worker that keeps this house; the queue that it works on."""

    @activity.defn(name="warn_of_ends")
    async def warn_of_ends(command: WarnOfEnds) -> EndsWarnedOf:
        return await house.warn(command)

    @activity.defn(name="end_assets")
    async def end_assets(command: EndAssets) -> AssetsEnded:
        return await house.end(command)

    @activity.defn(name="forget_over")
    async def forget_over(command: ForgetOver) -> tuple[KindForgotten, ...]:
        return await house.forget(command)

    @activity.defn(name="keep_scan_storage")
    async def keep_scan_storage(command: KeepScanStorage) -> StorageKept:
        return StorageKept(1, 2, 3, is_done=True)

    async with working_on(
        temporal,
        [ApplyRetention, ExpireAssets],
        [warn_of_ends, end_assets, forget_over, keep_scan_storage],
    ) as queue:
        yield queue
