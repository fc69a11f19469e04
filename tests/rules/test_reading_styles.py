"""A style as JSON becomes one that is drawn, and every fault in it is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules import colours
from activities.rules.looks import (
    EYE_BALL_SHAPES,
    EYE_FRAME_SHAPES,
    FRAME_DESIGNS,
    MODULE_SHAPES,
    Frame,
    Gradient,
    Logo,
    Stop,
    Style,
)
from activities.rules.reading_styles import LEAST_CONTRAST, drawable, on_top, read_style


def test_there_are_as_many_shapes_as_promised() -> None:
    assert len(MODULE_SHAPES) == 8
    assert len(EYE_FRAME_SHAPES) == len(EYE_BALL_SHAPES) == 6
    assert len(FRAME_DESIGNS) == 5


def test_nothing_said_is_black_squares_on_white() -> None:
    style, faults = read_style({})
    assert (style, faults) == (Style(), {})
    assert style.is_plain
    assert (style.level, style.margin, style.inks) == ("M", 4, ("#000000",))


@pytest.mark.parametrize(
    "given",
    [
        {
            "moduleShape": "extra-rounded",
            "eyeFrameShape": "LEAF",
            "eyeFrameColor": "#ABC",
            "quietZone": 2,
            "errorCorrection": "Q",
        },
        {
            "module_shape": "extra_rounded",
            "eye_frame_shape": "leaf",
            "eye_frame_colour": "#aabbcc",
            "quiet_zone": 2.0,
            "error_correction": "Q",
        },
    ],
)
def test_names_are_taken_in_camel_and_in_snake_case(given: dict[str, Any]) -> None:
    assert read_style(given) == (
        Style(
            module_shape="extra_rounded",
            eye_frame_shape="leaf",
            eye_frame_colour="#aabbcc",
            quiet_zone=2,
            error_correction="Q",
        ),
        {},
    )


def test_a_logo_raises_the_error_correction_by_itself() -> None:
    logo = Logo(url="https://example.com/logo.png")
    assert Style(logo=logo).level == "H"
    assert Style(logo=logo, error_correction="L").level == "H"
    assert Style(logo=logo, error_correction="Q").level == "Q"


def test_parts_are_objects_or_the_one_word_that_matters() -> None:
    style, faults = read_style(
        {
            "gradient": {"type": "linear", "from": "#111111", "to": "#222222", "angle": 45},
            "logo": "https://example.com/logo.png",
            "frame": "Scan me",
            "background": "transparent",
        }
    )
    assert faults == {}
    stops = (Stop(0.0, "#111111"), Stop(1.0, "#222222"))
    assert style.gradient == Gradient("linear", stops, 45.0)
    assert style.logo == Logo(url="https://example.com/logo.png")
    assert style.frame == Frame(text="Scan me")
    assert style.background is None
    assert not style.is_plain


def test_stops_may_say_where_they_are() -> None:
    stops = [{"offset": 0, "color": "#111111"}, {"offset": 0.3, "color": "#222222"}]
    style, faults = read_style({"gradient": {"type": "radial", "stops": stops}})
    assert faults == {}
    assert style.gradient == Gradient("radial", (Stop(0.0, "#111111"), Stop(0.3, "#222222")))


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"foreground": "rouge"}, "foreground", "Invalid color 'rouge'"),
        ({"foreground": 7}, "foreground", "Invalid color"),
        ({"eyeBallColor": "#12345"}, "eye_ball_color", "Invalid color '#12345'"),
        ({"moduleShape": "heart"}, "module_shape", "Choose one of: square, dot"),
        ({"eyeFrameShape": None, "eyeBallShape": 3}, "eye_ball_shape", "Choose one of"),
        ({"quietZone": -1}, "quiet_zone", "from 0 to 40"),
        ({"quietZone": 1.5}, "quiet_zone", "whole number"),
        ({"quietZone": float("nan")}, "quiet_zone", "from 0 to 40"),
        ({"quietZone": True}, "quiet_zone", "from 0 to 40"),
        ({"errorCorrection": "X"}, "error_correction", "L, M, Q, H"),
        ({"micro": "yes"}, "micro", "true or false"),
        ({"gradient": "red"}, "gradient", "Give an object"),
        ({"gradient": {"colors": ["#111111"]}}, "gradient.colors", "2 to 8"),
        ({"gradient": {"colors": ["#111111", "x"]}}, "gradient.colors", "Invalid color 'x'"),
        ({"gradient": {"from": "#111111"}}, "gradient.colors", "Invalid color"),
        (
            {
                "gradient": {
                    "stops": [{"offset": 1, "color": "#111111"}, {"offset": 0, "color": "#222222"}]
                }
            },
            "gradient.colors",
            "in the order",
        ),
        ({"gradient": {"type": "conic", "colors": ["#111111"] * 2}}, "gradient.type", "linear"),
        ({"logo": {"size": 0.2}}, "logo", "exactly one of url and imageId"),
        ({"logo": {"url": "u", "imageId": "i"}}, "logo", "exactly one"),
        ({"logo": {"url": "u", "size": 0.9}}, "logo.size", "0.05 to 0.35"),
        ({"logo": {"url": "u", "shape": "star"}}, "logo.shape", "square, round"),
        ({"frame": {"text": "x" * 61}}, "frame.text", "up to 60"),
        ({"frame": {"text": "a\x00b"}}, "frame.text", "control characters"),
        ({"frame": {"text": "\ud800"}}, "frame.text", "control characters"),
        ({"frame": {"design": "cloud"}}, "frame.design", "bar_below"),
        ({"frame": {"textColor": "x"}}, "frame.text_color", "Invalid color"),
    ],
)
def test_a_fault_is_told_at_its_field(given: dict[str, Any], field: str, told: str) -> None:
    _, faults = read_style(given)
    assert list(faults) == [field]
    assert told in faults[field]


def test_every_fault_is_told_and_the_rest_is_read() -> None:
    style, faults = read_style(
        {"foreground": "x", "micro": 1, "moduleShape": "dot", "own": {"a": 1}}
    )
    assert sorted(faults) == ["foreground", "micro"]
    assert style == Style(module_shape="dot")


def test_changes_go_on_top() -> None:
    below = Style(foreground="#112233", background=None, module_shape="dot")
    style, faults = on_top(below, {"background": "#ffffff", "moduleShape": None})
    assert faults == {}
    assert style == Style(foreground="#112233", background="#ffffff", module_shape="dot")


@pytest.mark.parametrize(
    "kept",
    [
        {"foreground": "#eeeeee"},
        {"foreground": "#ffffff", "background": "#000000"},
        {"gradient": {"colors": ["#000000", "#fafafa"]}},
        {"eyeBallColor": "#ffff00"},
        {"background": "transparent", "foreground": "#eeeeee"},
    ],
)
def test_kept_colours_that_no_scanner_tells_apart_are_black_on_white(kept: dict[str, Any]) -> None:
    style = drawable({**kept, "moduleShape": "dot"})
    assert style.inks == ("#000000",)
    assert style.background == (
        None if "background" in kept and "transparent" in kept.values() else "#ffffff"
    )
    assert style.module_shape == "dot", "only the colours are given up"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
names = st.sampled_from(
    ["foreground", "background", "gradient", "logo", "frame", "quietZone", "micro", "moduleShape"]
)


@given(st.dictionaries(names, anything, max_size=8))
def test_whatever_was_kept_is_drawn_in_colours_that_scanners_see(kept: dict[str, Any]) -> None:
    style = drawable(kept)
    for ink in style.inks:
        assert colours.contrast(ink, style.background or "#ffffff") >= LEAST_CONTRAST
