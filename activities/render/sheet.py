"""A contact sheet: many codes on one page, each on a card with its name."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from activities.render.lettering import face_file, spelled
from activities.rules.looks import FontName

TILE_PX = 148
"""The side a tile should be rendered at: 4 pixels a module up to QR version 3."""

_MAX_TILE_PX = 600
_MARGIN, _GAP, _PAD, _RADIUS, _SHADOW = 56, 16, 10, 14, 8
_HEADER, _CAPTION, _MIN_WIDTH = 126, 54, 560
_PAGE, _CARD, _LINE, _SHADE = (250, 249, 246), (255, 255, 255), (229, 227, 221), (236, 234, 228)
_TITLE, _STRONG, _MUTED = (24, 24, 27), (39, 39, 42), (122, 120, 114)
_FINE = 4  # lettering and corners are drawn this many times larger, then reduced
_INSET = 2 * _FINE  # room for what reaches past the text
_FACE: FontName = "sans"


@dataclass(frozen=True)
class Tile:
    """One card: a PNG of at most 600 pixels a side, the name, and a smaller line below it."""

    png: bytes
    label: str
    sublabel: str


def contact_sheet(
    tiles: Sequence[Tile], columns: int = 10, title: str = "", subline: str = ""
) -> bytes:
    """All tiles on one page, row by row, as a palette PNG.

    The codes are never resampled: a card is as wide as the largest of them, and at least
    `TILE_PX`; smaller ones grow by a whole number. Labels too long for a card end in "…", and
    letters that the packaged face lacks become "?". Without a subline the header tells the number
    of codes. Raises ValueError for fewer columns than one or
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
    _write(page, (_MARGIN, _MARGIN + 28), _lettering(title, 42, limit), _TITLE)
    _write(page, (_MARGIN, _MARGIN + 74), _lettering(subline, 19, limit), _MUTED)


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
    for text, size, colour, line in (
        (tile.label, 15, _STRONG, 14),
        (tile.sublabel, 13, _MUTED, 36),
    ):
        lettering = _lettering(text, size, side + _PAD, smallest=13)
        _write(page, (left + (side - lettering.width) // 2, top + side + line), lettering, colour)


def _write(
    page: Image.Image, start: tuple[int, int], lettering: Image.Image, colour: tuple[int, int, int]
) -> None:
    """The lettering from `start` to the right; `start` is at half its height."""
    page.paste(colour, (start[0], start[1] - lettering.height // 2), lettering)


def _lettering(text: str, px: int, limit: int, smallest: int | None = None) -> Image.Image:
    """A mask of the text, at most `limit` wide.

    A long text shrinks down to `smallest` pixels; if that does not do, it is shortened.
    """
    shown, size, least = spelled(" ".join(text.split()), _FACE), px * _FINE, smallest or px
    while size > least * _FINE and _font(size).getlength(shown) > limit * _FINE:
        size -= 2
    font = _font(size)
    shown = _shortened(shown, font, limit * _FINE)
    width = int(font.getlength(shown)) + 2 * _INSET
    fine = Image.new("L", (width - width % -_FINE, px * _FINE * 2))
    ImageDraw.Draw(fine).text((_INSET, px * _FINE * 4 // 3), shown, 255, font, anchor="ls")
    return fine.reduce(_FINE)


def _shortened(text: str, font: ImageFont.FreeTypeFont, limit: float) -> str:
    if font.getlength(text) <= limit:
        return text
    while text and font.getlength(f"{text.rstrip()}…") > limit:
        text = text[:-1]
    return f"{text.rstrip()}…"


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(face_file(_FACE)), size)
