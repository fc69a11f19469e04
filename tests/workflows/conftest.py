"""The real Temporal server with skippable time, and fakes of activities by their names."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.workflows.receivers import skipping_server


@pytest_asyncio.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose time passes at once while every workflow sleeps."""
    async with await skipping_server() as environment:
        yield environment
