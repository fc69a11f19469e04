"""Barcodes: a value becomes bars or modules, and those a PNG or an SVG.

Symbols are made by zint. Values are those that `rules.symbologies.normalise` calls `encoded`.
"""

import re
from dataclasses import dataclass
from math import ceil
from xml.sax.saxutils import escape

import zint

from activities.render.qr import Unrenderable, parse_colour
from activities.render.raster import Canvas, Inks, write_png
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
_ANCHORS = ("middle", "start", "end")
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
    return write_png(rows, columns, canvas, inks)


def draw_barcode_svg(spec: BarcodeSpec) -> bytes:
    """An SVG of `spec.size_px` across whose unit is one module, in UTF-8.

    Ink is one path with a box for each bar; the text is text. Equal specs give equal bytes.
    Raises UndrawableBarcode, BadColour.
    """
    inks = _inks(spec)
    symbol = _symbol(spec.symbology, spec.encoded, show_text=spec.show_text)
    vector = _vector(symbol)
    across, down = vector.width, vector.height
    height = round(spec.size_px * down / across)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{spec.size_px}" height="{height}" '
        f'viewBox="0 0 {_told(across)} {_told(down)}" shape-rendering="crispEdges">'
    ]
    if inks.paper is not None:
        size = f'width="{_told(across)}" height="{_told(down)}"'
        parts.append(f'<rect {size} fill="#{bytes(inks.paper).hex()}"/>')
    ink = f"#{bytes(inks.ink).hex()}"
    parts.append(f'<path fill="{ink}" d="{"".join(map(_box, vector.rectangles))}"/>')
    parts += (_lettering(line, ink) for line in vector.strings)
    return "".join((*parts, "</svg>\n")).encode()


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


def _box(bar: zint.VectorRect) -> str:
    width, height = _told(bar.width), _told(bar.height)
    return f"M{_told(bar.x)} {_told(bar.y)}h{width}v{height}h-{width}z"


def _lettering(line: zint.VectorString, ink: str) -> str:
    return (
        f'<text x="{_told(line.x)}" y="{_told(line.y)}" text-anchor="{_ANCHORS[line.halign]}" '
        f'font-family="OCR-B, OCRB, monospace" font-size="{_told(line.fsize)}" fill="{ink}" '
        f'xml:space="preserve">{escape(line.text)}</text>'
    )


def _told(length: float) -> str:
    return f"{round(length, 2):g}"
