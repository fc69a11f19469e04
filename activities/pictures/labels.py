"""Sheets of labels with a tenant's codes and barcodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from activities.barcodes.reading import ReadBarcode, read_barcode
from activities.brand.logos import LogoOf, logo_of
from activities.gateways.drawers import TooHeavy
from activities.outside import outside
from activities.permits import needs
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.render.labels import Label, draw_labels
from activities.render.pictures import Picture
from activities.render.qr import Unrenderable
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, Unsupported
from activities.rules.label_sheets import SHEETS, SheetName
from activities.rules.looks import Style
from activities.rules.reading_styles import drawable

MOST_ASSETS, MOST_LABELS = 200, 1000
SECONDS = 30.0


@dataclass(frozen=True)
class DrawLabels:
    """`copies` labels of each asset, one after the other, on sheets of this kind.

    The first `skipped` labels are used up already. With `texts`, the name of an asset is on its
    label, and the address of a dynamic code.
    """

    by: Actor
    assets: tuple[tuple[Literal["qr", "barcode"], UUID], ...]
    sheet: SheetName = "l7160"
    copies: int = 1
    skipped: int = 0
    texts: bool = True


@dataclass(frozen=True)
class LabelsView:
    """A PDF, and how many labels and pages it has."""

    content: bytes
    labels: int
    pages: int


@needs("assets.read")
async def draw_sheets(command: DrawLabels) -> LabelsView:
    """Draw them. Raises `NotFound`, `InvalidFields`, and `Unsupported` for what is too much."""
    grid = SHEETS[command.sheet]
    count = len(command.assets) * command.copies
    _judge(command, count, grid.labels)
    labels = [await _label(command, kind, asset_id) for kind, asset_id in command.assets]
    many = tuple(label for label in labels for _ in range(command.copies))
    try:
        content = await outside().drawers.run(
            command.by.organization_id, draw_labels, many, grid, command.skipped, seconds=SECONDS
        )
    except Unrenderable as fault:
        raise InvalidFields({fault.field: [str(fault)]}) from fault
    except TooHeavy as fault:
        raise Unsupported(f"These labels cannot be drawn: {fault} Ask for fewer.") from fault
    return LabelsView(content, count, -(-(count + command.skipped) // grid.labels))


def _judge(command: DrawLabels, count: int, on_page: int) -> None:
    wrong: dict[str, list[str]] = {}
    if not 1 <= len(command.assets) <= MOST_ASSETS:
        wrong["ids"] = [f"Give 1 to {MOST_ASSETS} codes or barcodes."]
    if command.copies < 1 or count > MOST_LABELS:
        wrong["copies"] = [f"Ask for 1 to {MOST_LABELS} labels in all."]
    if not 0 <= command.skipped < on_page:
        wrong["skip"] = [f"Skip 0 to {on_page - 1} labels; a page has {on_page}."]
    if wrong:
        raise InvalidFields(wrong)


async def _label(command: DrawLabels, kind: str, asset_id: UUID) -> Label:
    by = command.by
    if kind == "barcode":
        barcode = await read_barcode(ReadBarcode(by, asset_id))
        style = drawable(barcode.style)
        picture = Picture(barcode.normalized_value, symbology=barcode.symbology, style=style)
        return Label(picture, barcode.name if command.texts else "")
    code = await read_qr_code(ReadQrCode(by, id=asset_id))
    style = drawable(code.style)
    picture = Picture(code.payload, style=style, logo=await _logo(by, style))
    if not command.texts:
        return Label(picture)
    return Label(picture, code.name, (code.short_url or "").partition("://")[2])


async def _logo(by: Actor, style: Style) -> bytes | None:
    return (await logo_of(LogoOf(by, style.logo))).png if style.logo else None
