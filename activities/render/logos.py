"""Logos out of files that somebody gave: judged by their headers, decoded small, written anew.

Nothing of a file is trusted: what it is says its content, how large it is says its header before
anything is decoded, and what is kept is a PNG of our own without anything but pixels.
Sources: PNG (Third Edition), https://www.w3.org/TR/png-3/; RFC 9649 (WebP); ITU-T T.81 (JPEG).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import resvg_py
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from activities.render.logo_reading import SvgRefused
from activities.render.logo_svg import clean_svg

LARGEST_BYTES = 2 * 1024 * 1024
LARGEST_PIXELS = 25_000_000
LARGEST_SIDE = 1024
SMALLEST_SIDE = 16
MOST_SCANS = 100
MOST_SCAN_PIXELS = 300_000_000
"""Pixels times scans of a progressive JPEG: each scan goes over all pixels once more."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_START_OF_SCAN = b"\xff\xda"
_KEPT_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND")
_LARGEST_EXIF = 64 * 1024
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of the Exif orientation (Exif 2.32, 4.6.4 A)."""

_TOO_MANY_SCANS = "Save the JPEG smaller, or not progressive."
_BROKEN = "This picture is damaged or incomplete; save it again."


class BadLogo(ValueError):
    """A file that no logo is made of; `str()` is one sentence that says what to do."""


@dataclass(frozen=True)
class Logo:
    """A PNG (RGB or RGBA, 8 bits) of `width` by `height` pixels, at most `LARGEST_SIDE` each."""

    png: bytes
    width: int
    height: int


def read_logo(content: bytes, declared: str | None = None) -> Logo:
    """The picture in the file: PNG, JPEG, WebP or SVG, whatever it was `declared` to be.

    Of an animation it is the first picture; the Exif orientation is applied, all metadata left out.
    Takes less than a second and 400 MiB for any content. Raises `BadLogo`.
    """
    if len(content) > LARGEST_BYTES:
        raise BadLogo(f"Ensure the picture has no more than {LARGEST_BYTES // 1024**2} MiB.")
    if content.startswith(_PNG):
        return _raster(PngImageFile, _plain_png(content))
    if content.startswith(_JPEG):
        return _raster(JpegImageFile, _plain_jpeg(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        _must_be_of_size(*_webp_size(content))
        return _raster(WebPImageFile, content)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return _drawn(content)
    told = f", not {declared}" if declared and _is_plain(declared) else ""
    raise BadLogo(f"Give a PNG, JPEG, WebP or SVG picture{told}.")


def _is_plain(declared: str) -> bool:
    return len(declared) <= 100 and declared.isascii() and declared.isprintable()


def _plain_png(content: bytes) -> bytes:
    """Only the chunks that make its first picture: no texts, profiles or further frames."""
    parts, at = [_PNG], len(_PNG)
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if kind in _KEPT_CHUNKS and not (kind == b"eXIf" and length > _LARGEST_EXIF):
            parts.append(content[at:end])
        at = end
    return b"".join(parts)


def _plain_jpeg(content: bytes) -> bytes:
    """The same, if it is not made of too many scans."""
    scans = content.count(_START_OF_SCAN)
    if scans > MOST_SCANS:
        raise BadLogo(_TOO_MANY_SCANS)
    if scans > 1:
        picture = _opened(JpegImageFile, content)
        if picture.width * picture.height * scans > MOST_SCAN_PIXELS:
            raise BadLogo(_TOO_MANY_SCANS)
    return content


def _webp_size(content: bytes) -> tuple[int, int]:
    """RFC 9649, 2.5 to 2.7; read here as the decoder makes room before it tells the size."""
    kind, data = content[12:16], content[20:30]
    if len(data) < 10:
        raise BadLogo(_BROKEN)
    if kind == b"VP8X":
        return _three(data[4:7]) + 1, _three(data[7:10]) + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise BadLogo(_BROKEN)


def _three(octets: bytes) -> int:
    return int.from_bytes(octets, "little")


def _must_be_of_size(width: int, height: int) -> None:
    if width * height > LARGEST_PIXELS:
        raise BadLogo(
            f"Ensure the picture has no more than {LARGEST_PIXELS // 10**6} megapixels; "
            f"this one has {width} x {height} pixels."
        )
    if min(width, height) < SMALLEST_SIDE:
        raise BadLogo(
            f"Ensure each side of the picture has {SMALLEST_SIDE} pixels at least; "
            f"this one has {width} x {height}."
        )


def _opened(kind: Callable[[io.BytesIO], ImageFile], content: bytes) -> ImageFile:
    # Not by Image.open: it warns of large ones, and how warnings are taken belongs to the process.
    try:
        picture = kind(io.BytesIO(content))
    except Exception as fault:
        raise BadLogo(_BROKEN) from fault
    _must_be_of_size(*picture.size)
    return picture


def _raster(kind: Callable[[io.BytesIO], ImageFile], content: bytes) -> Logo:
    picture = _opened(kind, content)
    # Decoders raise whatever they like for what is broken.
    try:
        return _written(_upright(picture))
    except Exception as fault:
        raise BadLogo(_BROKEN) from fault


def _upright(picture: ImageFile) -> Image.Image:
    """Decoded, small, with its colours as RGB or RGBA, and turned as it was meant."""
    turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    picture.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
    small: Image.Image = picture
    small.load()
    if "transparency" in small.info or small.mode in ("LA", "PA", "La", "RGBa"):
        small = small.convert("RGBA")
    elif small.mode not in ("RGB", "RGBA"):
        small = small.convert("RGB")
    small.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return small if turn is None else small.transpose(turn)


def _written(picture: Image.Image) -> Logo:
    picture.info.clear()
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=6)
    return Logo(file.getvalue(), *picture.size)


def _drawn(content: bytes) -> Logo:
    try:
        clean = clean_svg(content)
    except SvgRefused as fault:
        raise BadLogo(str(fault)) from None
    if min(clean.width, clean.height) < SMALLEST_SIDE * (1 + clean.crisp):
        raise BadLogo("Ensure the SVG is not so narrow.")
    edges: Literal["crisp_edges", "geometric_precision"]
    edges = "crisp_edges" if clean.crisp else "geometric_precision"
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=clean.text, skip_system_fonts=True, shape_rendering=edges
        )
    except ValueError as fault:
        raise BadLogo("This SVG cannot be drawn.") from fault
    picture: Image.Image = _opened(PngImageFile, png)
    return _written(picture.reduce(2) if clean.crisp else picture)
