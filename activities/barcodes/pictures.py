"""Pictures of a tenant's barcodes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from activities.barcodes.reading import ReadBarcode, read_barcode
from activities.barcodes.views import BarcodeView
from activities.images import MEDIA_TYPES, Format, Image
from activities.permits import needs
from activities.render.barcode import (
    BarcodeSpec,
    UndrawableBarcode,
    draw_barcode_png,
    draw_barcode_svg,
)
from activities.rules.actors import Actor
from activities.rules.errors import Unsupported
from activities.rules.inks import inks_of
from activities.rules.symbologies import normalise


@dataclass(frozen=True)
class RenderBarcode:
    """A picture of one barcode, `size_px` across."""

    by: Actor
    id: UUID
    format: Format
    size_px: int = 1024


@needs("assets.read")
async def render_barcode(command: RenderBarcode) -> Image:
    """Draw it in its style. Raises `NotFound`, and `Unsupported` for what no picture comes of.

    Of its style are `foreground`, `background` (`#rrggbb`, or `transparent`) and `showText`.
    Colours that no scanner could tell apart are left out: a printed code has to work.
    """
    barcode = await read_barcode(ReadBarcode(command.by, command.id))
    draw = draw_barcode_png if command.format == "png" else draw_barcode_svg
    try:
        content = await asyncio.to_thread(draw, _spec(barcode, command.size_px))
    except UndrawableBarcode as fault:
        raise Unsupported(str(fault)) from fault
    return Image(content, MEDIA_TYPES[command.format], barcode.normalized_value)


def _spec(barcode: BarcodeView, size_px: int) -> BarcodeSpec:
    foreground, background = inks_of(barcode.style)
    return BarcodeSpec(
        symbology=barcode.symbology,
        encoded=normalise(barcode.symbology, barcode.normalized_value).encoded,
        size_px=size_px,
        foreground=foreground,
        background=background,
        show_text=barcode.style.get("showText") is not False,
    )
