"""Activities that look at links, as fakes that remember for which moment they were asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from temporalio import activity
from temporalio.testing import WorkflowEnvironment

from activities.health.checking import CheckDueLinks, CheckOneLink, LinksChecked
from tests.workflows.workers import working_on
from workflows import check_link_health, check_one_link


@asynccontextmanager
async def looking_after(
    temporal: WorkflowEnvironment, moments: list[datetime] | None = None
) -> AsyncIterator[str]:
    """A worker that finds 7 links due, and fails at its first look at one."""
    looks = 0

    @activity.defn(name="check_due_links")
    async def check_due_links(command: CheckDueLinks) -> LinksChecked:
        if moments is not None:
            moments.append(command.now)
        return LinksChecked(7, 1, 2)

    @activity.defn(name="check_one_link")
    async def look_at_one(command: CheckOneLink) -> LinksChecked:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("the database went away")
        return LinksChecked(1, 0, 0)

    async with working_on(
        temporal,
        [check_link_health.CheckLinkHealth, check_one_link.CheckOneLink],
        [check_due_links, look_at_one],
    ) as queue:
        yield queue
