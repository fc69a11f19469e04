"""Charts of mails are small, sharp, and show how days compare."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from activities.render.charts import BAR, BEST, DENSITY, LINE, PAPER, draw_chart
from activities.rules.mail_lists import CHART_HEIGHT, CHART_WIDTH

HEIGHTS = (40, 120, 200, 90, 0, 3, 160)


def drawn(heights: tuple[int, ...]) -> Image.Image:
    return Image.open(io.BytesIO(draw_chart(heights))).convert("RGB")


def height_of(picture: Image.Image, number: int) -> int:
    """How many pixels of the middle of a bar are no paper."""
    x = round((number + 0.5) * picture.width / 7)
    column = [picture.getpixel((x, y)) for y in range(picture.height)]
    return sum(pixel != PAPER for pixel in column)


def test_it_has_twice_the_pixels_and_few_octets() -> None:
    assert drawn(HEIGHTS).size == (CHART_WIDTH * DENSITY, CHART_HEIGHT * DENSITY)
    assert len(draw_chart(HEIGHTS)) < 3000


def test_bars_are_as_high_as_their_days() -> None:
    picture = drawn(HEIGHTS)
    found = [height_of(picture, n) for n in range(7)]
    full = found[2]
    for value, pixels in zip(HEIGHTS, found, strict=True):
        assert pixels == pytest.approx(max(12, value / 200 * full), abs=8)
    assert found.index(max(found)) == 2


def test_the_largest_is_ink_and_an_empty_day_is_a_dash() -> None:
    picture = drawn(HEIGHTS)
    y = picture.height - 12
    middles = [round((n + 0.5) * picture.width / 7) for n in range(7)]
    assert picture.getpixel((middles[2], y)) == BEST
    assert picture.getpixel((middles[1], y)) == BAR
    assert picture.getpixel((middles[4], y)) == PAPER
    assert picture.getpixel((middles[4], picture.height - 2)) == LINE


def test_the_same_figures_are_the_same_file() -> None:
    assert draw_chart(HEIGHTS) == draw_chart(HEIGHTS)
    assert draw_chart(HEIGHTS) != draw_chart(HEIGHTS[::-1])
    assert draw_chart((0,) * 7)
