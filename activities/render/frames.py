"""Frames with a text around a symbol, in five designs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from activities.render.lettering import set_line
from activities.render.scene import (
    Inked,
    Inset,
    Outline,
    Scene,
    box,
    joined,
    moved,
    polygon,
    rounded,
    scaled,
)
from activities.rules.looks import FontName, Frame, FrameDesign

_BAND = 0.2
_EDGE = 0.035
_ROUND = 0.06
_WIDEST_TEXT = 0.86
_TALLEST_TEXT = 0.46
_POINTER = 0.09
_TAIL = 0.07
_INSET = 0.05


@dataclass(frozen=True)
class _Room:
    """Where what lies in a picture of `width` by `height`; a place is the left upper corner.

    `corner` is the radius of round ones; `edge` and `pointer` are how far these parts reach.
    """

    width: float
    height: float
    symbol: tuple[float, float]
    label: tuple[float, float, float, float]
    corner: float
    edge: float
    pointer: float


def framed(scene: Scene, frame: Frame) -> Scene:
    """The symbol's scene inside its frame; the picture grows, the symbol does not shrink.

    Without paper the picture stays transparent outside of the frame, and behind the symbol.
    """
    room = _room(scene, frame.design)
    parts = [*_drawn(scene, room, frame), *shifted(scene, *room.symbol)]
    if frame.text:
        parts.append(lettered(frame.text, frame.font, frame.text_colour, room.label))
    paper = scene.paper if frame.design in ("bar_below", "bar_above") else None
    return replace(scene, width=room.width, height=room.height, paper=paper, parts=tuple(parts))


def shifted(scene: Scene, x: float, y: float) -> tuple[Inked | Inset, ...]:
    """The parts of a scene, elsewhere."""
    return tuple(_part_shifted(part, x, y) for part in scene.parts)


def lettered(
    text: str, font: FontName, colour: str, room: tuple[float, float, float, float]
) -> Inked:
    """A line of text in the middle of a rectangle (x, y, width, height), as large as fits."""
    x, y, width, height = room
    line = set_line(text, font)
    size = min(
        _WIDEST_TEXT * width / line.width if line.width else height,
        _TALLEST_TEXT * height / line.capitals,
    )
    left = x + (width - line.width * size) / 2
    base = y + (height + line.capitals * size) / 2
    letters = [(left + at * size, base, scaled(outline, size)) for at, outline in line.letters]
    return Inked(colour, tuple(letters))


def _room(scene: Scene, design: FrameDesign) -> _Room:
    side = max(scene.width, scene.height * 0.6)
    shares = (_BAND, _EDGE, _INSET, _POINTER)
    band, edge, inset, pointer = (_units(side, share) for share in shares)
    room = partial(_Room, corner=side * _ROUND, edge=edge, pointer=pointer)
    wide, high = scene.width, scene.height
    label: tuple[float, float, float, float]
    match design:
        case "bar_below":
            label = (inset, high, wide - 2 * inset, band - inset)
            return room(wide, high + band, (0, 0), label)
        case "bar_above":
            label = (inset, inset, wide - 2 * inset, band - inset)
            return room(wide, high + band, (0, band), label)
        case "box":
            full = wide + 2 * edge
            return room(full, high + edge + band, (edge, edge), (0, high + edge, full, band))
        case "bubble":
            full = wide + 2 * edge
            label = (0, high + 2 * edge + pointer, full, band)
            return room(full, high + 2 * edge + pointer + band, (edge, edge), label)
        case "ribbon":
            tail = _units(side, _TAIL)
            full = wide + 2 * tail
            label = (tail, high + edge, wide, band)
            return room(full, high + edge + band + edge, (tail, edge), label)


def _units(side: float, share: float) -> int:
    """A share of the side in whole units: the symbol stays on the grid of its modules."""
    return max(1, round(side * share))


def _drawn(scene: Scene, room: _Room, frame: Frame) -> list[Inked | Inset]:
    """The frame itself, below symbol and text."""
    x, y, width, height = room.label
    sx, sy = room.symbol
    edge, corner = room.edge, room.corner
    paper: list[Inked | Inset] = []
    if scene.paper is not None and frame.design not in ("bar_below", "bar_above"):
        paper = [_at(scene.paper, sx, sy, box(scene.width, scene.height))]
    match frame.design:
        case "bar_below" | "bar_above":
            return [_at(frame.colour, x, y, rounded(width, height, (corner,) * 4))]
        case "box":
            outer = rounded(room.width, room.height, (corner,) * 4)
            hole = moved(box(scene.width, scene.height), sx, sy)
            return [*paper, _at(frame.colour, 0, 0, joined(outer, hole), holes=True)]
        case "bubble":
            outer = rounded(room.width, scene.height + 2 * edge, (corner,) * 4)
            hole = moved(box(scene.width, scene.height), sx, sy)
            middle, reach = room.width / 2, room.pointer
            pointer = polygon(((middle, y - reach), (middle + reach, y), (middle - reach, y)))
            label = moved(rounded(width, height, (corner,) * 4), x, y)
            return [
                *paper,
                _at(frame.colour, 0, 0, joined(outer, hole), holes=True),
                _at(frame.colour, 0, 0, joined(pointer, label)),
            ]
        case "ribbon":
            rim = edge * 0.4
            border = joined(
                moved(box(scene.width + 2 * rim, scene.height + 2 * rim), sx - rim, sy - rim),
                moved(box(scene.width, scene.height), sx, sy),
            )
            return [
                *paper,
                _at(frame.colour, 0, 0, border, holes=True),
                _at(frame.colour, 0, 0, _ribbon(room, edge)),
            ]


def _ribbon(room: _Room, edge: float) -> Outline:
    """A band over the whole width, whose ends are notched."""
    _, y, _, height = room.label
    notch, below = room.label[0] * 0.6, y + height
    return polygon(
        ((0, y), (room.width, y), (room.width - notch, y + height / 2), (room.width, below))
        + ((0, below), (notch, y + height / 2))
    )


def _at(colour: str, x: float, y: float, outline: Outline, *, holes: bool = False) -> Inked:
    return Inked(colour, ((x, y, outline),), holes)


def _part_shifted(part: Inked | Inset, x: float, y: float) -> Inked | Inset:
    if isinstance(part, Inset):
        return Inset(part.x + x, part.y + y, part.width, part.height, part.png, part.round)
    stamps = tuple((at + x, down + y, outline) for at, down, outline in part.stamps)
    paint = part.paint
    if not isinstance(paint, str):
        (x0, y0), (x1, y1) = paint.start, paint.end
        paint = type(paint)(paint.radial, (x0 + x, y0 + y), (x1 + x, y1 + y), paint.stops)
    return Inked(paint, stamps, part.holes)
