"""Pictures of one code, against the writers of segno, qrcode and zint."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import qrcode
import segno
import zint
from qrcode.image.styledpil import StyledPilImage
from qrcode.image.styles.colormasks import RadialGradiantColorMask
from qrcode.image.styles.moduledrawers.pil import RoundedModuleDrawer

from activities.render.pictures import Picture, draw_picture
from activities.render.qr import QrSpec, encode, render_png, render_svg
from activities.rules import slugs
from activities.rules.looks import Frame, Gradient, Stop, Style
from tests.benchmarks.lab import Lab
from tests.benchmarks.measure import Lost, Row, in_turns

NAMES = ("qr_png", "qr_png_any", "qr_svg", "qr_png_qrcode", "qr_png_zint", "styled_png")

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
    lab.say("others: pictures")
    rounds = TINY if lab.tiny else FULL
    rows += [
        await _beside("qr_png_qrcode", "qrcode, same PNG", _by_qrcode, rounds),
        await _beside("qr_png_zint", "zint, same PNG", _by_zint, rounds),
        await _styled(rounds),
    ]
    return rows


async def _beside(name: str, anchor: str, theirs: Callable[[str], object], rounds: int) -> Row:
    """Whoever else draws PNGs of QR codes; the symbols may differ in their masks."""
    dice = random.Random(name)
    payloads = [_link(dice) for _ in range(A_TURN * (rounds + 2))]
    ours, others = iter(payloads), iter(payloads)

    async def we() -> float:
        specs = [QrSpec(next(ours), quiet_zone=QUIET_ZONE, size_px=SIZE_PX) for _ in range(A_TURN)]
        began = perf_counter()
        for spec in specs:
            render_png(spec)
        return (perf_counter() - began) * 1e6 / A_TURN

    async def they() -> float:
        mine = [next(others) for _ in range(A_TURN)]
        began = perf_counter()
        for payload in mine:
            theirs(payload)
        return (perf_counter() - began) * 1e6 / A_TURN

    await in_turns(2, we, they)
    value, anchor_value = await in_turns(rounds, we, they)
    return Row(name, value, "us", anchor, anchor_value, "as quick", value <= anchor_value)


async def _styled(rounds: int) -> Row:
    """A styled PNG of 1024 pixels with its proof, beside a styled one of qrcode without any."""
    dice = random.Random("styled")
    style = Style(
        module_shape="rounded",
        eye_frame_shape="leaf",
        gradient=Gradient("radial", (Stop(0, "#7c3aed"), Stop(1, "#1d4ed8"))),
        frame=Frame(text="Scan me"),
    )

    async def we() -> float:
        picture = Picture(_link(dice), style=style, size_px=1024)
        began = perf_counter()
        drawn = draw_picture(picture)
        took = (perf_counter() - began) * 1000
        if drawn.score is None or not drawn.score.is_readable:
            raise Lost(f"not readable: {drawn.score}")
        return took

    async def they() -> float:
        payload = _link(dice)
        began = perf_counter()
        code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=28, border=4)
        code.add_data(payload)
        image = code.make_image(
            image_factory=StyledPilImage,
            module_drawer=RoundedModuleDrawer(),
            color_mask=RadialGradiantColorMask(),
        )
        image.save(io.BytesIO())
        return (perf_counter() - began) * 1000

    await in_turns(1, we, they)
    value, anchor = await in_turns(max(1, rounds // 3), we, they)
    return Row("styled_png", value, "ms", "qrcode, styled", anchor, "120 ms", value < 120)


def _by_qrcode(payload: str) -> None:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=SCALE, border=QUIET_ZONE)
    code.add_data(payload, optimize=0)
    code.make_image().save(io.BytesIO())


def _by_zint(payload: str) -> None:
    symbol = zint.Symbol()
    symbol.symbology = zint.Symbology.QRCODE
    symbol.option_1 = 2
    symbol.output_options = zint.OutputOptions.BARCODE_MEMORY_FILE
    symbol.outfile = "x.png"
    symbol.whitespace_width = symbol.whitespace_height = QUIET_ZONE
    symbol.scale = SCALE / 2
    symbol.encode(payload.encode())
    symbol.print()


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
