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
    header = struct.pack(">IIBBBBB", canvas.width, canvas.height, 1, 3, 0, 0, 0)
    parts = [_SIGNATURE, _chunk(b"IHDR", header)]
    paper = (255, 255, 255) if inks.paper is None else inks.paper
    parts.append(_chunk(b"PLTE", bytes((*paper, *inks.ink))))
    if inks.paper is None:
        parts.append(_chunk(b"tRNS", b"\x00"))
    if dpi is not None:
        per_metre = round(dpi / _METRES_PER_INCH)
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)))
    parts.append(_chunk(b"IDAT", compress(_scanlines(rows, columns, canvas), 1)))
    parts.append(_END)
    return b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return b"%b%b%b" % (struct.pack(">I", len(data)), body, struct.pack(">I", crc32(body)))


def _scanlines(rows: Sequence[bytes], columns: int, canvas: Canvas) -> bytes:
    """Filtered scanlines: a line that repeats the one above is filter Up and all zero."""
    stride = (canvas.width + 7) // 8
    table = _stretched_bytes(canvas.scale)
    held = (columns + 7) // 8
    lead, shift = divmod(canvas.left, 8)
    before = bytes(lead)
    wide = {row: b"".join([before, *[table[octet] for octet in row[:held]]]) for row in set(rows)}
    lines_of = {row: line[:stride].ljust(stride, b"\0") for row, line in wide.items()}
    picture = b"".join(map(lines_of.__getitem__, rows))
    if shift:
        picture = (int.from_bytes(picture, "big") >> shift).to_bytes(len(picture), "big")
    same = _FILTER_UP + bytes(stride)
    repeats = same * (canvas.scale - 1)
    blank = _FILTER_NONE + bytes(stride)
    lines = [blank, same * (canvas.top - 1)] if canvas.top else []
    for at in range(0, len(picture), stride):
        lines += (_FILTER_NONE, picture[at : at + stride], repeats)
    below = canvas.height - canvas.top - len(rows) * canvas.scale
    if below:
        lines += (blank, same * (below - 1))
    return b"".join(lines)


@lru_cache(maxsize=64)
def _stretched_bytes(scale: int) -> tuple[bytes, ...]:
    """For each of the 256 octets its bits, every one repeated `scale` times: `scale` bytes."""
    dark = (1 << scale) - 1
    runs = [dark << scale * bit for bit in range(8)]
    return tuple(
        sum(runs[bit] for bit in range(8) if octet >> bit & 1).to_bytes(scale, "big")
        for octet in range(256)
    )
