"""A worker of a test: our sandbox and interceptor, on a queue of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from workers.interceptors import HouseInterceptor
from workers.sandbox import make_runner

BUILD = "inkloom tests"
"""Given because the SDK would read and compile every loaded module for one: 20 s in a test run."""


@asynccontextmanager
async def working_on(
    temporal: WorkflowEnvironment,
    workflows: Sequence[type],
    activities: Sequence[Callable[..., object]],
) -> AsyncIterator[str]:
    """The queue on which these are worked on while the context is open."""
    queue = f"test-{uuid4()}"
    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        workflow_runner=make_runner(),
        interceptors=[HouseInterceptor()],
        build_id=BUILD,
    ):
        yield queue
