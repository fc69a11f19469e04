"""A QR symbol and its style become a scene: modules, eyes, logo, and what is around them."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin

from activities.render.frames import framed
from activities.render.qr_symbols import Matrix
from activities.render.scene import Blend, Inked, Inset, Paint, Scene
from activities.render.shapes import BALL, EYE, eye_ball, eye_frame, module_stamps
from activities.rules.looks import Gradient, Logo, Style

_CORNERS = (1, 2, 8)
"""Where the eyes of a QR code are: top left, top right, bottom left, as bits of `shapes`."""


def compose(
    matrix: Matrix,
    style: Style,
    logo: bytes | None = None,
    proportion: float = 1.0,
    title: str = "",
) -> Scene:
    """The whole picture, quiet zone and frame included.

    `logo` is a PNG whose width is `proportion` times its height; without it the style's is left
    out.
    """
    margin, size = style.margin, matrix.size
    side = size + 2 * margin
    paint = paint_of(style, margin, margin, size, size)
    grid = [[module == "1" for module in row] for row in matrix.words]
    eyes = _eyes(size, micro=matrix.version < 1)
    for _, left, top in eyes:
        for row in grid[top : top + EYE]:
            row[left : left + EYE] = [False] * EYE
    parts: list[Inked | Inset] = []
    inset: tuple[Inked | Inset, ...] = ()
    if logo is not None and style.logo is not None:
        inset = _logo(grid, style.logo, logo, proportion, margin)
    stamps = [
        (x + margin, y + margin, each) for x, y, each in module_stamps(grid, style.module_shape)
    ]
    parts.append(Inked(paint, tuple(stamps)))
    parts += _drawn_eyes(eyes, style, paint, margin)
    parts += inset
    scene = Scene(side, side, style.background, tuple(parts), title, on_grid=True)
    return framed(scene, style.frame) if style.frame else scene


def paint_of(style: Style, x: float, y: float, width: float, height: float) -> Paint:
    """The colour of modules, or the gradient over the rectangle in which they are."""
    gradient = style.gradient
    return style.foreground if gradient is None else _blend(gradient, x, y, width, height)


def covered(size: int, logo: Logo, proportion: float) -> float:
    """The share of the symbol's modules which the logo with its padding hides."""
    width, height = _extent(size, logo, proportion)
    across, down = width + 2 * logo.padding, height + 2 * logo.padding
    area = across * down * (0.7854 if logo.shape == "round" else 1.0)
    return area / size**2


def _blend(gradient: Gradient, x: float, y: float, width: float, height: float) -> Blend:
    middle = (x + width / 2, y + height / 2)
    stops = tuple((stop.offset, stop.colour) for stop in gradient.stops)
    if gradient.kind == "radial":
        return Blend(radial=True, start=middle, end=(x + width, y + height), stops=stops)
    turn = radians(gradient.angle)
    across, down = cos(turn), sin(turn)
    reach = (abs(across) * width + abs(down) * height) / 2
    dx, dy = across * reach, down * reach
    start, end = (middle[0] - dx, middle[1] - dy), (middle[0] + dx, middle[1] + dy)
    return Blend(radial=False, start=start, end=end, stops=stops)


def _eyes(size: int, *, micro: bool) -> list[tuple[int, int, int]]:
    """The corner, column and row of each; Micro QR has one (ISO/IEC 18004 5.3.2.2)."""
    far = size - EYE
    at = {1: (0, 0), 2: (far, 0), 8: (0, far)}
    return [(corner, *at[corner]) for corner in (_CORNERS[:1] if micro else _CORNERS)]


def _drawn_eyes(
    eyes: list[tuple[int, int, int]], style: Style, paint: Paint, margin: int
) -> list[Inked]:
    """Frames and balls, in colours of their own or in that of the modules."""
    frames, balls = [], []
    inner = (EYE - BALL) / 2
    for corner, x, y in eyes:
        frames.append((x + margin, y + margin, eye_frame(style.eye_frame_shape, corner)))
        ball = eye_ball(style.eye_ball_shape, corner)
        balls.append((x + margin + inner, y + margin + inner, ball))
    return [
        Inked(style.eye_frame_colour or paint, tuple(frames), holes=True),
        Inked(style.eye_ball_colour or paint, tuple(balls)),
    ]


def _extent(size: int, logo: Logo, proportion: float) -> tuple[float, float]:
    """Width and height of the logo: the longer side is its share of the symbol."""
    longer = logo.size * size
    return (longer, longer / proportion) if proportion >= 1 else (longer * proportion, longer)


def _logo(
    grid: list[list[bool]], logo: Logo, png: bytes, proportion: float, margin: int
) -> tuple[Inked | Inset, ...]:
    """The image in the middle; modules that its clear zone touches are taken out of the grid."""
    size = len(grid)
    if logo.shape == "round":
        proportion = 1.0
    width, height = _extent(size, logo, proportion)
    if logo.clear:
        _clear(
            grid, width / 2 + logo.padding, height / 2 + logo.padding, round_=logo.shape == "round"
        )
    left, top = margin + (size - width) / 2, margin + (size - height) / 2
    return (Inset(left, top, width, height, png, logo.shape == "round"),)


def _clear(grid: list[list[bool]], across: float, down: float, *, round_: bool) -> None:
    middle = len(grid) / 2
    for y, row in enumerate(grid):
        for x in range(len(row)):
            dx = max(0.0, abs(x + 0.5 - middle) - 0.5)
            dy = max(0.0, abs(y + 0.5 - middle) - 0.5)
            if round_:
                inside = dx**2 / across**2 + dy**2 / down**2 < 1
            else:
                inside = dx < across and dy < down
            if inside:
                row[x] = False


def plated(scene: Scene, colour: str) -> Scene:
    """The same on a paper, as it looks where it is printed."""
    return scene if scene.paper is not None else replace(scene, paper=colour)
