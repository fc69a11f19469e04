"""Barcodes: a value becomes bars or modules, and those a 1-bit PNG or a scene.

Symbols are made by zint. Values are those that `rules.symbologies.normalise` calls `encoded`.
"""

import re
from dataclasses import dataclass
from math import ceil, inf

import zint

from activities.render.composing import paint_of
from activities.render.frames import framed
from activities.render.lettering import set_line
from activities.render.qr import Unrenderable, parse_colour
from activities.render.raster import Canvas, Inks, write_png
from activities.render.scene import Inked, Scene, box, scaled
from activities.rules.looks import Style
from activities.rules.symbologies import LINEAR, Symbology

_KINDS: dict[Symbology, zint.Symbology] = {
    "CODE128": zint.Symbology.CODE128,
    "CODE39": zint.Symbology.CODE39,
    # EANX would take the 8 digits of EAN-8 for the beginning of an EAN-13.
    "EAN13": zint.Symbology.EANX_CHK,
    "EAN8": zint.Symbology.EANX_CHK,
    "UPCA": zint.Symbology.UPCA_CHK,
    "UPCE": zint.Symbology.UPCE_CHK,
    "ITF14": zint.Symbology.ITF14,
    "GS1_128": zint.Symbology.GS1_128,
    "DATAMATRIX": zint.Symbology.DATAMATRIX,
    "GS1_DATAMATRIX": zint.Symbology.DATAMATRIX,
    "PDF417": zint.Symbology.PDF417,
    "AZTEC": zint.Symbology.AZTEC,
}
_DIGITS: dict[Symbology, int] = {"EAN13": 13, "EAN8": 8, "UPCA": 12, "UPCE": 8, "ITF14": 14}
_SQUARES = frozenset[Symbology]({"DATAMATRIX", "GS1_DATAMATRIX", "AZTEC"})
_UTF_8 = 26  # as an Extended Channel Interpretation
# Modules around a matrix, above and below bars, beyond the standard, which asks none of Aztec. Not
# around ITF-14, whose frame would stand off its bars.
_MARGIN = 2
_LEAST_SLENDER = 0.15  # of the width, ISO/IEC 15417 and 16388
_BAR_HEIGHT = 50
_BEFORE = (0.5, 0.0, 1.0)
"""The share of a text that is left of its place: middle, start, end, as zint numbers them."""
_BITS = bytes.maketrans(b"\x00\xff", b"10")
_CODE = re.compile(r"^(?:Error|Warning) [0-9]+: ")


@dataclass(frozen=True)
class BarcodeSpec:
    """What a barcode says and how it looks.

    `encoded` is as `normalise` gives it, `size_px` the width of the picture in pixels. Colours are
    `#rgb` or `#rrggbb`; `background` None is transparent. Text is shown under bars only. The
    quiet zone is always there. Raises ValueError for a size below 1.
    """

    symbology: Symbology
    encoded: str
    size_px: int = 1024
    foreground: str = "#000000"
    background: str | None = "#ffffff"
    show_text: bool = True
    dpi: int | None = None

    def __post_init__(self) -> None:
        if self.size_px < 1:
            raise ValueError("The size must be 1 or more.")


class UndrawableBarcode(Unrenderable):
    """No picture comes of the spec; `field` is `value` or `size_px`."""


def judge(symbology: Symbology, encoded: str) -> str | None:
    """Why this cannot be encoded, as one sentence; None when it can be."""
    try:
        _symbol(symbology, encoded)
    except UndrawableBarcode as undrawable:
        return str(undrawable)
    return None


def draw_barcode_png(spec: BarcodeSpec) -> bytes:
    """A 1-bit PNG of exactly `spec.size_px` across; every module is a whole number of pixels.

    Pixels that are left over widen the quiet zone evenly. Text needs two pixels a module, below
    that it is left out. Raises UndrawableBarcode, BadColour.
    """
    inks = _inks(spec)
    symbol = _symbol(spec.symbology, spec.encoded, show_text=spec.show_text)
    modules = ceil(_vector(symbol).width)
    scale = spec.size_px // modules
    if scale < 1:
        sentence = f"This barcode needs a picture of at least {modules} pixels across."
        raise UndrawableBarcode("size_px", sentence)
    rows, columns = _raster(symbol, scale)
    left = (spec.size_px - columns) // 2
    top = left if spec.symbology in _SQUARES else 0
    height = len(rows) + (spec.size_px - columns if top else 0)
    canvas = Canvas(width=spec.size_px, height=height, left=left, top=top, scale=1)
    return write_png(rows, columns, canvas, inks, spec.dpi)


def compose_barcode(symbology: Symbology, encoded: str, style: Style, title: str = "") -> Scene:
    """The bars or modules and the text below as a scene whose unit is one module.

    Colours, gradient, frame and text of the style are used. Raises UndrawableBarcode.
    """
    vector = _vector(_symbol(symbology, encoded, show_text=style.show_text))
    bars = [(bar.x, bar.y, box(bar.width, bar.height)) for bar in vector.rectangles]
    left, right = min(x for x, _, _ in bars), max(bar.x + bar.width for bar in vector.rectangles)
    top, bottom = min(y for _, y, _ in bars), max(bar.y + bar.height for bar in vector.rectangles)
    paint = paint_of(style, left, top, right - left, bottom - top)
    ink = style.inks[0]
    parts = (Inked(paint, tuple(bars)), *(_lettering(line, ink) for line in vector.strings))
    scene = Scene(vector.width, vector.height, style.background, parts, title)
    return framed(scene, style.frame) if style.frame else scene


def _symbol(symbology: Symbology, encoded: str, *, show_text: bool = True) -> zint.Symbol:
    """The encoded symbol. A long line of bars is made high enough to be swept."""
    length = _DIGITS.get(symbology)
    if length is not None and not re.fullmatch(f"[0-9]{{{length}}}", encoded):
        raise UndrawableBarcode("value", f"{symbology} is drawn from {length} digits.")
    symbol = _encoded(symbology, encoded, _BAR_HEIGHT, show_text)
    least = ceil(symbol.width * _LEAST_SLENDER)
    if symbology in LINEAR and least > _BAR_HEIGHT:
        symbol = _encoded(symbology, encoded, least, show_text)
    # zint puts the last digit of ITF-14 there itself, and so cannot say that it is wrong.
    if symbology == "ITF14" and symbol.text != encoded:
        raise UndrawableBarcode("value", f"Invalid check digit '{encoded[-1]}'.")
    return symbol


def _encoded(symbology: Symbology, encoded: str, height: int, show_text: bool) -> zint.Symbol:
    symbol = zint.Symbol()
    symbol.symbology = _KINDS[symbology]
    symbol.warn_level = zint.WarningLevel.FAIL_ALL
    symbol.output_options = zint.OutputOptions.BARCODE_QUIET_ZONES
    gs1 = symbology in ("GS1_128", "GS1_DATAMATRIX")
    symbol.input_mode = zint.InputMode.GS1 if gs1 else zint.InputMode.UNICODE
    symbol.show_text = show_text
    symbol.whitespace_height = 0 if symbology == "ITF14" else _MARGIN
    if symbology in LINEAR:
        symbol.height = height
    else:
        symbol.whitespace_width = _MARGIN
        symbol.eci = 0 if encoded.isascii() else _UTF_8
    if _KINDS[symbology] is zint.Symbology.DATAMATRIX:
        symbol.option_3 = zint.DataMatrixOptions.SQUARE
    content = encoded[:-1] if symbology == "ITF14" else encoded
    try:
        symbol.encode(content.encode())
    except UnicodeEncodeError:
        raise UndrawableBarcode("value", "This text is not Unicode.") from None
    except RuntimeError as refused:
        raise UndrawableBarcode("value", f"{_CODE.sub('', str(refused))}.") from refused
    return symbol


def _vector(symbol: zint.Symbol) -> zint.Vector:
    """The symbol in units of one module."""
    symbol.scale = 0.5
    symbol.buffer_vector()
    return symbol.vector


def _raster(symbol: zint.Symbol, scale: int) -> tuple[list[bytes], int]:
    """Rows of pixels as `raster` wants them, `scale` pixels a module, and how many are in a row."""
    symbol.scale = scale / 2
    symbol.buffer()
    bitmap = symbol.bitmap
    if bitmap is None:
        raise UndrawableBarcode("size_px", "There is no picture of this size.")
    height, columns, channels = bitmap.shape or (0, 0, 0)
    pixels, stride = bytes(bitmap), columns * channels
    lines = [pixels[start : start + stride] for start in range(0, height * stride, stride)]
    pad = -columns % 8
    known = {
        line: (int(line[::channels].translate(_BITS), 2) << pad).to_bytes((columns + pad) // 8)
        for line in set(lines)
    }
    return [known[line] for line in lines], columns


def _inks(spec: BarcodeSpec) -> Inks:
    ink, paper = parse_colour(spec.foreground, "foreground"), spec.background
    return Inks(ink=ink, paper=None if paper is None else parse_colour(paper, "background"))


def _lettering(line: zint.VectorString, ink: str) -> Inked:
    """One text at its place, in our own face: zint says only where and how large."""
    letters = set_line(line.text, "mono")
    size = min(line.fsize, line.width / letters.width if letters.width and line.width else inf)
    left = line.x - _BEFORE[line.halign] * letters.width * size
    placed = ((left + at * size, line.y, scaled(each, size)) for at, each in letters.letters)
    return Inked(ink, tuple(placed))
