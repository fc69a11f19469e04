"""Sheets of labels as PDF: a symbol on each, with its name and what people read beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activities.render.lettering import set_line
from activities.render.pictures import Picture, scene_of
from activities.render.qr import Unrenderable
from activities.render.scene import Inked, Scene, scaled
from activities.render.scene_pdf import POINTS_PER_INCH, Placed, Sheet, write_sheets
from activities.rules.label_sheets import LabelSheet, places
from activities.rules.looks import BLACK, FontName

LEAST_MODULE_MM = 0.25
"""What a module must print at (GS1 General Specifications 5.12.3); smaller ones are refused."""

_POINTS_PER_MM = POINTS_PER_INCH / 25.4
_PAD = 2.0
_WIDEST_SYMBOL = 0.5
_WIDE = 1.4
_TITLE_MM, _LINE_MM, _LEADING = 3.4, 2.6, 1.35
_MOST_LINES = 3


@dataclass(frozen=True)
class Label:
    """One label: the symbol, a name, and a line below it."""

    picture: Picture
    name: str = ""
    line: str = ""


def draw_labels(labels: Sequence[Label], sheet: LabelSheet, skipped: int = 0) -> bytes:
    """A PDF of as many pages as it takes; the first `skipped` labels of the first stay empty.

    Raises Unrenderable with the field `sheet` when a symbol would print too small there, and what
    drawing a picture raises.
    """
    pages: dict[int, list[Placed]] = {}
    for label, (page, left, top) in zip(labels, places(sheet, len(labels), skipped), strict=True):
        pages.setdefault(page, []).extend(_placed(label, sheet.label, left, top))
    width, height = (length * _POINTS_PER_MM for length in sheet.page)
    return write_sheets(
        (
            Sheet(width, height, tuple(pages.get(page, ())))
            for page in range(max(pages, default=0) + 1)
        ),
        "Labels",
    )


def _placed(label: Label, size: tuple[float, float], left: float, top: float) -> list[Placed]:
    """Symbol and text of one label whose corner is at `left`, `top`, all in millimetres."""
    scene = scene_of(label.picture)
    width, height = size[0] - 2 * _PAD, size[1] - 2 * _PAD
    is_wide = scene.width > _WIDE * scene.height
    has_text = bool(label.name or label.line)
    # The text of wide symbols is below them, that of others beside.
    high = height - _TITLE_MM * _LEADING if has_text and is_wide else height
    room = width * _WIDEST_SYMBOL if has_text and not is_wide else width
    across = min(room, high * scene.width / scene.height)
    if across / scene.width < LEAST_MODULE_MM:
        told = f"{label.name or 'A code'} would print too small to scan on these labels."
        raise Unrenderable("sheet", f"{told} Choose larger ones or shorter content.")
    down = across * scene.height / scene.width
    x, y = left + _PAD, top + _PAD + (high - down) / 2
    if is_wide or not has_text:
        x += (width - across) / 2
    placed = [_at(scene, x, y, across)]
    if has_text and is_wide:
        below = _text(Label(label.picture, label.name), width, _TITLE_MM * _LEADING)
        placed.append(_at(below, left + _PAD, top + _PAD + high, width))
    elif has_text:
        beside = x + across + _PAD
        text = _text(label, left + size[0] - _PAD - beside, height)
        placed.append(_at(text, beside, top + _PAD, text.width))
    return placed


def _at(scene: Scene, x: float, y: float, width: float) -> Placed:
    """A scene on the page, in millimetres."""
    return Placed(scene, x * _POINTS_PER_MM, y * _POINTS_PER_MM, width * _POINTS_PER_MM)


def _text(label: Label, width: float, height: float) -> Scene:
    """Name and line in the middle of the height; what does not fit is cut."""
    kinds: tuple[tuple[str, float, FontName], ...] = (
        (label.name, _TITLE_MM, "sans"),
        (label.line, _LINE_MM, "mono"),
    )
    lines = [
        (line, size, font)
        for text, size, font in kinds
        for line in _wrapped(text, size, font, width)
    ]
    total = sum(size * _LEADING for _, size, _ in lines)
    y = max(0.0, (height - total) / 2)
    parts = []
    for text, size, font in lines:
        y += size * _LEADING
        parts.append(_line(text, size, font, y))
    return Scene(width, height, None, tuple(parts))


def _line(text: str, size: float, font: FontName, base: float) -> Inked:
    letters = set_line(text, font).letters
    return Inked(BLACK, tuple((at * size, base, scaled(each, size)) for at, each in letters))


def _wrapped(text: str, size: float, font: FontName, width: float) -> list[str]:
    """The text in lines of the width, broken at spaces, or anywhere; three at most."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < _MOST_LINES:
        fits = len(rest)
        while fits > 1 and set_line(rest[:fits], font).width * size > width:
            fits -= 1
        if fits < len(rest) and (space := rest.rfind(" ", 0, fits + 1)) > 0:
            fits = space
        lines.append(rest[:fits].strip())
        rest = rest[fits:].strip()
    if rest and lines:
        lines[-1] = f"{lines[-1][:-1]}…"
    return lines
