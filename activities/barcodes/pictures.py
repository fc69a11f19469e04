"""Pictures of a tenant's barcodes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
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
from activities.rules import colours
from activities.rules.actors import Actor
from activities.rules.errors import Unsupported
from activities.rules.symbologies import normalise

BLACK, WHITE = "#000000", "#ffffff"
TRANSPARENT = "transparent"

LEAST_CONTRAST = 3.0
"""Between bars and paper, below which a picture is drawn black on white instead."""


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
    foreground, background = _inks(barcode.style)
    return BarcodeSpec(
        symbology=barcode.symbology,
        encoded=normalise(barcode.symbology, barcode.normalized_value).encoded,
        size_px=size_px,
        foreground=foreground,
        background=background,
        show_text=barcode.style.get("showText") is not False,
    )


def _inks(style: Mapping[str, Any]) -> tuple[str, str | None]:
    """Bars and paper; black on white unless the style has dark bars on light paper."""
    bars = style.get("foreground") or BLACK
    paper = style.get("background") or WHITE
    clear = paper == TRANSPARENT
    below = WHITE if clear else paper
    colours_given = all(isinstance(ink, str) and not colours.refusal(ink) for ink in (bars, below))
    if not colours_given or not _is_scannable(bars, below):
        return BLACK, None if clear else WHITE
    return bars, None if clear else paper


def _is_scannable(bars: str, paper: str) -> bool:
    """Whether the bars are clearly darker than the paper: most scanners read no other way."""
    darker = colours.contrast(bars, WHITE) > colours.contrast(paper, WHITE)
    return darker and colours.contrast(bars, paper) >= LEAST_CONTRAST
