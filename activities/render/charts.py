"""Bars for mails: as wide as mail programs show, at twice the density, without words."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from activities.rules.mail_lists import CHART_HEIGHT, CHART_WIDTH
from activities.rules.weeks import MOST_HEIGHT

DENSITY = 2
_SMOOTH = 2
"""Drawn so many times larger and made small again: round corners without steps."""

PAPER = (255, 255, 255)
LINE = (231, 226, 216)
BAR = (201, 193, 178)
BEST = (29, 27, 24)
"""The brand's paper, line, and ink; the largest bar is the darkest."""

_GAP = 0.36
_RADIUS = 5
_COLOURS = 32


def draw_chart(heights: Sequence[int]) -> bytes:
    """A PNG of `CHART_WIDTH` by `CHART_HEIGHT` at double density: one bar each, from 0 to 200.

    Bars stand on a line; a day with nothing is a short dash on it.
    """
    scale = DENSITY * _SMOOTH
    width, height = CHART_WIDTH * scale, CHART_HEIGHT * scale
    picture = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(picture)
    floor = height - 2 * scale
    step = width / max(1, len(heights))
    largest = max(heights, default=0)
    for number, value in enumerate(heights):
        left, right = (number + _GAP / 2) * step, (number + 1 - _GAP / 2) * step
        top = floor - max(4 * scale if value else 2 * scale, value / MOST_HEIGHT * (floor - scale))
        colour = LINE if not value else BEST if value == largest else BAR
        radius = min(_RADIUS * scale, (floor - top) / 2)
        corners = (True, True, False, False)
        pen.rounded_rectangle((left, top, right, floor), radius, fill=colour, corners=corners)
    pen.rectangle((0, floor, width, height), fill=LINE)
    small = picture.resize((CHART_WIDTH * DENSITY, CHART_HEIGHT * DENSITY), Image.Resampling.BOX)
    stream = io.BytesIO()
    small.quantize(_COLOURS).save(stream, "PNG", compress_level=9, dpi=(144, 144))
    return stream.getvalue()
