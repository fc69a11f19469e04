"""The score says what is wrong with a picture before anybody prints it."""

from __future__ import annotations

from typing import Any

import pytest

from activities.render.pictures import Output, Picture, draw_picture
from activities.render.proving import READABLE, Score
from activities.rules.reading_styles import read_style
from tests.render.looks import LOOKS, PAYLOAD, a_logo, picture_of


def score_of(style: dict[str, Any], payload: str = PAYLOAD, **more: Any) -> Score:
    read, faults = read_style(style)
    assert faults == {}
    logo = a_logo() if read.logo else None
    score = draw_picture(Picture(payload, style=read, logo=logo, **more)).score
    assert score is not None
    return score


def codes(score: Score) -> list[str]:
    return [reason.code for reason in score.reasons]


@pytest.mark.parametrize("output", ["png", "svg", "pdf", "eps", "webp"])
def test_a_plain_code_is_perfect(output: Output) -> None:
    assert score_of({}, output=output).value == 100


@pytest.mark.parametrize("name", LOOKS)
def test_the_looks_that_we_show_scan_well(name: str) -> None:
    score = draw_picture(picture_of(name)).score
    assert score is not None
    assert score.value >= 85, score


@pytest.mark.parametrize(
    ("style", "code", "most"),
    [
        ({"foreground": "#fafafa"}, "contrast", 0),
        ({"foreground": "#9ca3af"}, "contrast", 60),
        ({"foreground": "#7c8594"}, "contrast", 90),
        ({"foreground": "#ffffff", "background": "#000000"}, "inverted", 65),
        ({"quietZone": 0}, "quiet_zone", 80),
        ({"quietZone": 2}, "quiet_zone", 90),
        ({"background": "transparent"}, "transparent", 95),
        ({"logo": {"url": "u", "size": 0.35, "padding": 4}}, "logo", 80),
        ({"logo": {"url": "u", "size": 0.15}}, "logo", 97),
    ],
)
def test_what_is_wrong_is_said_and_costs_points(
    style: dict[str, Any], code: str, most: int
) -> None:
    score = score_of(style)
    assert code in codes(score)
    assert score.value <= most
    assert all(reason.sentence.endswith(".") for reason in score.reasons)


def test_a_picture_that_no_reader_reads_is_not_readable() -> None:
    score = score_of({"foreground": "#fefefe"})
    assert codes(score)[0] == "unreadable"
    assert score.value < READABLE
    assert not score.is_readable


def test_modules_too_small_for_paper_and_for_screens_are_told() -> None:
    small = score_of({}, size_px=200, dpi=600)
    assert "module_size" in codes(small)
    assert "module_size" in codes(score_of({}, size_px=40))
    assert codes(score_of({}, size_px=600, dpi=300)) == []


def test_the_distance_grows_with_the_print() -> None:
    near, far = (score_of({}, size_px=size, dpi=300).distance_mm for size in (600, 1200))
    assert near is not None
    assert far is not None
    assert 1.8 < far / near < 2.2
    assert 280 < near < 420, "ten times the 37 of 50 mm or so"
    assert score_of({}).distance_mm is None, "nobody said how large it is printed"
