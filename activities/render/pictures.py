"""A picture from its specification: any symbol, any style, any output, and how well it scans."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import Literal, get_args

import segno
from PIL import Image

from activities.render.barcode import BarcodeSpec, compose_barcode, draw_barcode_png
from activities.render.composing import compose, covered
from activities.render.pixels import (
    MOST_WEBP_PIXELS,
    draw_pixels,
    write_scene_png,
    write_scene_webp,
)
from activities.render.proving import Facts, Score, prove
from activities.render.qr import BadPayload, SizeTooSmall, Unrenderable, encode, parse_colour, place
from activities.render.qr_symbols import Matrix
from activities.render.raster import Inks, write_png
from activities.render.scene import Scene
from activities.render.scene_eps import write_scene_eps
from activities.render.scene_pdf import POINTS_PER_INCH, write_scene_pdf
from activities.render.scene_svg import Window, write_scene_svg
from activities.render.svg import write_svg
from activities.rules.check_digits import expanded
from activities.rules.looks import MICRO_QUIET_ZONE, QUIET_ZONE, Style
from activities.rules.symbologies import Normalised, Symbology, normalise

Output = Literal["png", "svg", "pdf", "eps", "webp"]
OUTPUTS: tuple[Output, ...] = get_args(Output)

PRINT_DPI = 300
"""Of a picture in pixels that is to have a size on paper, where none is said."""

LARGEST_PX = 9000
"""Pixels on a side: 15 inches at 600 dpi."""

_MOST_PROVED_PX = 1400
_PROVED_MODULE_PX = 8
_MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Picture:
    """What is drawn: a payload as a symbol, its style, and into what.

    `size_px` is the width; with `dpi` it has a size on paper, and without it PDF and EPS take
    `PRINT_DPI`. `logo` is a PNG, used where the style has a logo. For barcodes `payload` is a
    value as `normalise` takes it.
    """

    payload: str
    output: Output = "png"
    symbology: Symbology | Literal["QR"] = "QR"
    style: Style = field(default_factory=Style)
    size_px: int = 1024
    dpi: int | None = None
    logo: bytes | None = None
    title: str = ""


@dataclass(frozen=True)
class Drawn:
    """A finished picture; `score` is None where nobody asked for the proof."""

    content: bytes
    score: Score | None = None


class _Plan:
    """A symbol on the way. Its scene is composed when it is needed: plain pictures need none."""

    def __init__(self, picture: Picture, matrix: Matrix | None, said: frozenset[str]) -> None:
        self.picture, self.matrix, self.said = picture, matrix, said
        self.hidden = 0.0

    @cached_property
    def scene(self) -> Scene:
        """Raises UndrawableBarcode."""
        picture, style = self.picture, self.picture.style
        if picture.symbology != "QR":
            known = normalise(picture.symbology, picture.payload)
            return compose_barcode(picture.symbology, known.encoded, style, picture.title)
        assert self.matrix is not None
        proportion = 1.0
        if picture.logo is not None and style.logo is not None:
            with Image.open(io.BytesIO(picture.logo)) as image:
                proportion = image.width / image.height
            self.hidden = covered(self.matrix.size, style.logo, proportion)
        return compose(self.matrix, style, picture.logo, proportion, picture.title)

    @property
    def across(self) -> float:
        """The width of the scene."""
        if self.matrix is not None and self.picture.style.is_plain:
            return self.matrix.size + 2 * self.picture.style.margin
        return self.scene.width


def draw_picture(picture: Picture, *, proved: bool = True) -> Drawn:
    """Draw it, and judge it unless told not to.

    Raises Unrenderable (`BadPayload`, `SizeTooSmall`, `UndrawableBarcode`), whose `field` is
    `payload`, `value`, `size_px` or `format`.
    """
    plan = _planned(picture)
    content = _written(picture, plan)
    return Drawn(content, _proved(picture, plan, content) if proved else None)


def scene_of(picture: Picture) -> Scene:
    """The picture before it is written into an output. Raises Unrenderable."""
    return _planned(picture).scene


def symbol_of(payload: str, style: Style) -> Matrix:
    """The QR or Micro QR symbol. Raises BadPayload."""
    if not style.micro:
        return encode(payload, style.level)
    try:
        code = segno.make_micro(payload, error=None if style.level == "H" else style.level)
    except (ValueError, UnicodeEncodeError) as refused:
        raise BadPayload("too_long" if payload else "empty") from refused
    wide = (len(code.matrix) + 7) // 8
    octets = b"".join(
        int("".join(map(str, row)).ljust(8 * wide, "0"), 2).to_bytes(wide) for row in code.matrix
    )
    return Matrix(octets, wide, len(code.matrix), int(code.designator[1]) - 4)


def _planned(picture: Picture) -> _Plan:
    if picture.symbology == "QR":
        return _Plan(
            picture, symbol_of(picture.payload, picture.style), frozenset((picture.payload,))
        )
    known = normalise(picture.symbology, picture.payload)
    return _Plan(picture, None, _spellings(picture.symbology, picture.payload, known))


def _written(picture: Picture, plan: _Plan) -> bytes:
    style, matrix = picture.style, plan.matrix
    size, dpi = picture.size_px, picture.dpi
    match picture.output:
        case "png" if style.is_plain and matrix is not None:
            return _plain_png(matrix, style, size, dpi)
        case "png" if style.is_plain and picture.symbology != "QR":
            return draw_barcode_png(_barcode_spec(picture))
        case "svg" if style.is_plain and matrix is not None:
            ink, paper = style.foreground, style.background
            return write_svg(matrix.words, style.margin, size, ink, paper, picture.title)
    return _composed(picture, plan.scene)


def _composed(picture: Picture, scene: Scene) -> bytes:
    size = picture.size_px
    match picture.output:
        case "png":
            return write_scene_png(scene, raster_window(scene, size), picture.dpi)
        case "webp":
            window = raster_window(scene, size)
            if window.across * window.down > MOST_WEBP_PIXELS:
                raise Unrenderable("size_px", "WebP goes up to 4096 by 4096 pixels; ask for PNG.")
            return write_scene_webp(scene, window)
        case "svg":
            down = round(size * scene.height / scene.width)
            return write_scene_svg(scene, Window(0, 0, scene.width, scene.height, size, down))
        case "pdf":
            return write_scene_pdf(scene, _points(picture))
        case "eps":
            return write_scene_eps(scene, _points(picture))


def raster_window(scene: Scene, size_px: int) -> Window:
    """The scene at a whole number of pixels a module, in the middle of a picture of this width.

    Raises SizeTooSmall.
    """
    scale = int(size_px / scene.width)
    if scale < 1:
        raise SizeTooSmall(ceil(scene.width))
    wide, high = scene.width * scale, scene.height * scale
    down = round(high + size_px - wide)
    left, top = int((size_px - wide) / 2), int((down - high) / 2)
    return Window(-left / scale, -top / scale, size_px / scale, down / scale, size_px, down)


def _plain_png(matrix: Matrix, style: Style, size_px: int, dpi: int | None) -> bytes:
    canvas = place(matrix.size, style.margin, size_px)
    return write_png(matrix.rows, matrix.size, canvas, _inks(style), dpi)


def _inks(style: Style) -> Inks:
    paper = None if style.background is None else parse_colour(style.background, "background")
    return Inks(parse_colour(style.inks[0]), paper)


def _barcode_spec(picture: Picture) -> BarcodeSpec:
    assert picture.symbology != "QR"
    style = picture.style
    return BarcodeSpec(
        symbology=picture.symbology,
        encoded=normalise(picture.symbology, picture.payload).encoded,
        size_px=picture.size_px,
        foreground=style.foreground,
        background=style.background,
        show_text=style.show_text,
        dpi=picture.dpi,
    )


def _points(picture: Picture) -> float:
    return picture.size_px / (picture.dpi or PRINT_DPI) * POINTS_PER_INCH


def _proved(picture: Picture, plan: _Plan, content: bytes) -> Score:
    """Of the very pixels where there are any and not too many, else of the scene in pixels."""
    style, across = picture.style, plan.across
    is_raster = picture.output in ("png", "webp")
    if is_raster and picture.size_px <= _MOST_PROVED_PX:
        seen: Image.Image = Image.open(io.BytesIO(content))
        seen.load()
    else:
        window = raster_window(plan.scene, ceil(across) * _PROVED_MODULE_PX)
        seen = draw_pixels(plan.scene, window)
    if is_raster:
        module_px: float = int(picture.size_px / across)
        width = picture.size_px / module_px
    else:
        module_px, width = picture.size_px / across, across
    printed = picture.dpi or (PRINT_DPI if picture.output in ("pdf", "eps") else None)
    on_qr = plan.matrix is not None
    return prove(
        seen,
        Facts(
            said=plan.said,
            inks=style.inks,
            paper=style.background,
            margin=style.margin if on_qr else QUIET_ZONE,
            standard_margin=MICRO_QUIET_ZONE if style.micro else QUIET_ZONE,
            module_px=module_px if is_raster else _PROVED_MODULE_PX,
            module_mm=None if printed is None else module_px / printed * _MM_PER_INCH,
            covered=plan.hidden,
            modules=plan.matrix.size if plan.matrix is not None else None,
        ),
        width,
    )


def _spellings(symbology: Symbology, payload: str, known: Normalised) -> frozenset[str]:
    """How readers may tell a barcode: with or without brackets, in full, with a leading zero."""
    told = {payload, known.value, known.text, known.encoded}
    if symbology == "UPCE":
        told.add(f"{expanded(known.value[:-1])}{known.value[-1]}")
    told |= {text.replace("[", "(").replace("]", ")") for text in told}
    return frozenset(told | {f"0{text}" for text in told if text.isdigit()})
