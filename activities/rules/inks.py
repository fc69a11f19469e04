"""The two colours in which a symbol is drawn, as far as its style names some that scanners see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activities.rules import colours

BLACK, WHITE = "#000000", "#ffffff"
TRANSPARENT = "transparent"

LEAST_CONTRAST = 3.0
"""Between ink and paper, below which a picture is drawn black on white instead."""


def inks_of(style: Mapping[str, Any]) -> tuple[str, str | None]:
    """`foreground` and `background` of a style; the latter None for `transparent`.

    Black on white unless both are `#rrggbb` and the ink is clearly darker than the paper: a printed
    code has to work, and most scanners read no other way. Transparent counts as white.
    """
    ink = style.get("foreground") or BLACK
    paper = style.get("background") or WHITE
    clear = paper == TRANSPARENT
    below = WHITE if clear else paper
    given = all(isinstance(colour, str) and not colours.refusal(colour) for colour in (ink, below))
    if not given or not _is_scannable(ink, below):
        return BLACK, None if clear else WHITE
    return ink, None if clear else paper


def _is_scannable(ink: str, paper: str) -> bool:
    """Whether the ink is clearly darker than the paper."""
    darker = colours.contrast(ink, WHITE) > colours.contrast(paper, WHITE)
    return darker and colours.contrast(ink, paper) >= LEAST_CONTRAST
