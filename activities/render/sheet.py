"""A contact sheet: many codes on one page, each on a card with its name.

Lettering is Pillow's built-in Aileron, which has no accented letters: they are put together here
from the bare letter and drawn marks. A letter it cannot show becomes "?".
"""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont

TILE_PX = 148
"""The side a tile should be rendered at: 4 pixels a module up to QR version 3."""

_MAX_TILE_PX = 600
_MARGIN, _GAP, _PAD, _RADIUS, _SHADOW = 56, 16, 10, 14, 8
_HEADER, _CAPTION, _MIN_WIDTH = 126, 54, 560
_PAGE, _CARD, _LINE, _SHADE = (250, 249, 246), (255, 255, 255), (229, 227, 221), (236, 234, 228)
_TITLE, _STRONG, _MUTED = (24, 24, 27), (39, 39, 42), (122, 120, 114)
_FINE = 4  # lettering and corners are drawn this many times larger, then reduced
_INSET = 2 * _FINE  # room for a mark or a bold edge that reaches past the text

_SHOWN = frozenset(map(chr, range(32, 127))) | frozenset("«°±´·»‘’“”…‹›™©")
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l"}
    | {"Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "ı": "i", "–": "-", "—": "-"}
)
# The strokes of a mark in hundredths of the font size: x from the middle of the letter, y upwards
# from its top, or from its foot for a mark below.
_Strokes = tuple[tuple[tuple[int, int], ...], ...]
_ABOVE: dict[str, _Strokes] = {
    "\u0300": (((-9, 20), (4, 8)),),
    "\u0301": (((9, 20), (-4, 8)),),
    "\u0302": (((-11, 8), (0, 19), (11, 8)),),
    "\u0303": (((-14, 10), (-9, 15), (-4, 15), (4, 11), (9, 11), (14, 16)),),
    "\u0304": (((-12, 13), (12, 13)),),
    "\u0306": (((-12, 19), (-7, 11), (0, 9), (7, 11), (12, 19)),),
    "\u0307": (((0, 14), (0, 14)),),
    "\u0308": (((-10, 14), (-10, 14)), ((10, 14), (10, 14))),
    "\u030a": (((0, 8), (6, 10), (8, 15), (6, 20), (0, 22), (-6, 20), (-8, 15), (-6, 10), (0, 8)),),
    "\u030b": (((1, 20), (-9, 8)), ((15, 20), (5, 8))),
    "\u030c": (((-11, 19), (0, 8), (11, 19)),),
}
_BELOW: dict[str, _Strokes] = {
    "\u0323": (((0, -12), (0, -12)),),
    "\u0326": (((1, -10), (-3, -20)),),
    "\u0327": (((0, 0), (0, -7), (6, -12), (2, -19), (-7, -19)),),
    "\u0328": (((8, 0), (2, -10), (5, -18), (13, -18)),),
}


@dataclass(frozen=True)
class Tile:
    """One card: a PNG of at most 600 pixels a side, the name, and a smaller line below it."""

    png: bytes
    label: str
    sublabel: str


@dataclass(frozen=True)
class _Letter:
    """A bare letter and its combining marks."""

    base: str
    marks: str = ""


def contact_sheet(
    tiles: Sequence[Tile], columns: int = 10, title: str = "", subline: str = ""
) -> bytes:
    """All tiles on one page, row by row, as a palette PNG.

    The codes are never resampled: a card is as wide as the largest of them, and at least
    `TILE_PX`; smaller ones grow by a whole number. Labels too long for a card end in "…". Without
    a subline the header tells the number of codes. Raises ValueError for fewer columns than one or
    a tile that is too large.
    """
    if columns < 1:
        raise ValueError("A sheet has at least one column.")
    codes = [_opened(tile.png) for tile in tiles]
    side = max([TILE_PX, *(max(code.size) for code in codes)])
    across = max(1, min(columns, len(tiles)))
    down = -(-len(tiles) // across)
    card = _card(side + 2 * _PAD, side + 2 * _PAD + _CAPTION)
    step_x, step_y = side + 2 * _PAD + _GAP, side + 2 * _PAD + _CAPTION + _GAP
    width = max(_MIN_WIDTH, 2 * _MARGIN + across * step_x - _GAP)
    height = _MARGIN + _HEADER + max(0, down * step_y - _GAP) + _MARGIN
    page = Image.new("RGB", (width, height), _PAGE)
    _head(page, title, subline or _counted(len(tiles)))
    for index, (tile, code) in enumerate(zip(tiles, codes, strict=True)):
        row, column = divmod(index, across)
        left, top = _MARGIN + column * step_x, _MARGIN + _HEADER + row * step_y
        page.paste(card, (left - _SHADOW, top - _SHADOW))
        _fill(page, (left + _PAD, top + _PAD), side, code, tile)
    out = io.BytesIO()
    page.quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _counted(codes: int) -> str:
    return f"{'1 code' if codes == 1 else f'{codes} codes'} · point a phone camera at one"


def _head(page: Image.Image, title: str, subline: str) -> None:
    limit = page.width - 2 * _MARGIN
    _write(page, (_MARGIN, _MARGIN + 28), _lettering(title, 42, 0.04, limit), _TITLE)
    _write(page, (_MARGIN, _MARGIN + 74), _lettering(subline, 19, 0, limit), _MUTED)


def _opened(png: bytes) -> Image.Image:
    code = Image.open(io.BytesIO(png), formats=["PNG"])
    if max(code.size) > _MAX_TILE_PX:
        raise ValueError(f"A tile has at most {_MAX_TILE_PX} pixels a side.")
    rgba = code.convert("RGBA")
    times = max(1, TILE_PX // max(code.size))
    return rgba.resize((code.width * times, code.height * times), Image.Resampling.NEAREST)


def _card(width: int, height: int) -> Image.Image:
    """A white card with round corners, a thin line and a soft shadow, on the page colour."""
    size = (width + 2 * _SHADOW, height + 2 * _SHADOW)
    shadow = _rounded(size, _SHADOW, 2).filter(ImageFilter.GaussianBlur(_SHADOW / 3))
    card = Image.new("RGB", size, _PAGE)
    card.paste(_SHADE, mask=shadow)
    card.paste(_LINE, mask=_rounded(size, _SHADOW))
    card.paste(_CARD, mask=_rounded(size, _SHADOW + 1))
    return card


def _rounded(size: tuple[int, int], inset: int, lower: int = 0) -> Image.Image:
    fine = Image.new("L", (size[0] * _FINE, size[1] * _FINE))
    first, last = inset * _FINE, [(length - inset) * _FINE - 1 for length in size]
    box = (first, first + lower * _FINE, last[0], last[1] + lower * _FINE)
    radius = (_RADIUS + _SHADOW - inset) * _FINE
    ImageDraw.Draw(fine).rounded_rectangle(box, radius, fill=255)
    return fine.reduce(_FINE)


def _fill(
    page: Image.Image, corner: tuple[int, int], side: int, code: Image.Image, tile: Tile
) -> None:
    """The code in its square at `corner`; name and smaller line centred below it."""
    left, top = corner
    spot = (left + (side - code.width) // 2, top + (side - code.height) // 2)
    page.paste(code, spot, code)
    for text, size, weight, colour, line in (
        (tile.label, 15, 0.028, _STRONG, 14),
        (tile.sublabel, 13, 0.0, _MUTED, 36),
    ):
        lettering = _lettering(text, size, weight, side + _PAD, smallest=13)
        _write(page, (left + (side - lettering.width) // 2, top + side + line), lettering, colour)


def _write(
    page: Image.Image, start: tuple[int, int], lettering: Image.Image, colour: tuple[int, int, int]
) -> None:
    """The lettering from `start` to the right; `start` is at half its height."""
    page.paste(colour, (start[0], start[1] - lettering.height // 2), lettering)


def _lettering(
    text: str, px: int, weight: float, limit: int, smallest: int | None = None
) -> Image.Image:
    """A mask of the text, at most `limit` wide; `weight` thickens it, as a part of the size.

    A long text shrinks down to `smallest` pixels; if that does not do, it is shortened.
    """
    letters, size, least = _letters(text), px * _FINE, (smallest or px) * _FINE
    while size > least and _font(size).getlength(_bases(letters)) > limit * _FINE:
        size -= 2
    font = _font(size)
    letters = _shortened(letters, font, limit * _FINE)
    width = int(font.getlength(_bases(letters))) + 2 * _INSET
    fine = Image.new("L", (width - width % -_FINE, px * _FINE * 2))
    draw, foot = ImageDraw.Draw(fine), px * _FINE * 4 // 3
    stroke = size * weight / 2
    draw.text((_INSET, foot), _bases(letters), 255, font, anchor="ls", stroke_width=stroke)
    for index, letter in enumerate(letters):
        if letter.marks:
            start = _INSET + font.getlength(_bases(letters[:index]))
            _mark(draw, font, letter, (start, foot), 0.075 + weight)
    return fine.reduce(_FINE)


def _letters(text: str) -> list[_Letter]:
    letters: list[_Letter] = []
    for char in unicodedata.normalize("NFD", " ".join(text.split()).translate(_SPELLED)):
        if letters and unicodedata.combining(char):
            letters[-1] = _Letter(letters[-1].base, letters[-1].marks + char)
        else:
            letters.append(_Letter(char if char in _SHOWN else "?"))
    return letters


def _shortened(letters: list[_Letter], font: ImageFont.FreeTypeFont, limit: float) -> list[_Letter]:
    if font.getlength(_bases(letters)) <= limit:
        return letters
    kept = letters
    while kept and font.getlength(_bases(kept).rstrip() + "…") > limit:
        kept = kept[:-1]
    while kept and kept[-1].base == " ":
        kept = kept[:-1]
    return [*kept, _Letter("…")]


def _bases(letters: Sequence[_Letter]) -> str:
    return "".join(letter.base for letter in letters)


def _mark(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    letter: _Letter,
    origin: tuple[float, float],
    thickness: float,
) -> None:
    """Draws the marks of a letter whose left foot is at `origin`; an i loses its dot first."""
    left, top, right, _ = font.getbbox(letter.base, anchor="ls")
    middle, unit, foot = origin[0] + (left + right) / 2, font.size / 100, origin[1]
    above = [mark for mark in letter.marks if mark in _ABOVE]
    if letter.base in "ij" and above:
        top = font.getbbox("x", anchor="ls")[1]
        edge = foot + top - 3 * unit
        draw.rectangle((origin[0], 0, origin[0] + font.getlength(letter.base), edge), fill=0)
    lines = [(line, top - 18 * unit * n) for n, m in enumerate(above) for line in _ABOVE[m]]
    lines += [(line, 0) for mark in letter.marks for line in _BELOW.get(mark, ())]
    width = thickness * font.size
    for line, level in lines:
        points = [(middle + x * unit, foot + level - y * unit) for x, y in line]
        draw.line(points, fill=255, width=round(width), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType.")
    return font
