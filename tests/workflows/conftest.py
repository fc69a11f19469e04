"""The real Temporal server with skippable time, and fakes of activities by their names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from activities.gateways.resend import ResendMailer
from activities.outside import Outside, install
from tests.conftest import NOW
from tests.fakes.resend import KEY, Resend, resending
from tests.workflows.receivers import skipping_server


@pytest_asyncio.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose time passes at once while every workflow sleeps."""
    async with await skipping_server() as environment:
        yield environment


@pytest_asyncio.fixture
async def resend(world: Outside) -> AsyncIterator[Resend]:
    """Resend in place of the mailbox."""
    async with resending() as fake:
        # The server skips time: whoever looks finds it hours later.
        looks = count()
        mailer = ResendMailer(
            KEY,
            base_url=fake.url,
            sender="mail@ink.test",
            total_seconds=2.0,
            now=lambda: NOW + timedelta(hours=2 * next(looks)),
        )
        install(replace(world, mailer=mailer))
        yield fake
        await mailer.close()
