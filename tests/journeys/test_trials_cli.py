"""`inkloom trials`, as an operator types it beside a running stack."""

from __future__ import annotations

from tests.journeys.commands import environment, inkloom
from tests.journeys.conftest import Studio


async def test_the_end_of_a_trial_is_set_and_listed(studio: Studio) -> None:
    env = environment(studio.stack)
    ran = await inkloom("trials", "set", "home", "--ends", "2031-12-31", env=env)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "The trial of home ends 2031-12-31 23:59:59 UTC.\n"
    listed = await inkloom("trials", "list", env=env)
    assert "home" in listed.out
    assert "2031-12-31" in listed.out
    ended = await inkloom("trials", "set", "home", "--ends", "never", env=env)
    assert ended.out == "The trial of home does not end.\n"
    nobody = await inkloom("trials", "set", "nosuchplace", "--ends", "never", env=env)
    assert (nobody.code, nobody.out) == (2, "")
    assert nobody.err == "inkloom: There is no organization 'nosuchplace' in this database\n"
