"""A picture before it is written: outlines with paint, and images, on a paper.

Units are modules, y runs down. An outline is drawn at many places: a scene says which and where,
and each writer spells it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Segment: TypeAlias = tuple[str, tuple[float, ...]]
"""`("M", (x, y))`, `("L", (x, y))`, `("C", (x1, y1, x2, y2, x, y))` or `("Z", ())`."""

ARC = 0.5522847498
"""How far a quarter of a circle's control points are from its ends, for a radius of 1."""


@dataclass(frozen=True)
class Outline:
    """Closed lines, relative to the place where they are drawn."""

    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Blend:
    """A gradient between points of the scene; radial ones run from the first point outwards.

    `stops` are offsets from 0.0 to 1.0 and `#rrggbb`, in order.
    """

    radial: bool
    start: tuple[float, float]
    end: tuple[float, float]
    stops: tuple[tuple[float, str], ...]

    @property
    def radius(self) -> float:
        """Of a radial one."""
        (x0, y0), (x1, y1) = self.start, self.end
        return float(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)


Paint: TypeAlias = "str | Blend"


@dataclass(frozen=True)
class Inked:
    """Outlines of one paint, each at its place. With `holes`, what two of them cover is none."""

    paint: Paint
    stamps: Sequence[tuple[float, float, Outline]]
    holes: bool = False


@dataclass(frozen=True)
class Inset:
    """An image (`png`) over a rectangle, cut to an ellipse if `round`."""

    x: float
    y: float
    width: float
    height: float
    png: bytes
    round: bool = False


@dataclass(frozen=True)
class Scene:
    """What is drawn, in order, on `paper` (None is transparent). `title` names it for readers.

    With `on_grid` modules stand at whole units, so that outlines never share a pixel.
    """

    width: float
    height: float
    paper: str | None
    parts: tuple[Inked | Inset, ...]
    title: str = ""
    on_grid: bool = False


def box(width: float, height: float) -> Outline:
    """A rectangle from the place to the right and down."""
    return polygon(((0, 0), (width, 0), (width, height), (0, height)))


def polygon(points: Sequence[tuple[float, float]]) -> Outline:
    """Straight lines between the points, closed."""
    first, *others = points
    return Outline((("M", first), *(("L", point) for point in others), ("Z", ())))


def rounded(width: float, height: float, radii: tuple[float, float, float, float]) -> Outline:
    """A rectangle whose corners (top left, top right, bottom right, bottom left) are rounded."""
    a, b, c, d = radii
    segments: list[Segment] = [("M", (a, 0.0)), ("L", (width - b, 0.0))]
    if b:
        k = b * (1 - ARC)
        segments.append(("C", (width - k, 0.0, width, k, width, b)))
    segments.append(("L", (width, height - c)))
    if c:
        k = c * (1 - ARC)
        segments.append(("C", (width, height - k, width - k, height, width - c, height)))
    segments.append(("L", (d, height)))
    if d:
        k = d * (1 - ARC)
        segments.append(("C", (k, height, 0.0, height - k, 0.0, height - d)))
    segments.append(("L", (0.0, a)))
    if a:
        k = a * (1 - ARC)
        segments.append(("C", (0.0, k, k, 0.0, a, 0.0)))
    segments.append(("Z", ()))
    return Outline(tuple(segments))


def circle(diameter: float) -> Outline:
    """In the square from the place to the right and down."""
    return rounded(diameter, diameter, (diameter / 2,) * 4)


def moved(outline: Outline, x: float, y: float) -> Outline:
    """The same elsewhere."""
    return Outline(tuple((kind, _shifted(points, x, y)) for kind, points in outline.segments))


def scaled(outline: Outline, size: float) -> Outline:
    """The same, `size` times as large."""
    return Outline(
        tuple((kind, tuple(size * at for at in points)) for kind, points in outline.segments)
    )


def joined(*outlines: Outline) -> Outline:
    """All of them as one."""
    return Outline(tuple(segment for outline in outlines for segment in outline.segments))


def _shifted(points: tuple[float, ...], x: float, y: float) -> tuple[float, ...]:
    return tuple(point + (y if at % 2 else x) for at, point in enumerate(points))
