"""Schedules on the real server: made, changed and taken away, never against an operator's wish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleSpec
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from tests.workflows.test_roll_up_scans import soon
from workers.cli import app
from workers.schedules import (
    SCHEDULES,
    Declared,
    Reconciled,
    daily,
    every,
    reconcile,
    schedule_of,
    standings,
)
from workflows.queues import SEARCH_ATTRIBUTES
from workflows.scheduled import CRON_NAMES, JOBS

BY_NAME = {one.name: one for one in SCHEDULES}
EXPIRE, RETENTION = BY_NAME["expire"], BY_NAME["retention"]
TWO = (EXPIRE, RETENTION)
NAMES = ("expire", "retention")


@pytest_asyncio.fixture
async def client(temporal: WorkflowEnvironment) -> AsyncIterator[Client]:
    """A server without schedules, before and after."""
    await none_left(temporal.client)
    yield temporal.client
    await none_left(temporal.client)


async def none_left(client: Client) -> None:
    for name in (*NAMES, "theirs"):
        try:
            await client.get_schedule_handle(name).delete()
        except RPCError:
            continue

    async def is_empty() -> bool:
        return not [entry async for entry in await client.list_schedules()]

    await soon(is_empty)


async def listed(client: Client, *names: str) -> None:
    """Wait until lists tell of them, which takes a moment."""

    async def are_there() -> bool:
        return {e.id async for e in await client.list_schedules()} == set(names)

    await soon(are_there)


def test_every_job_has_a_schedule_and_its_name_is_a_cron_name_or_ours() -> None:
    assert set(BY_NAME) == set(JOBS)
    assert len(BY_NAME) == len(SCHEDULES)
    assert set(JOBS) - set(CRON_NAMES) == {"retention"}
    assert len(CRON_NAMES) == 12


def test_a_declaration_that_changes_has_another_digest() -> None:
    others = (
        replace(EXPIRE, spec=every(timedelta(minutes=16))),
        replace(EXPIRE, catch_up=timedelta(hours=2)),
        replace(EXPIRE, jitter=timedelta(0)),
        RETENTION,
    )
    assert len({one.digest for one in (EXPIRE, *others)}) == 5
    assert replace(EXPIRE).digest == EXPIRE.digest


async def test_they_are_made_once_by_two_workers_at_once(client: Client) -> None:
    first, second = await asyncio.gather(reconcile(client, TWO), reconcile(client, TWO))
    assert sorted(first.made + second.made) == sorted(NAMES)
    assert (first.changed, second.changed, first.removed, second.removed) == ((), (), (), ())
    assert await reconcile(client, TWO) == Reconciled()
    for one in TWO:
        found = (await client.get_schedule_handle(one.name).describe()).schedule
        assert found.policy.overlap.name == "SKIP"
        assert (found.policy.catchup_window, found.spec.jitter) == (one.catch_up, one.jitter)
        assert isinstance(found.action, ScheduleActionStartWorkflow)
        assert found.action.typed_search_attributes[SEARCH_ATTRIBUTES[0]] == "everybody"


async def test_one_that_is_declared_otherwise_is_changed_and_stays_paused(client: Client) -> None:
    await reconcile(client, TWO)
    handle = client.get_schedule_handle("expire")
    await handle.pause(note="we look into something")
    otherwise = replace(EXPIRE, catch_up=timedelta(hours=2))
    assert await reconcile(client, (otherwise, RETENTION)) == Reconciled(changed=("expire",))
    found = (await handle.describe()).schedule
    assert found.policy.catchup_window == timedelta(hours=2)
    assert (found.state.paused, found.state.note) == (True, "we look into something")
    assert await reconcile(client, (otherwise, RETENTION)) == Reconciled()


async def test_of_ours_nothing_else_is_left_and_what_is_not_ours_stays(client: Client) -> None:
    await reconcile(client, TWO)
    theirs = Schedule(
        action=ScheduleActionStartWorkflow("Theirs", id="theirs", task_queue="theirs"),
        spec=ScheduleSpec(cron_expressions=["0 0 1 1 *"]),
    )
    await client.create_schedule("theirs", theirs)
    await listed(client, *NAMES, "theirs")
    assert await reconcile(client, (EXPIRE,)) == Reconciled(removed=("retention",))
    await listed(client, "expire", "theirs")


async def test_one_of_the_same_name_that_somebody_made_is_left_alone(client: Client) -> None:
    theirs = Schedule(
        action=ScheduleActionStartWorkflow("Theirs", id="theirs", task_queue="theirs"),
        spec=ScheduleSpec(cron_expressions=["0 0 1 1 *"]),
    )
    await client.create_schedule("expire", theirs)
    assert await reconcile(client, (EXPIRE,)) == Reconciled()
    found = (await client.get_schedule_handle("expire").describe()).schedule.action
    assert isinstance(found, ScheduleActionStartWorkflow)
    assert found.workflow == "Theirs"


async def test_a_time_of_day_follows_the_clocks_of_its_zone(client: Client) -> None:
    """Berlin puts its clocks back on 31 October 2027, and forward on 26 March 2028."""
    for day, before, after in (((2027, 10, 29), 7, 8), ((2028, 3, 24), 8, 7)):
        spec = replace(daily(9, 0, zone="Europe/Berlin"), start_at=datetime(*day, tzinfo=UTC))
        made = Declared("expire", spec, "at 9 in Berlin", timedelta(hours=1))
        handle = await client.create_schedule("expire", schedule_of(made))
        upcoming = (await handle.describe()).info.next_action_times[:5]
        hours = [moment.astimezone(UTC).hour for moment in upcoming]
        assert hours == [before, before, after, after, after]
        assert [b - a for a, b in zip(upcoming, upcoming[2:], strict=False)][2] == timedelta(days=2)
        await handle.delete()
        await listed(client)


async def test_how_they_are_is_told(client: Client) -> None:
    missing, _ = await standings(client, TWO)
    assert not missing.found
    await reconcile(client, TWO)
    await client.get_schedule_handle("retention").pause(note="for now")
    expire, retention = await standings(client, TWO)
    assert expire.found
    assert expire.next_at is not None
    assert (retention.paused, retention.note, retention.next_at) == (True, "for now", None)
    assert (expire.runs, expire.last_at) == (0, None)


def test_the_commands_are_there() -> None:
    shown = CliRunner().invoke(app, ["schedules", "--help"]).output
    assert "apply" in shown
