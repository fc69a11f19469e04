"""Pictures of one code, against segno's own writers for the same symbol."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import segno

from activities.render.qr import QrSpec, encode, render_png, render_svg
from activities.rules import slugs
from tests.benchmarks.lab import Lab
from tests.benchmarks.measure import Lost, Row, in_turns

NAMES = ("qr_png", "qr_png_any", "qr_svg")

QUIET_ZONE = 4
SCALE = 28
SIZE_PX = 1036
"""37 modules of 28 pixels: version 3, which our links need, with its quiet zone."""

FULL, TINY = 24, 1

A_TURN = 8
"""Pictures in a row: who draws one draws more, and a cold start after the other is nobody's."""

Render = Callable[[QrSpec], bytes]


@dataclass(frozen=True)
class Contest:
    """One row: our renderer against segno's writer of the same kind, over payloads of one sort."""

    name: str
    render: Render
    kind: str
    payload: Callable[[random.Random], str]
    goal: float


async def measure(lab: Lab) -> list[Row]:
    """Microseconds a picture, encoding included; every picture has a payload of its own."""
    rows = []
    for contest in CONTESTS:
        lab.say(f"{contest.name}: pictures")
        rows.append(await _row(contest, TINY if lab.tiny else FULL))
    return rows


async def _row(contest: Contest, rounds: int) -> Row:
    dice = random.Random(contest.name)
    payloads = [contest.payload(dice) for _ in range(A_TURN * (rounds + 2))]
    _same_symbols(payloads[:4])
    ours, theirs = iter(payloads), iter(payloads)

    async def we() -> float:
        specs = [QrSpec(next(ours), quiet_zone=QUIET_ZONE, size_px=SIZE_PX) for _ in range(A_TURN)]
        began = perf_counter()
        for spec in specs:
            contest.render(spec)
        return (perf_counter() - began) * 1e6 / A_TURN

    async def segno_does() -> float:
        mine = [next(theirs) for _ in range(A_TURN)]
        began = perf_counter()
        for payload in mine:
            _segno(payload).save(io.BytesIO(), kind=contest.kind, scale=SCALE, border=QUIET_ZONE)
        return (perf_counter() - began) * 1e6 / A_TURN

    await in_turns(2, we, segno_does)
    value, anchor = await in_turns(rounds, we, segno_does)
    return Row(
        name=contest.name,
        value=value,
        unit="us",
        anchor=f"segno, same {contest.kind.upper()}",
        anchor_value=anchor,
        goal=f"{contest.goal:g} times segno",
        holds=anchor / value >= contest.goal,
    )


def _same_symbols(payloads: list[str]) -> None:
    for payload in payloads:
        theirs = ["".join(map(str, row)) for row in _segno(payload).matrix]
        if encode(payload).words != theirs:
            raise Lost(f"another symbol than segno's for {payload!r}")


def _segno(payload: str) -> segno.QRCode:
    return segno.make(payload, error="m", micro=False, boost_error=False)


def _link(dice: random.Random) -> str:
    return f"https://go.example.com/q/{slugs.short_code(dice.randbytes(16))}"


def _any(dice: random.Random) -> str:
    return f"Table {dice.randrange(1000)}, {dice.randbytes(8).hex()}: ask for it!"


CONTESTS = (
    Contest("qr_png", render_png, "png", _link, 60),
    Contest("qr_png_any", render_png, "png", _any, 30),
    Contest("qr_svg", render_svg, "svg", _link, 25),
)
