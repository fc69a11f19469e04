"""Who leads an organization is reminded of the end of its trial, once for each of three days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.gateways.clock import FixedClock
from activities.rules.errors import NotFound
from activities.trials import (
    FindTrial,
    ListTrials,
    RemindOfTrials,
    SetTrial,
    find_trial,
    list_trials,
    remind_of_trials,
    set_trial,
)
from tests.builders.members import a_member
from tests.builders.notices import DAY, HOUR, a_home, mails, one, told
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

ENDS = NOW + timedelta(days=10)


async def hourly(clock: FixedClock, until: datetime) -> None:
    """A run of every hour."""
    while clock.moment <= until:
        await remind_of_trials(RemindOfTrials(clock.moment))
        clock.moment += HOUR


async def test_owners_and_admins_hear_of_it_three_times(clock: FixedClock) -> None:
    home, _ = await a_home()
    await a_member(home, "admin")
    await a_member(home, "viewer")
    await set_trial(SetTrial(home.id, ENDS))
    await hourly(clock, ENDS + 2 * DAY)
    assert await told() == ["acme@example.com"] * 3 + ["admin@people.example"] * 3
    mine = [mail for mail in await mails() if mail.recipient == "acme@example.com"]
    assert [mail.at for mail in mine] == [ENDS - n * DAY for n in (7, 3, 1)]
    assert all("1 December 2026" in mail.text for mail in mine)
    assert "in 7 days" in mine[0].subject
    assert await one("SELECT count(*) FROM notification") == 6


async def test_a_run_of_the_past_done_again_reminds_nobody(clock: FixedClock) -> None:
    home, _ = await a_home()
    await set_trial(SetTrial(home.id, ENDS))
    for _ in range(2):
        for day in range(14):
            await remind_of_trials(RemindOfTrials(NOW + day * DAY))
    assert len(await mails()) == 3


async def test_an_end_that_is_moved_is_recalled_anew(clock: FixedClock) -> None:
    home, _ = await a_home()
    await set_trial(SetTrial(home.id, NOW + 7 * DAY))
    await remind_of_trials(RemindOfTrials(NOW))
    await set_trial(SetTrial(home.id, NOW + 6 * DAY))
    await remind_of_trials(RemindOfTrials(NOW))
    await set_trial(SetTrial(home.id, None))
    await remind_of_trials(RemindOfTrials(NOW))
    assert len(await mails()) == 2


async def test_work_that_runs_out_of_time_is_gone_on_with(clock: FixedClock) -> None:
    for slug in ("one", "two", "three"):
        home, _ = await a_home(slug)
        await set_trial(SetTrial(home.id, NOW + 2 * DAY))
    after, steps = RemindOfTrials(NOW).after, 0
    while True:
        part = await remind_of_trials(RemindOfTrials(NOW, after, seconds=-1))
        steps += 1
        if part.after is None:
            break
        after = part.after
    assert steps == 3
    assert len(await told()) == 3


async def test_a_trial_is_found_by_slug_and_id_and_listed_by_its_end() -> None:
    home, _ = await a_home()
    other, _ = await a_home("other")
    await a_home("without")
    await set_trial(SetTrial(home.id, ENDS))
    await set_trial(SetTrial(other.id, NOW))
    for name in ("acme", f"org_{home.id.hex}", str(home.id)):
        assert (await find_trial(FindTrial(name))).ends_at == ENDS
    with pytest.raises(NotFound):
        await find_trial(FindTrial("nobody"))
    assert [one.slug for one in await list_trials(ListTrials())] == ["other", "acme"]
    assert ENDS.tzinfo is UTC
