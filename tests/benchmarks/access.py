"""What it costs to know who asks and how often: a rate check, and a key that is not remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

from activities.keys import AuthenticateKey, CreateKey, authenticate_key, create_key
from activities.meters import Meter, meter
from activities.outside import install, outside
from activities.rules.throttles import Throttle
from schema.db import at_once
from tests.benchmarks.lab import Lab, a_tenant
from tests.benchmarks.measure import Lost, Row, in_turns

NAMES = ("rate_check", "key_lookup")

FULL_ROUNDS, FULL = 5, 1000
TINY_ROUNDS, TINY = 1, 50

WIDE = Throttle("bench", 1_000_000_000, 1_000_000_000)


class _Leaping:
    """A clock that is a second later at every look, so that nothing is remembered."""

    def __init__(self) -> None:
        self._moment = outside().clock.now()

    def now(self) -> datetime:
        self._moment += timedelta(seconds=1)
        return self._moment


async def measure(lab: Lab) -> list[Row]:
    """Milliseconds a check, one after the other, beside one empty statement."""
    rounds, count = (TINY_ROUNDS, TINY) if lab.tiny else (FULL_ROUNDS, FULL)
    async with lab.stack():
        tenant = await a_tenant("bench-access")
        actor = replace(tenant.actor, throttle=WIDE)
        lab.say("rate_check")

        async def check() -> float:
            began = perf_counter()
            for _ in range(count):
                if await meter(Meter(actor)) is None:
                    raise Lost("the limits were off")
            return (perf_counter() - began) / count * 1000

        async def nothing() -> float:
            began = perf_counter()
            for _ in range(count):
                await at_once("SELECT 1", {})
            return (perf_counter() - began) / count * 1000

        await in_turns(1, check, nothing)
        value, anchor = await in_turns(rounds, check, nothing)
        rate = Row("rate_check", value, "ms", "SELECT 1", anchor, "0.3 ms", value <= 0.3)
        return [rate, await _lookup(lab, rounds, count, tenant.actor.organization_id)]


async def _lookup(lab: Lab, rounds: int, count: int, organization_id: UUID) -> Row:
    lab.say("key_lookup")
    secret = (await create_key(CreateKey(organization_id, "studio", "lookup"))).secret
    usual = outside()

    async def look_up() -> float:
        began = perf_counter()
        for _ in range(count):
            await authenticate_key(AuthenticateKey("studio", secret))
        return (perf_counter() - began) / count * 1000

    async def remembered() -> float:
        install(usual)
        return await look_up()

    async def fresh() -> float:
        install(replace(usual, clock=_Leaping()))
        return await look_up()

    try:
        value, anchor = await in_turns(rounds, fresh, remembered)
    finally:
        install(usual)
    return Row("key_lookup", value, "ms", "remembered", anchor, "2 ms", value <= 2)
