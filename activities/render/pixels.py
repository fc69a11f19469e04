"""Scenes as pixels: PNG and WebP.

Large pictures are drawn in bands, so that memory does not grow with them.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from math import ceil

import resvg_py
from PIL import Image

from activities.render.scene import Scene
from activities.render.scene_svg import Window, write_scene_svg
from activities.render.stamping import stamp

_BAND_PIXELS = 4_000_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METRES_PER_INCH = 0.0254
_LEVEL, _QUICK = 3, 1
_AFTER_HEADER = 33
"""Octets of the signature and of IHDR (PNG, 5.2, 11.2.1)."""

MOST_WEBP_PIXELS = 16_777_216
"""WebP is put together in memory as a whole; 4096 by 4096."""


def draw_pixels(scene: Scene, window: Window) -> Image.Image:
    """The part of the scene in the window, RGBA, or RGB where it has a paper."""
    if scene.on_grid and window.across * window.down <= _BAND_PIXELS:
        return stamp(scene, window)
    return _by_resvg(scene, window)


def _by_resvg(scene: Scene, window: Window) -> Image.Image:
    picture: Image.Image = Image.open(io.BytesIO(_drawn(scene, window)))
    picture.load()
    return picture.convert("RGB") if scene.paper is not None else picture


def write_scene_png(scene: Scene, window: Window, dpi: int | None = None) -> bytes:
    """Eight bits a channel; `dpi` is recorded (pHYs)."""
    if window.across * window.down > _BAND_PIXELS:
        return _in_bands(scene, window, dpi)
    stream = io.BytesIO()
    draw_pixels(scene, window).save(stream, "PNG", compress_level=_QUICK)
    png = stream.getvalue()
    return png if dpi is None else png[:_AFTER_HEADER] + _density(dpi) + png[_AFTER_HEADER:]


def write_scene_webp(scene: Scene, window: Window) -> bytes:
    """Lossless, at most `MOST_WEBP_PIXELS`."""
    stream = io.BytesIO()
    draw_pixels(scene, window).save(stream, "WEBP", lossless=True, quality=0, method=0)
    return stream.getvalue()


def _drawn(scene: Scene, window: Window) -> bytes:
    """As a PNG of resvg."""
    svg = write_scene_svg(scene, window).decode()
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))


def _in_bands(scene: Scene, window: Window, dpi: int | None) -> bytes:
    channels = 3 if scene.paper is not None else 4
    kind = 2 if scene.paper is not None else 6
    parts = [
        _SIGNATURE,
        _chunk(b"IHDR", struct.pack(">IIBBBBB", window.across, window.down, 8, kind, 0, 0, 0)),
    ]
    if dpi is not None:
        parts.append(_density(dpi))
    deflate = zlib.compressobj(_LEVEL)
    packed = [deflate.compress(_filtered(band, channels)) for band in _bands(scene, window)]
    parts += (_chunk(b"IDAT", b"".join((*packed, deflate.flush()))), _chunk(b"IEND", b""))
    return b"".join(parts)


def _bands(scene: Scene, window: Window) -> Iterator[Image.Image]:
    rows = max(1, _BAND_PIXELS // window.across)
    unit = window.height / window.down
    for number in range(ceil(window.down / rows)):
        top = number * rows
        down = min(rows, window.down - top)
        band = Window(
            window.x, window.y + top * unit, window.width, down * unit, window.across, down
        )
        yield _by_resvg(scene, band)


def _filtered(band: Image.Image, channels: int) -> bytes:
    """Scanlines without a filter, save those that repeat the one above: Up, and all zero."""
    stride = band.width * channels
    pixels = band.tobytes()
    same = b"\x02" + bytes(stride)
    lines, above = [], b""
    for at in range(0, len(pixels), stride):
        line = pixels[at : at + stride]
        lines.append(same if line == above else b"\x00" + line)
        above = line
    return b"".join(lines)


def _density(dpi: int) -> bytes:
    per_metre = round(dpi / _METRES_PER_INCH)
    return _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
