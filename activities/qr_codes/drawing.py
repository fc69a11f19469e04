"""A picture in one step: of a code that is made for it, or of anything that can be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

from activities.images import Image, RenderSymbol, render_symbol
from activities.permits import needs
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.errors import InvalidFields
from schema.db import transaction


@dataclass(frozen=True)
class DrawSymbol(RenderSymbol):
    """The same, or a picture of a new dynamic code that leads to `destination_url`."""

    destination_url: str | None = None


@dataclass(frozen=True)
class Drawn:
    """The picture, and the short code that was made for it."""

    image: Image
    short_code: str | None = None


@needs("assets.read")
async def draw_symbol(command: DrawSymbol) -> Drawn:
    """Draw it. A code is made only if its picture can be.

    Raises `NotFound`, `InvalidFields`, and what `create_qr_code` raises.
    """
    wanted = (command.data, command.destination_url, command.short_code, command.id)
    if sum(part is not None for part in wanted) != 1:
        told = "Give exactly one of data, destination_url and short_id."
        raise InvalidFields({"data": [told]})
    if command.destination_url is None:
        return Drawn(await render_symbol(command))
    async with transaction():
        code = await create_qr_code(CreateQrCode(command.by, command.destination_url))
        image = await render_symbol(replace(command, id=code.id))
    return Drawn(image, code.short_code)
