"""QR codes: a payload becomes a matrix of modules, a matrix becomes a PNG or an SVG.

Source: ISO/IEC 18004:2015. Symbols are those of segno (`activities.render.qr_symbols`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from activities.render.qr_symbols import Matrix, make_symbol
from activities.render.raster import Canvas, Inks, Rgb, write_png
from activities.render.svg import write_svg

ErrorCorrection = Literal["L", "M", "Q", "H"]
PayloadFault = Literal["empty", "not_unicode", "too_long"]

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True)
class QrSpec:
    """What a code says and how it looks.

    `quiet_zone` is in modules, `size_px` is the side of the picture in pixels. Colours are `#rgb`
    or `#rrggbb`; `background` None is transparent. `dpi` is recorded in a PNG, `title` in an SVG.
    Raises ValueError for a negative quiet zone, and for a size or dpi below 1.
    """

    payload: str
    error_correction: ErrorCorrection = "M"
    quiet_zone: int = 4
    size_px: int = 1024
    foreground: str = "#000000"
    background: str | None = "#ffffff"
    dpi: int | None = None
    title: str = ""

    def __post_init__(self) -> None:
        if self.quiet_zone < 0:
            raise ValueError("The quiet zone cannot be negative.")
        if self.size_px < 1 or (self.dpi is not None and self.dpi < 1):
            raise ValueError("Size and dpi must be 1 or more.")


class Unrenderable(ValueError):
    """The spec cannot become a picture; `field` of the spec is what to change."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field

    # Refusals come back from other processes: without this only the sentence would.
    def __reduce__(self) -> tuple[type[Unrenderable], tuple[Any, ...]]:
        return type(self), (self.field, str(self))


class SizeTooSmall(Unrenderable):
    """The picture has less than one pixel a module; `min_px` is the smallest size that works."""

    def __init__(self, min_px: int) -> None:
        super().__init__("size_px", f"This code needs a picture of at least {min_px} pixels.")
        self.min_px = min_px

    def __reduce__(self) -> tuple[type[SizeTooSmall], tuple[int]]:
        return type(self), (self.min_px,)


class BadColour(Unrenderable):
    """`value` is neither `#rgb` nor `#rrggbb`."""

    def __init__(self, value: str, field: str = "foreground") -> None:
        super().__init__(field, f"{value!r} is not a colour of the form #rgb or #rrggbb.")
        self.value = value

    def __reduce__(self) -> tuple[type[BadColour], tuple[str, str]]:
        return type(self), (self.value, self.field)


class BadPayload(Unrenderable):
    """The payload fits no QR code; `reason` says why."""

    def __init__(self, reason: PayloadFault) -> None:
        sentence = f"This payload cannot be a QR code: {reason.replace('_', ' ')}."
        super().__init__("payload", sentence)
        self.reason: PayloadFault = reason

    def __reduce__(self) -> tuple[type[BadPayload], tuple[PayloadFault]]:
        return type(self), (self.reason,)


def encode(payload: str, error_correction: ErrorCorrection = "M") -> Matrix:
    """The smallest QR symbol for the payload, at exactly the asked error correction level.

    Text beyond ASCII is UTF-8 in byte mode, without an ECI header. Raises BadPayload.
    """
    if not payload:
        raise BadPayload("empty")
    try:
        symbol = make_symbol(payload, error_correction)
    except UnicodeEncodeError as broken:
        raise BadPayload("not_unicode") from broken
    if symbol is None:
        raise BadPayload("too_long")
    return symbol


def render_png(spec: QrSpec) -> bytes:
    """The code as a PNG, see `draw_png`. Raises BadPayload, SizeTooSmall, BadColour."""
    return draw_png(encode(spec.payload, spec.error_correction), spec)


def render_svg(spec: QrSpec) -> bytes:
    """The code as an SVG, see `draw_svg`. Raises BadPayload, BadColour."""
    return draw_svg(encode(spec.payload, spec.error_correction), spec)


def draw_png(matrix: Matrix, spec: QrSpec) -> bytes:
    """A 1-bit PNG of exactly `spec.size_px` on a side; every module is a whole number of pixels.

    Pixels that are left over widen the quiet zone evenly. Raises SizeTooSmall, BadColour.
    """
    inks = _inks(spec)
    canvas = place(matrix.size, spec.quiet_zone, spec.size_px)
    return write_png(matrix.rows, matrix.size, canvas, inks, spec.dpi)


def draw_svg(matrix: Matrix, spec: QrSpec) -> bytes:
    """An SVG of `spec.size_px` on a side whose unit is one module. Raises BadColour."""
    inks = _inks(spec)
    ink, paper = _hex(inks.ink), None if inks.paper is None else _hex(inks.paper)
    width, margin = spec.size_px, spec.quiet_zone
    return write_svg(matrix.words, margin, width, ink, paper, spec.title)


def parse_colour(value: str, field: str = "foreground") -> Rgb:
    """Red, green and blue, 0 to 255, of `#rgb` or `#rrggbb`. Raises BadColour."""
    if not _COLOUR.fullmatch(value):
        raise BadColour(value, field)
    digits = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def place(modules: int, quiet_zone: int, size_px: int) -> Canvas:
    """The largest whole scale that fits, in the middle of a square. Raises SizeTooSmall."""
    needed = modules + 2 * quiet_zone
    scale = size_px // needed
    if scale < 1:
        raise SizeTooSmall(needed)
    start = (size_px - modules * scale) // 2
    return Canvas(width=size_px, height=size_px, left=start, top=start, scale=scale)


def _inks(spec: QrSpec) -> Inks:
    ink, paper = parse_colour(spec.foreground, "foreground"), spec.background
    return Inks(ink=ink, paper=None if paper is None else parse_colour(paper, "background"))


def _hex(colour: Rgb) -> str:
    return f"#{bytes(colour).hex()}"
