"""Whatever its style and output, a picture is read back, or it was scored low beforehand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from activities.render.pictures import OUTPUTS, Output, Picture, draw_picture
from activities.render.proving import READABLE
from activities.rules.looks import (
    EYE_BALL_SHAPES,
    EYE_FRAME_SHAPES,
    FONT_NAMES,
    FRAME_DESIGNS,
    MODULE_SHAPES,
)
from activities.rules.reading_styles import read_style
from activities.rules.symbologies import EXAMPLES, SYMBOLOGIES, Symbology, normalise
from tests.render.looks import a_logo
from tests.render.pairs import pairs_of, pairwise
from tests.render.readings import GHOSTSCRIPT, pixels_of, readings

FULL = os.environ.get("INKLOOM_PROOF") == "full"

PAYLOADS = ("https://go.example.com/q/Ab3dE7x", "WIFI:T:WPA;S=Café;P:geheim;;", "0123456789" * 12)

FRAMES = [
    None,
    *(
        {"design": design, "text": text, "color": "#7c2d12", "font": font}
        for design, text, font in zip(
            FRAME_DESIGNS,
            ("SCAN ME", "Zum Menü", "Отсканируй", "Dès maintenant", ""),
            (*FONT_NAMES, "sans"),
            strict=True,
        )
    ),
]
FIELDS: dict[str, Sequence[Any]] = {
    "moduleShape": MODULE_SHAPES,
    "eyeFrameShape": EYE_FRAME_SHAPES,
    "eyeBallShape": EYE_BALL_SHAPES,
    "foreground": ("#000000", "#1e3a8a", "#f59e0b", "#ffffff"),
    "background": ("#ffffff", "#fef3c7", "transparent", "#334155"),
    "gradient": (
        None,
        {"type": "linear", "colors": ["#be123c", "#1d4ed8"], "angle": 30},
        {"type": "radial", "colors": ["#0f766e", "#111827", "#581c87"]},
    ),
    "eyeFrameColor": (None, "#b91c1c"),
    "eyeBallColor": (None, "#065f46"),
    "logo": (
        None,
        {"url": "https://example.com/logo.png", "size": 0.2},
        {"url": "https://example.com/logo.png", "size": 0.35, "clear": False, "shape": "round"},
        {"url": "https://example.com/logo.png", "size": 0.25, "padding": 2, "shape": "round"},
    ),
    "frame": FRAMES,
    "quietZone": (None, 0, 2, 10),
    "errorCorrection": (None, "L", "Q", "H"),
    "payload": PAYLOADS,
}
CASES = pairwise(FIELDS)
LOOKS: list[dict[str, Any]] = [
    {},
    {"foreground": "#1e3a8a", "frame": {"text": "Scan", "design": "box"}},
]
"""Of bars: both in the full proof, one by turns in a quick run."""


def outputs_for(number: int) -> Sequence[Output]:
    """All of them in the full proof, one by turns in a quick run."""
    some = OUTPUTS if FULL else (OUTPUTS[number % len(OUTPUTS)],)
    return [output for output in some if output != "eps" or GHOSTSCRIPT]


def test_every_two_values_of_any_two_fields_meet() -> None:
    met = set()
    for case in CASES:
        met |= pairs_of({name: list(FIELDS[name]).index(value) for name, value in case.items()})
    expected = sum(len(FIELDS[one]) * len(FIELDS[other]) for one, other in combinations(FIELDS, 2))
    assert len(met) == expected
    assert len(CASES) < 150


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_style_is_read_back_or_scored_low(number: int, tmp_path: Path) -> None:
    case = dict(CASES[number])
    payload = case.pop("payload")
    style, faults = read_style(case)
    assert faults == {}
    for output in outputs_for(number):
        drawn = draw_picture(
            Picture(
                payload, output, style=style, size_px=700, logo=a_logo() if style.logo else None
            )
        )
        assert drawn.score is not None
        told = f"{output}: {drawn.score} of {case}"
        if drawn.score.value >= READABLE:
            found = readings(pixels_of(drawn.content, output, tmp_path))
            assert payload in found, told


def test_of_these_styles_most_are_read_and_some_are_not() -> None:
    """Else the test above would say nothing."""
    values = []
    for case in CASES[: 60 if FULL else 20]:
        style, _ = read_style({**case, "payload": None})
        logo = a_logo() if style.logo else None
        picture = Picture(case["payload"], style=style, size_px=500, logo=logo)
        score = draw_picture(picture).score
        assert score is not None
        values.append(score.value >= READABLE)
    assert len(values) / 6 < sum(values) < len(values) * 11 / 12


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_every_symbology_is_read_back_in_every_output(
    symbology: Symbology, output: Output, tmp_path: Path
) -> None:
    if output == "eps" and not GHOSTSCRIPT:
        pytest.skip("EPS is looked at with Ghostscript")
    value = normalise(symbology, EXAMPLES[symbology]).value
    turn = SYMBOLOGIES.index(symbology) + OUTPUTS.index(output)
    for given in LOOKS if FULL else LOOKS[turn % 2 :][:1]:
        style, _ = read_style(given)
        drawn = draw_picture(Picture(value, output, symbology, style, size_px=1300))
        assert drawn.score is not None
        assert drawn.score.value >= 90, drawn.score
        found = readings(pixels_of(drawn.content, output, tmp_path, 1300))
        assert [text.replace("(", "").replace(")", "").lstrip("0")[-8:] for text in found] == [
            ending(symbology, value)
        ]


def ending(symbology: Symbology, value: str) -> str:
    """UPC-E is told in its long form; all others end as they were given."""
    bare = value.replace("(", "").replace(")", "").lstrip("0")[-8:]
    return "00005264"[-8:] if symbology == "UPCE" else bare
