"""Scenes as PDF, in points of 1/72 inch. Black is 100% K: it prints from one plate."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from reportlab.lib.colors import CMYKColor, Color, HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from activities.render.scene import Blend, Inked, Inset, Scene
from activities.rules.looks import BLACK

POINTS_PER_INCH = 72.0


@dataclass(frozen=True)
class Placed:
    """A scene on a page: its left upper corner from that of the page, and its width, in points."""

    scene: Scene
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Sheet:
    """A page, in points, and what lies on it."""

    width: float
    height: float
    placed: tuple[Placed, ...]


def write_scene_pdf(scene: Scene, width: float) -> bytes:
    """One page as large as the scene, `width` points across."""
    height = width * scene.height / scene.width
    return write_sheets([Sheet(width, height, (Placed(scene, 0, 0, width),))], scene.title)


def write_sheets(sheets: Iterable[Sheet], title: str = "") -> bytes:
    """Pages one after the other. Equal sheets give equal bytes."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    canvas.setCreator("Inkloom")
    for sheet in sheets:
        canvas.setPageSize((sheet.width, sheet.height))
        for placed in sheet.placed:
            canvas.saveState()
            scale = placed.width / placed.scene.width
            canvas.translate(placed.x, sheet.height - placed.y)
            canvas.scale(scale, -scale)
            _draw(canvas, placed.scene)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _draw(canvas: Canvas, scene: Scene) -> None:
    if scene.paper is not None:
        canvas.setFillColor(_ink(scene.paper))
        canvas.rect(0, 0, scene.width, scene.height, stroke=0, fill=1)
    for part in scene.parts:
        if isinstance(part, Inset):
            _place(canvas, part)
        else:
            _fill(canvas, part)


def _fill(canvas: Canvas, part: Inked) -> None:
    path = canvas.beginPath()
    for x, y, outline in part.stamps:
        for kind, points in outline.segments:
            moved = [point + (y if at % 2 else x) for at, point in enumerate(points)]
            match kind:
                case "M":
                    path.moveTo(*moved)
                case "L":
                    path.lineTo(*moved)
                case "C":
                    path.curveTo(*moved)
                case _:
                    path.close()
    rule = 0 if part.holes else 1  # even-odd, non-zero
    if isinstance(part.paint, str):
        canvas.setFillColor(_ink(part.paint))
        canvas.drawPath(path, stroke=0, fill=1, fillMode=rule)
        return
    canvas.saveState()
    canvas.clipPath(path, stroke=0, fill=0, fillMode=rule)
    _shade(canvas, part.paint)
    canvas.restoreState()


def _shade(canvas: Canvas, blend: Blend) -> None:
    """One colour space for all stops of a gradient: RGB."""
    colours = [HexColor(colour) for _, colour in blend.stops]
    offsets = [offset for offset, _ in blend.stops]
    if blend.radial:
        canvas.radialGradient(*blend.start, blend.radius, colours, offsets, extend=True)
    else:
        canvas.linearGradient(*blend.start, *blend.end, colours, offsets, extend=True)


def _place(canvas: Canvas, inset: Inset) -> None:
    canvas.saveState()
    x, y, width, height = inset.x, inset.y, inset.width, inset.height
    image = ImageReader(io.BytesIO(inset.png))
    if inset.round:
        path = canvas.beginPath()
        path.ellipse(x, y, width, height)
        canvas.clipPath(path, stroke=0, fill=0)
        across, down = image.getSize()
        scale = max(width / across, height / down)
        x, y = x - (across * scale - width) / 2, y - (down * scale - height) / 2
        width, height = across * scale, down * scale
    canvas.translate(x, y + height)
    canvas.scale(1, -1)
    canvas.drawImage(image, 0, 0, width, height, mask="auto")
    canvas.restoreState()


def _ink(colour: str) -> Color:
    return CMYKColor(0, 0, 0, 1) if colour == BLACK else HexColor(colour)
