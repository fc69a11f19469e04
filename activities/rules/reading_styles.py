"""A style as JSON, read: `{"foreground": "#1d4ed8", "moduleShape": "dot", "logo": {...}}`.

Names are accepted as `moduleShape` and as `module_shape`. Fields that nobody here knows are left
alone: those who keep a style with us may keep more in it than we draw.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

from activities.rules import colours
from activities.rules.looks import (
    BLACK,
    EYE_BALL_SHAPES,
    EYE_FRAME_SHAPES,
    FONT_NAMES,
    FRAME_DESIGNS,
    LARGEST_LOGO,
    LONGEST_LABEL,
    MODULE_SHAPES,
    MOST_PADDING,
    MOST_STOPS,
    SMALLEST_LOGO,
    WHITE,
    WIDEST_QUIET_ZONE,
    Frame,
    Gradient,
    Logo,
    Stop,
    Style,
)

Faults = dict[str, str]
"""For each field, `logo.size` for one inside another, what is wrong with it."""

LEAST_CONTRAST = 3.0
"""Between ink and paper, below which a kept style is drawn black on white."""

T = TypeVar("T")
Reader = Callable[[Any], Any]

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_SHORT = re.compile(r"#[0-9a-fA-F]{3}")
_LONGEST_URL = 2048


class _Wrong(ValueError):
    """What is wrong with one value."""


def read_style(style: Mapping[str, Any]) -> tuple[Style, Faults]:
    """The style as far as it can be read, and what cannot. Without faults it is all of it."""
    faults: Faults = {}
    values = _fields(style, _FIELDS, "", faults)
    return Style(**values), faults


def drawable(style: Mapping[str, Any]) -> Style:
    """A style that was kept, as it is drawn: a printed code has to work, whatever was kept.

    What cannot be read of it is left out. Colours that no scanner tells apart, or that are lighter
    than what is behind them, are black on white instead. Transparent counts as white.
    """
    read, _ = read_style(style)
    paper = read.background or WHITE
    if all(_is_scannable(ink, paper) for ink in read.inks):
        return read
    return replace(
        read,
        foreground=BLACK,
        background=None if read.background is None else WHITE,
        gradient=None,
        eye_frame_colour=None,
        eye_ball_colour=None,
    )


def on_top(below: Style, style: Mapping[str, Any]) -> tuple[Style, Faults]:
    """A style whose fields replace those of the one `below`."""
    faults: Faults = {}
    return replace(below, **_fields(style, _FIELDS, "", faults)), faults


def _is_scannable(ink: str, paper: str) -> bool:
    """Whether the ink is clearly darker than the paper."""
    darker = colours.contrast(ink, WHITE) > colours.contrast(paper, WHITE)
    return darker and colours.contrast(ink, paper) >= LEAST_CONTRAST


def _fields(
    given: Mapping[str, Any], readers: Mapping[str, Reader], path: str, faults: Faults
) -> dict[str, Any]:
    """Those of the given that are known and right; None counts as not given, save a background."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        field = _name_of(name)
        reader = readers.get(field)
        if reader is None or (value is None and field != "background"):
            continue
        try:
            values[field] = reader(value)
        except _Wrong as wrong:
            faults[f"{path}{_public(field)}"] = str(wrong)
        except _Inside as inside:
            faults.update({f"{path}{field}.{part}": told for part, told in inside.faults.items()})
    return values


class _Inside(ValueError):
    """Faults of the fields of an object."""

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.faults = faults


def _name_of(name: str) -> str:
    """As it is called here; outside it is `color`, as in CSS."""
    return _CAPITAL.sub(r"_\1", name).lower().replace("colour", "color").replace("color", "colour")


def _public(field: str) -> str:
    return field.replace("colour", "color")


def _object(make: Callable[..., T], readers: Mapping[str, Reader]) -> Callable[[Any], T]:
    def read(value: Any) -> T:
        if not isinstance(value, Mapping):
            raise _Wrong("Give an object.")
        faults: Faults = {}
        values = _fields(value, readers, "", faults)
        if faults:
            raise _Inside(faults)
        return make(**values)

    return read


def _colour(value: Any) -> str:
    if isinstance(value, str) and _SHORT.fullmatch(value):
        value = "#" + "".join(2 * digit for digit in value[1:])
    if not isinstance(value, str) or colours.refusal(value):
        told = f"'{value}'" if isinstance(value, str) and len(value) < 40 else "this"
        raise _Wrong(f"Invalid color {told}. Write it as # and six hex digits.")
    return value.lower()


def _paper(value: Any) -> str | None:
    return None if value in (None, "transparent") else _colour(value)


def _one_of(choices: tuple[str, ...]) -> Reader:
    def read(value: Any) -> str:
        spelled = value.strip().lower().replace("-", "_") if isinstance(value, str) else ""
        if spelled not in choices:
            raise _Wrong(f"Choose one of: {', '.join(choices)}.")
        return spelled

    return read


def _number(low: float, high: float) -> Reader:
    def read(value: Any) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            raise _Wrong(f"Give a number from {low:g} to {high:g}.")
        return float(value)

    return read


def _whole(low: int, high: int) -> Reader:
    def read(value: Any) -> int:
        number = _number(low, high)(value)
        if number != int(number):
            raise _Wrong(f"Give a whole number from {low} to {high}.")
        return int(number)

    return read


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("Give true or false.")
    return value


def _text(longest: int) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise _Wrong(f"Give a text of up to {longest} characters.")
        if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
            raise _Wrong("Remove control characters.")
        return value.strip()

    return read


def _level(value: Any) -> str:
    if value not in ("L", "M", "Q", "H"):
        raise _Wrong("Choose one of: L, M, Q, H.")
    return str(value)


def _stops(value: Any) -> tuple[Stop, ...]:
    """Colours alone are spread evenly; `{offset, colour}` say where."""
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= MOST_STOPS:
        raise _Wrong(f"Give 2 to {MOST_STOPS} colours.")
    stops = []
    for at, entry in enumerate(value):
        if isinstance(entry, Mapping):
            told = {_name_of(key): part for key, part in entry.items()}
            stops.append(Stop(_number(0, 1)(told.get("offset")), _colour(told.get("colour"))))
        else:
            stops.append(Stop(at / (len(value) - 1), _colour(entry)))
    if any(one.offset > other.offset for one, other in pairwise(stops)):
        raise _Wrong("Give the stops in the order of their offsets.")
    return tuple(stops)


def _gradient(value: Any) -> Gradient:
    """`{type, colors: [...] or stops: [...] or from and to, angle}`."""
    if not isinstance(value, Mapping):
        raise _Wrong('Give an object, such as {"type": "linear", "colors": [..]}.')
    told = {_name_of(name): part for name, part in value.items()}
    stops = told.get("stops", told.get("colours"))
    if stops is None:
        stops = [told.get("from", told.get("start")), told.get("to", told.get("end"))]
    faults: Faults = {}
    parts: dict[str, Any] = {}
    for field, reader, given in (
        ("type", _one_of(("linear", "radial")), told.get("type", told.get("kind", "linear"))),
        ("colors", _stops, stops),
        ("angle", _number(-360, 360), told.get("angle", 0)),
    ):
        try:
            parts[field] = reader(given)
        except _Wrong as wrong:
            faults[field] = str(wrong)
    if faults:
        raise _Inside(faults)
    return Gradient(parts["type"], parts["colors"], parts["angle"])


_LOGO: Mapping[str, Reader] = {
    "url": _text(_LONGEST_URL),
    "image_id": _text(64),
    "size": _number(SMALLEST_LOGO, LARGEST_LOGO),
    "padding": _number(0, MOST_PADDING),
    "clear": _truth,
    "shape": _one_of(("square", "round")),
}
_FRAME: Mapping[str, Reader] = {
    "design": _one_of(FRAME_DESIGNS),
    "text": _text(LONGEST_LABEL),
    "colour": _colour,
    "text_colour": _colour,
    "font": _one_of(FONT_NAMES),
}


def _logo(value: Any) -> Logo:
    logo = _object(Logo, _LOGO)({"url": value} if isinstance(value, str) else value)
    if (logo.url is None) == (logo.image_id is None):
        raise _Wrong("Give exactly one of url and imageId.")
    return logo


def _frame(value: Any) -> Frame:
    return _object(Frame, _FRAME)({"text": value} if isinstance(value, str) else value)


_FIELDS: Mapping[str, Reader] = {
    "foreground": _colour,
    "background": _paper,
    "gradient": _gradient,
    "module_shape": _one_of(MODULE_SHAPES),
    "eye_frame_shape": _one_of(EYE_FRAME_SHAPES),
    "eye_frame_colour": _colour,
    "eye_ball_shape": _one_of(EYE_BALL_SHAPES),
    "eye_ball_colour": _colour,
    "logo": _logo,
    "frame": _frame,
    "quiet_zone": _whole(0, WIDEST_QUIET_ZONE),
    "error_correction": _level,
    "micro": _truth,
    "show_text": _truth,
}
"""The fields of a style, and who reads each."""
