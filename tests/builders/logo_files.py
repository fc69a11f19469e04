"""Files that somebody uploads as a logo, good and bad."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

RED = (255, 0, 0)

SQUARE = '<rect width="100" height="100" fill="red"/>'
"""All of the view box of `an_svg`."""

_AFTER_HEADER = 33


def a_picture(
    format: str = "PNG",
    size: tuple[int, int] = (64, 48),
    colour: Any = RED,
    mode: str = "RGB",
    **more: Any,
) -> bytes:
    """A file of one colour; `more` is what Pillow may save beside it."""
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, format, **more)
    return stream.getvalue()


def an_svg(body: str = SQUARE, size: str = 'viewBox="0 0 100 100"') -> bytes:
    """A drawing."""
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {spaces} {size}>{body}</svg>".encode()


def a_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """The PNG with more chunks behind its header."""
    return png[:_AFTER_HEADER] + b"".join(chunks) + png[_AFTER_HEADER:]


def a_png_of(width: int, height: int, pixels: bytes | None = None) -> bytes:
    """A PNG whose header says this size; its pixels, packed, may say something else."""
    if pixels is None:
        pixels = zlib.compress(b"\0")
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            a_chunk(b"IHDR", header),
            a_chunk(b"IDAT", pixels),
            a_chunk(b"IEND", b""),
        )
    )
