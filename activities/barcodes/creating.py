"""Barcodes made: with everything that belongs to them, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from activities.barcodes.drafts import JudgeValue, judge_value, kept_integration, with_words
from activities.barcodes.finding import the_barcode, there
from activities.barcodes.surroundings import around, read_surroundings
from activities.barcodes.views import BarcodeView, Integration, facts_of, view_of
from activities.brand.presets import StyleOfNew, style_of_new
from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.facts.barcodes import BarcodeCreated
from activities.rules.naming import copied
from activities.shelf.placing import PlaceAsset, place_asset
from schema.db import transaction
from schema.tables import BarcodeRow


@dataclass(frozen=True)
class CreateBarcode:
    """A barcode that says `value`, in a `symbology` by any of its spellings (`ean-13`).

    Without a `style` it looks as the preset says, or as the default one of its workspace.
    """

    by: Actor
    symbology: str
    value: str
    name: str = ""
    description: str = ""
    style: Mapping[str, Any] | None = None
    style_preset_id: UUID | None = None
    is_active: bool = True
    integration: Integration | None = None
    workspace_id: UUID | None = None
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class DuplicateBarcode:
    """One more barcode like this one, with no scans."""

    by: Actor
    id: UUID
    name: str | None = None


@needs("assets.write")
async def create_barcode(command: CreateBarcode) -> BarcodeView:
    """Make a barcode and announce it.

    Raises `InvalidFields` (a wrong check digit names the right one), `NoWorkspace`,
    `PlanLimitReached`, and `NotFound` for a workspace or folder that is not the actor's.
    """
    by, now = command.by, outside().clock.now()
    values = await _draft(command)
    async with transaction() as session:
        place = await place_asset(
            PlaceAsset(by, command.workspace_id, command.folder_id, command.tags)
        )
        look = StyleOfNew(by, place.workspace_id, command.style_preset_id, command.style)
        row = BarcodeRow(
            **{**values, "style": (await style_of_new(look)).style},
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            **place.columns,
            made_by=by.user_id,
        )
        session.add(row)
        await session.flush()
        await emit(BarcodeCreated(**facts_of(row), occurred_at=now))
        return view_of(row, await read_surroundings(around([row])))


@needs("assets.write")
async def duplicate_barcode(command: DuplicateBarcode) -> BarcodeView:
    """Make it, in the same workspace and folder.

    Its binding to another system is not taken along: one thing there has one barcode here. Raises
    `NotFound`, `InvalidFields` (`name`), `PlanLimitReached`.
    """
    async with transaction() as session:
        query = the_barcode(command.by, command.id)
        row = there((await session.execute(query)).scalar_one_or_none())
        barcode = view_of(row, await read_surroundings(around([row])))
        return await create_barcode(_copy(command, barcode))


def _copy(command: DuplicateBarcode, barcode: BarcodeView) -> CreateBarcode:
    return CreateBarcode(
        by=command.by,
        symbology=barcode.symbology,
        value=barcode.value,
        name=copied(barcode.name) if command.name is None else command.name,
        description=barcode.description,
        style=barcode.style,
        is_active=barcode.is_active,
        workspace_id=barcode.workspace_id,
        folder_id=barcode.folder_id,
        tags=barcode.tags,
    )


async def _draft(command: CreateBarcode) -> dict[str, Any]:
    """The columns that the client decides, judged."""
    judged = await judge_value(JudgeValue(command.symbology, command.value))
    return with_words(
        {
            **asdict(judged),
            "name": command.name,
            "description": command.description,
            "style": dict(command.style or {}),
            "is_active": command.is_active,
            "integration": kept_integration(command.integration),
        }
    )
