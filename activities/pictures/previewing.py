"""How a code would look in a style that nobody saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from activities.brand.presets import ReadStylePreset, read_style_preset
from activities.outside import outside
from activities.permits import needs
from activities.pictures.making import MakePicture, Wish, make_picture, styled
from activities.pictures.views import Image
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules import slugs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.looks import Style
from activities.rules.payloads import contents
from activities.rules.payloads.contents import ContentType
from activities.rules.reading_styles import drawable


@dataclass(frozen=True)
class PreviewSymbol:
    """A symbol in a style, on top of that of a preset.

    It holds what a code of the tenant holds, a text, or a content of a type; without any of them
    an address as long as those of dynamic codes.
    """

    by: Actor
    wish: Wish = field(default_factory=Wish)
    style: Mapping[str, Any] = field(default_factory=dict)
    preset_id: UUID | None = None
    code_id: UUID | None = None
    data: str | None = None
    type: ContentType | None = None
    content: Mapping[str, Any] | None = None


@needs("assets.read")
async def preview_symbol(command: PreviewSymbol) -> Image:
    """Draw it. Raises `NotFound` and what `make_picture` raises; wrong fields are `style.x`."""
    payload = await _held(command)
    below = Style()
    if command.preset_id is not None:
        preset = await read_style_preset(ReadStylePreset(command.by, command.preset_id))
        below = drawable(preset.style)
    style = styled(below, command.style, "style.")
    return await make_picture(MakePicture(command.by, payload, style, command.wish))


async def _held(command: PreviewSymbol) -> str:
    given = (command.code_id, command.data, command.content)
    if sum(part is not None for part in given) > 1:
        raise InvalidFields({"data": ["Give at most one of qrId, data and content."]})
    if command.code_id is not None:
        return (await read_qr_code(ReadQrCode(command.by, id=command.code_id))).payload
    if command.data is not None:
        return command.data
    if command.content is not None:
        kind = command.type or "URL"
        return contents.payload(kind, contents.normalised(kind, command.content))
    return outside().short_url(slugs.ALPHABET[: slugs.LENGTH])
