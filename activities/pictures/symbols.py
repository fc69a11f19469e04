"""Pictures of a tenant's codes and barcodes, of codes made for them, and of plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from activities.barcodes.reading import ReadBarcode, read_barcode
from activities.outside import outside
from activities.permits import needs
from activities.pictures.making import MakePicture, Wish, make_picture, styled
from activities.pictures.quota import Allowance, SpendRenders, must_afford, spend_renders
from activities.pictures.views import Image
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules import slugs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.looks import Style
from activities.rules.reading_styles import drawable
from schema.db import transaction


@dataclass(frozen=True)
class RenderSymbol:
    """A picture of exactly one of: a code by `short_code` or `id`, or plain `data`.

    It has the style of the code, with `changes` (fields of a style as JSON) on top.
    """

    by: Actor
    wish: Wish = field(default_factory=Wish)
    short_code: str | None = None
    id: UUID | None = None
    data: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DrawSymbol(RenderSymbol):
    """The same, or a picture of a new dynamic code that leads to `destination_url`."""

    destination_url: str | None = None


@dataclass(frozen=True)
class Drawn:
    """The picture, the short code that was made for it, and what the organization has left."""

    image: Image
    allowance: Allowance
    short_code: str | None = None


@dataclass(frozen=True)
class RenderBarcode:
    """A picture of one barcode in its style; colours, frame and `showText` count of it."""

    by: Actor
    id: UUID
    wish: Wish = field(default_factory=Wish)


@needs("assets.read")
async def render_symbol(command: RenderSymbol) -> Image:
    """Draw it. Raises `NotFound` and what `make_picture` raises."""
    payload, title, style = await _held(command)
    style = styled(style, command.changes)
    return await make_picture(MakePicture(command.by, payload, style, command.wish, title=title))


@needs("assets.read")
async def draw_symbol(command: DrawSymbol) -> Drawn:
    """Draw it for a render of the month. A code is made only if its picture can be.

    Raises `NotFound`, `QuotaSpent`, and what `make_picture` and `create_qr_code` raise.
    """
    wanted = (command.data, command.destination_url, command.short_code, command.id)
    if sum(part is not None for part in wanted) != 1:
        told = "Give exactly one of data, destination_url and short_id."
        raise InvalidFields({"data": [told]})
    await must_afford(SpendRenders(command.by))
    if command.destination_url is None:
        image = await render_symbol(command)
        return Drawn(image, await spend_renders(SpendRenders(command.by)))
    # Drawn first: neither a transaction nor a code waits for a logo of somebody else's server.
    short_code = slugs.short_code(outside().dice.throw(16))
    style = styled(Style(), command.changes)
    address = outside().short_url(short_code)
    image = await make_picture(MakePicture(command.by, address, style, command.wish))
    async with transaction():
        await create_qr_code(
            CreateQrCode(command.by, command.destination_url, short_code=short_code)
        )
        return Drawn(image, await spend_renders(SpendRenders(command.by)), short_code)


@needs("assets.read")
async def render_barcode(command: RenderBarcode) -> Image:
    """Draw it. Raises `NotFound` and what `make_picture` raises."""
    barcode = await read_barcode(ReadBarcode(command.by, command.id))
    return await make_picture(
        MakePicture(
            by=command.by,
            payload=barcode.normalized_value,
            style=drawable(barcode.style),
            wish=command.wish,
            symbology=barcode.symbology,
            title=barcode.name,
        )
    )


async def _held(command: RenderSymbol) -> tuple[str, str, Style]:
    """What the symbol shall hold, the name and the style of the code."""
    wanted = [command.short_code, command.id, command.data]
    if sum(part is not None for part in wanted) != 1:
        raise InvalidFields({"data": ["Give exactly one of data and short_id."]})
    if command.data is not None:
        return command.data, "", Style()
    code = await read_qr_code(
        ReadQrCode(by=command.by, short_code=command.short_code, id=command.id)
    )
    return code.payload, code.name, drawable(code.style)
