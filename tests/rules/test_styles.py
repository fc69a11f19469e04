"""Styles: any JSON within bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.styles import DEEPEST, LARGEST, style_refusal

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(
    LEAVES, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=8
)


def nested(levels: int) -> dict[str, Any]:
    style: dict[str, Any] = {}
    for _ in range(levels - 1):
        style = {"inside": style}
    return style


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"foreground": "#000", "gradient": {"stops": [0, 0.5, 1.0]}, "frame": None, "force": True},
        {"text": "Größe 🎈"},
        {"text": "x" * (LARGEST - len('{"text":""}'))},
        nested(DEEPEST),
        {"number": 2**53},
    ],
)
def test_a_sound_style_is_taken(style: dict[str, Any]) -> None:
    assert style_refusal(style) is None


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ({"text": "x" * LARGEST}, "bytes"),
        ({"text": "ü" * (LARGEST // 2)}, "bytes"),
        (nested(DEEPEST + 1), "levels"),
        ({"list": [[[[[[]]]]]]}, "levels"),
        ({"number": float("nan")}, "ordinary"),
        ({"number": float("inf")}, "ordinary"),
        ({"numbers": [-float("inf")]}, "ordinary"),
        ({"number": 2**53 + 1}, "ordinary"),
        ({"number": 10**400}, "ordinary"),
        ({"text": "a\x00b"}, "control"),
        ({"a\x00b": 1}, "control"),
        ({"text": "\ud800"}, "control"),
        ({"bytes": b"x"}, "JSON"),
        ({7: "x"}, "JSON"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(style: dict[Any, Any], told: str) -> None:
    assert told in (style_refusal(style) or "")


@given(st.dictionaries(st.text(), ANY_JSON))
def test_what_is_taken_is_the_same_after_it_was_json(style: dict[str, Any]) -> None:
    if style_refusal(style) is None:
        written = json.dumps(style, allow_nan=False, ensure_ascii=False).encode()
        assert json.loads(written) == style
        assert b"\x00" not in written
