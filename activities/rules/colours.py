"""Colours as `#rrggbb`, and how well one is read on another (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

COLOUR = r"^#[0-9A-Fa-f]{6}$"
"""How a colour is spelled, as documents show it too."""

_COLOUR = re.compile(COLOUR)


def refusal(colour: str) -> str | None:
    """Why this is no colour; None when it is one."""
    return None if _COLOUR.fullmatch(colour) else "Write the colour as # and six hex digits."


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1.0 (the same) to 21.0 (black and white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of sRGB, from 0.0 to 1.0."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
