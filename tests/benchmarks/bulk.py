"""Thousands of pictures into one archive, against segno and the standard library's ZIP."""

from __future__ import annotations

import io
import random
import resource
import zipfile
from time import perf_counter, process_time

import segno

from activities.pictures.bulk_archive import Archive
from activities.pictures.bulk_items import Bulk, Line, Look, order_of, parts_of
from activities.render.batches import draw_many
from activities.rules import slugs
from activities.rules.looks import Style
from tests.benchmarks.lab import Lab
from tests.benchmarks.measure import Lost, Row, in_turns

NAMES = ("bulk_png", "bulk_png_memory")

SCALE, QUIET_ZONE = 28, 4
SIZE_PX = 1036
"""37 modules of 28 pixels: version 3, which our links need, with its quiet zone."""

PICTURES, FEW = 5000, 300
SECONDS, MEBIBYTES = 1.0, 64.0
ROUNDS = 3
_SHARE = 50
"""segno draws so many times fewer, and its time is multiplied: it takes a minute otherwise."""


async def measure(lab: Lab) -> list[Row]:
    """CPU seconds of one process for the whole archive, and by how much it grew."""
    count = FEW if lab.tiny else PICTURES
    lab.say(f"bulk: {count} pictures into an archive")
    payloads = _payloads(count)
    _must_be_whole(payloads[:FEW])

    async def we() -> float:
        began = process_time()
        _archive(payloads)
        return process_time() - began

    async def segno_does() -> float:
        began = perf_counter()
        _by_segno(payloads[: max(1, count // _SHARE)])
        return (perf_counter() - began) * min(count, _SHARE)

    grown = _growth(payloads)
    value, anchor = await in_turns(1 if lab.tiny else ROUNDS, we, segno_does)
    return [
        Row(
            name="bulk_png",
            value=value,
            unit="s",
            anchor="segno, zipfile",
            anchor_value=anchor,
            goal=f"{SECONDS:g} s for {PICTURES:,}",
            holds=value <= SECONDS,
        ),
        Row(
            name="bulk_png_memory",
            value=max(grown, 0.01),
            unit="MiB",
            anchor="what is allowed",
            anchor_value=MEBIBYTES,
            goal=f"{MEBIBYTES:g} MiB more while it is streamed",
            holds=grown <= MEBIBYTES,
        ),
    ]


def _growth(payloads: list[str]) -> float:
    """MiB that the process needs more at its most."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _archive(payloads)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def _payloads(count: int) -> list[str]:
    dice = random.Random("bulk")
    return [
        f"https://go.example.com/q/{slugs.short_code(dice.randbytes(16))}" for _ in range(count)
    ]


def _archive(payloads: list[str]) -> int:
    """Its octets; as in production no part is held longer than it takes to send it."""
    look = Look("png", Style(), SIZE_PX, None)
    lines = tuple(
        Line(n, f"Code {n}", f"{n:04d}-Code {n}.png", payload, 0, score=100)
        for n, payload in enumerate(payloads)
    )
    archive, sent = Archive(()), 0
    for part in parts_of(Bulk((look,), lines, ())):
        drawn = draw_many([order_of(line, (look,)) for line in part])
        archive.add(len(drawn.content), part, drawn.outcomes)
        sent += len(drawn.content)
    return sent + len(archive.end())


def _by_segno(payloads: list[str]) -> None:
    with zipfile.ZipFile(io.BytesIO(), "w") as archive:
        for n, payload in enumerate(payloads):
            picture = io.BytesIO()
            code = segno.make(payload, error="m", micro=False, boost_error=False)
            code.save(picture, kind="png", scale=SCALE, border=QUIET_ZONE)
            archive.writestr(f"{n:04d}-Code {n}.png", picture.getvalue())


def _must_be_whole(payloads: list[str]) -> None:
    look = Look("png", Style(), SIZE_PX, None)
    lines = tuple(Line(n, "", f"{n}.png", text, 0, score=100) for n, text in enumerate(payloads))
    archive, content = Archive(()), b""
    for part in parts_of(Bulk((look,), lines, ())):
        drawn = draw_many([order_of(line, (look,)) for line in part])
        archive.add(len(drawn.content), part, drawn.outcomes)
        content += drawn.content
    read = zipfile.ZipFile(io.BytesIO(content + archive.end()))
    if read.testzip() is not None or len(read.namelist()) != len(payloads) + 1:
        raise Lost("the archive is not whole")
