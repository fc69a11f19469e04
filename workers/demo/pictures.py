"""The pictures: each code as PNG and SVG, one contact sheet, and every PNG read back."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import zxingcpp
from PIL import Image

from activities.render.sheet import TILE_PX, Tile, contact_sheet
from workers.demo.crowd import each
from workers.demo.studio import Code, Format, Studio

AT_ONCE = 8
SIZE_PX = 740
TITLE = "Sixty landmarks"

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


async def draw_all(
    studio: Studio, codes: Sequence[Code], folder: Path, drawn: Callable[[], None]
) -> None:
    """`folder/<slug>.png` and `.svg` for every code; `drawn` is called after each of the two."""
    formats: tuple[Format, ...] = ("png", "svg")

    async def draw(code: Code) -> None:
        for kind in formats:
            _save(picture_path(folder, code, kind), await studio.draw(code, kind, SIZE_PX))
            drawn()

    await each(codes, draw, AT_ONCE)


async def make_sheet(
    studio: Studio, codes: Sequence[Code], path: Path, drawn: Callable[[], None]
) -> None:
    """All codes on one page, each tile drawn by the API in the size it has there."""

    async def tile(code: Code) -> Tile:
        png = await studio.draw(code, "png", TILE_PX)
        drawn()
        return Tile(png, code.landmark.name, code.landmark.place)

    tiles = await each(codes, tile, AT_ONCE)
    _save(path, await asyncio.to_thread(contact_sheet, tiles, title=TITLE))


async def misread(codes: Sequence[Code], folder: Path, read: Callable[[], None]) -> list[Code]:
    """The codes whose PNG does not read back as their short address; `read` called after each."""

    async def check(code: Code) -> bool:
        held = await asyncio.to_thread(read_back, picture_path(folder, code, "png"))
        read()
        return held == code.scan_url

    sound = await each(codes, check, 2)
    return [code for code, well in zip(codes, sound, strict=True) if not well]


def picture_path(folder: Path, code: Code, format: Format) -> Path:
    """Where a code's picture lies."""
    return folder / f"{code.landmark.slug}.{format}"


def read_back(path: Path) -> str | None:
    """What a reader sees in a picture: the text of its one QR code, else None."""
    with Image.open(io.BytesIO(path.read_bytes())) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"), formats=_QR)
    return str(found[0].text) if len(found) == 1 else None


def _save(path: Path, picture: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(picture)
