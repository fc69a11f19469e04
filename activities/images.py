"""Pictures of a tenant's codes and of plain data."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from activities.permits import needs
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.render.qr import QrSpec, Unrenderable, render_png, render_svg
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset
from activities.rules.errors import InvalidFields
from activities.rules.inks import inks_of

Format = Literal["png", "svg"]
MEDIA_TYPES: dict[Format, str] = {"png": "image/png", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class RenderSymbol:
    """A picture of exactly one of: a code by `short_code` or `id`, or plain `data`.

    Colours that are left out are those of the code's style, where a scanner can tell them apart,
    and black on white.
    """

    by: Actor
    format: Format
    short_code: str | None = None
    id: UUID | None = None
    data: str | None = None
    size_px: int = 1024
    error_correction: Literal["L", "M", "Q", "H"] = "M"
    quiet_zone: int = 4
    foreground: str | Unset = UNSET
    background: str | Unset | None = UNSET


@dataclass(frozen=True)
class Image:
    """A finished picture and what its symbol holds."""

    content: bytes
    media_type: str
    payload: str


@needs("assets.read")
async def render_symbol(command: RenderSymbol) -> Image:
    """Draw it. Raises `NotFound` and `InvalidFields`."""
    payload, style = await _held(command)
    ink, paper = inks_of(style)
    spec = QrSpec(
        payload=payload,
        error_correction=command.error_correction,
        quiet_zone=command.quiet_zone,
        size_px=command.size_px,
        foreground=ink if command.foreground is UNSET else command.foreground,
        background=paper if command.background is UNSET else command.background,
    )
    draw = render_png if command.format == "png" else render_svg
    try:
        content = await asyncio.to_thread(draw, spec)
    except Unrenderable as fault:
        field = "data" if fault.field == "payload" else fault.field
        raise InvalidFields({field: [str(fault)]}) from fault
    return Image(content, MEDIA_TYPES[command.format], payload)


async def _held(command: RenderSymbol) -> tuple[str, Mapping[str, Any]]:
    """What the symbol shall hold, and the style of the code."""
    wanted = [command.short_code, command.id, command.data]
    if sum(part is not None for part in wanted) != 1:
        raise InvalidFields({"data": ["Give exactly one of data and short_id."]})
    if command.data is not None:
        return command.data, {}
    code = await read_qr_code(
        ReadQrCode(by=command.by, short_code=command.short_code, id=command.id)
    )
    return code.payload, code.style
