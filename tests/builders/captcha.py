"""Solved captchas: by the library's own solver, of challenges whose number is found at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import altcha

from activities.captcha import (
    Challenge,
    MakeChallenge,
    VerifySolution,
    make_challenge,
    verify_solution,
)
from activities.gateways.dice import LoadedDice
from activities.outside import install, outside


async def a_challenge(number: int = 3) -> Challenge:
    """A challenge whose solution is `number`."""
    world = outside()
    install(replace(world, dice=LoadedDice(number.to_bytes(8))))
    try:
        return await make_challenge(MakeChallenge())
    finally:
        install(world)


async def solve(challenge: Mapping[str, Any]) -> str:
    """What the widget sends back for `{"parameters": {..}, "signature": ..}`."""
    asked = altcha.Challenge.from_dict(dict(challenge))
    solution = await asyncio.to_thread(altcha.solve_challenge, asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()


async def a_solution() -> str:
    """A payload that was not judged yet."""
    challenge = await a_challenge()
    return await solve({"parameters": dict(challenge.parameters), "signature": challenge.signature})


async def a_captcha_token() -> str:
    """A token that was not spent yet."""
    return (await verify_solution(VerifySolution(await a_solution()))).token
