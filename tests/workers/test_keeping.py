"""A task in the background goes on whatever goes wrong, and what went wrong is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from time import monotonic
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY
from sqlalchemy import text
from structlog.testing import capture_logs

from schema.db import DatabaseAway, transaction
from tests.builders.waiting import until
from tests.workers.test_waking import Remembering
from workers.keeping import keep, seconds_after
from workers.restarts import keep_started
from workers.waking import keep_telling, keep_waking
from workflows.starter import TemporalAway

Lines = list[MutableMapping[str, Any]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("debug"))
    with capture_logs() as captured:
        yield captured
    structlog.configure(**before)


class Steps:
    """A step with an outcome for each time it is done; after those nothing is left to do."""

    def __init__(self, *outcomes: bool | BaseException) -> None:
        self.outcomes = list(outcomes)
        self.times: list[float] = []

    async def __call__(self) -> bool:
        self.times.append(monotonic())
        outcome = self.outcomes.pop(0) if self.outcomes else False
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


async def kept(step: Steps, times: int, pause: float = 0.01, rest: float = 0.0) -> None:
    """Keep it until it was done so often."""

    async def is_done() -> bool:
        return len(step.times) >= times or task.done()

    task = asyncio.create_task(keep("test", step, pause, rest=rest))
    await until(is_done)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def faults(task: str) -> float:
    return REGISTRY.get_sample_value("inkloom_background_faults_total", {"task": task}) or 0.0


async def test_a_bug_is_logged_under_its_name_and_counted_and_the_step_done_again(
    lines: Lines,
) -> None:
    before, step = faults("test"), Steps(KeyError("a bug"))
    await kept(step, 3)
    assert faults("test") - before == 1
    (line,) = lines
    assert (line["task"], line["log_level"], line["exc_info"]) == ("test", "error", True)
    assert step.times[1] - step.times[0] >= 1.0
    assert step.times[2] - step.times[1] < 1.0


@pytest.mark.parametrize("away", [DatabaseAway("no"), TemporalAway("no")])
async def test_a_server_that_is_away_is_waited_for_in_silence(
    lines: Lines, away: Exception
) -> None:
    before, step = faults("test"), Steps(*[away] * 5)
    await kept(step, 6)
    assert (faults("test") - before, lines) == (0, [])


async def test_what_has_more_to_do_is_done_again_at_once() -> None:
    step = Steps(True, True)
    await kept(step, 3, pause=60.0, rest=1000.0)
    assert step.times[2] - step.times[0] < 1.0


async def test_what_takes_long_rests_longer() -> None:
    times: list[float] = []

    async def slow() -> None:
        times.append(monotonic())
        await asyncio.sleep(0.05)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(keep("test", slow, 0.01, rest=9.0), 1.2)
    assert 2 <= len(times) <= 3


async def test_what_is_done_once_ends_with_the_first_that_goes_well() -> None:
    step = Steps(KeyError("a bug"))
    await asyncio.wait_for(keep("test", step, None), 5)
    assert len(step.times) == 2


def test_who_fails_again_and_again_comes_once_a_minute() -> None:
    pauses = [seconds_after(failures) for failures in (1, 2, 3, 6, 7, 100_000)]
    assert pauses == [1, 2, 4, 32, 60, 60]


Keeper = Callable[[], Awaitable[None]]
KEEPERS: Sequence[tuple[str, str, Keeper]] = (
    ("waking", "endpoint", lambda: keep_waking(Remembering())),
    ("telling", "endpoint", keep_telling),
    ("restarts", "render_batch", lambda: keep_started(Remembering())),
)


@pytest.mark.usefixtures("database", "world")
@pytest.mark.parametrize(("name", "table", "keeper"), KEEPERS, ids=[one[0] for one in KEEPERS])
async def test_a_duty_of_the_relay_outlives_a_query_that_is_refused(
    name: str, table: str, keeper: Keeper
) -> None:
    """As while the tables are those of another version."""
    async with transaction() as session:
        await session.execute(text(f"ALTER TABLE {table} RENAME TO hidden"))
    before = faults(name)

    async def has_failed() -> bool:
        return faults(name) > before or task.done()

    task = asyncio.ensure_future(keeper())
    await until(has_failed)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
