"""A 1-bit PNG writer for symbols made of square modules.

Source: PNG (Third Edition), W3C Recommendation, https://www.w3.org/TR/png-3/.
A row of modules is octets: the leftmost module is the highest bit of the first one, 1 is ink, and
what is beyond the last column is 0.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

try:
    from isal.isal_zlib import compress
except ImportError:  # no wheel of isal for this machine
    from zlib import compress

Rgb = tuple[int, int, int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_METRES_PER_INCH = 0.0254
_LARGEST_PAGE, _MOST_PAGES = 1_000_000, 8
_FILTER_NONE = b"\x00"
_FILTER_UP = b"\x02"


@dataclass(frozen=True)
class Canvas:
    """Where a symbol lies in a picture; every length in pixels, `scale` pixels a module."""

    width: int
    height: int
    left: int
    top: int
    scale: int


_PAGES: dict[tuple[Canvas, int], bytearray] = {}
"""Pages that nobody writes on now; who does has taken the page out."""


@dataclass(frozen=True)
class Inks:
    """The two colours of a picture; `paper` None is a transparent background."""

    ink: Rgb
    paper: Rgb | None


def write_png(
    rows: Sequence[bytes], columns: int, canvas: Canvas, inks: Inks, dpi: int | None = None
) -> bytes:
    """The picture as a palette PNG of one bit a pixel, exactly `canvas.width` by `canvas.height`.

    The symbol must lie inside the canvas. `dpi` is recorded in a pHYs chunk, in whole pixels a
    metre. Equal arguments give equal bytes on one machine; another deflater may give others.
    """
    head = _head(canvas.width, canvas.height, inks, dpi)
    return b"".join((head, _chunk(b"IDAT", _pixels(rows, columns, canvas)), _END))


@lru_cache(maxsize=256)
def _head(width: int, height: int, inks: Inks, dpi: int | None) -> bytes:
    """All that stands before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    parts = [_SIGNATURE, _chunk(b"IHDR", header)]
    paper = (255, 255, 255) if inks.paper is None else inks.paper
    parts.append(_chunk(b"PLTE", bytes((*paper, *inks.ink))))
    if inks.paper is None:
        parts.append(_chunk(b"tRNS", b"\x00"))
    if dpi is not None:
        per_metre = round(dpi / _METRES_PER_INCH)
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    return b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return b"%b%b%b" % (struct.pack(">I", len(data)), body, struct.pack(">I", crc32(body)))


def _pixels(rows: Sequence[bytes], columns: int, canvas: Canvas) -> bytes:
    """The scanlines deflated: those that repeat the one above are filter Up and all zero.

    They are written into a page that another picture of this size has left: most of it is alike.
    """
    stride = (canvas.width + 7) // 8
    kind = (canvas, len(rows))
    try:
        page = _PAGES.pop(kind)
    except KeyError:
        page = _blank_page(canvas, len(rows))
    line, step = stride + 1, (stride + 1) * canvas.scale
    at = canvas.top * line + 1
    stretched, wide = _stretched(rows, columns, canvas)
    at += canvas.left // 8
    wide_here = min(wide, stride - canvas.left // 8)
    for begin in range(0, len(stretched), wide):
        page[at : at + wide_here] = stretched[begin : begin + wide_here]
        at += step
    packed: bytes = compress(page, 1)
    if len(page) <= _LARGEST_PAGE:
        if len(_PAGES) >= _MOST_PAGES:
            _PAGES.clear()
        _PAGES[kind] = page
    return packed


def _blank_page(canvas: Canvas, rows: int) -> bytearray:
    """All scanlines, those that are a row's own still without ink."""
    stride = (canvas.width + 7) // 8
    blank, same = _FILTER_NONE + bytes(stride), _FILTER_UP + bytes(stride)
    row = blank + same * (canvas.scale - 1)
    lines = [blank, same * (canvas.top - 1)] if canvas.top else []
    lines.append(row * rows)
    below = canvas.height - canvas.top - rows * canvas.scale
    if below:
        lines += (blank, same * (below - 1))
    return bytearray(b"".join(lines))


def _stretched(rows: Sequence[bytes], columns: int, canvas: Canvas) -> tuple[bytes, int]:
    """Every row as a line of pixels from the octet in which the symbol begins, one after the
    other, and how many octets each has.
    """
    scale, shift = canvas.scale, canvas.left % 8
    held = (columns + 7) // 8
    if shift and 8 * held * scale - columns * scale < shift:
        # What is shifted out of a line would be in the next one.
        rows, held = [row[:held] + b"\0" for row in rows], held + 1
    elif len(rows[0]) > held:
        rows = [row[:held] for row in rows]
    octets = b"".join(rows)
    if scale > 1:
        octets = b"".join(map(_stretched_bytes(scale).__getitem__, octets))
    if shift:
        octets = (int.from_bytes(octets, "big") >> shift).to_bytes(len(octets), "big")
    return octets, held * scale


@lru_cache(maxsize=64)
def _stretched_bytes(scale: int) -> tuple[bytes, ...]:
    """For each of the 256 octets its bits, every one repeated `scale` times: `scale` bytes."""
    dark = (1 << scale) - 1
    runs = [dark << scale * bit for bit in range(8)]
    return tuple(
        sum(runs[bit] for bit in range(8) if octet >> bit & 1).to_bytes(scale, "big")
        for octet in range(256)
    )
