"""Barcodes changed: any of their fields; a value is always judged for the type that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.barcodes.drafts import JudgeValue, judge_value, kept_integration, with_words
from activities.barcodes.finding import held, the_barcode, there
from activities.barcodes.surroundings import around, read_surroundings
from activities.barcodes.views import BarcodeView, Integration, facts_of, view_of
from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version, told
from activities.rules.facts.barcodes import BarcodeUpdated
from activities.shelf.moving import MoveAsset, find_new_place
from schema.db import transaction
from schema.tables import BarcodeRow

TOLD = {"symbology": "type", "tag_ids": "tags"}
"""What events call columns that are named otherwise than their fields."""


@dataclass(frozen=True)
class UpdateBarcode:
    """Change what is given of one barcode; null takes a value away.

    With `version` only if it is still that one. A new `symbology` takes the value along, unless
    another is given. `workspace_id` moves the barcode, out of its folder unless another is given.
    """

    by: Actor
    id: UUID
    version: int | None = None
    symbology: str | Unset = UNSET
    value: str | Unset = UNSET
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    style: Mapping[str, Any] | Unset = UNSET
    is_active: bool | Unset = UNSET
    integration: Integration | Unset | None = UNSET
    workspace_id: UUID | Unset = UNSET
    folder_id: UUID | Unset | None = UNSET
    tags: tuple[str, ...] | Unset = UNSET


@needs("assets.write")
async def update_barcode(command: UpdateBarcode) -> BarcodeView:
    """The barcode after the change, which is announced unless nothing was different.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`.
    """
    by, asked = command.by, given(command)
    query = held(the_barcode(by, command.id))
    async with transaction() as session:
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        values = await _drafted(row, asked)
        place = await find_new_place(MoveAsset.of(by, row, asked))
        values |= place.columns
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changed:
            await _apply(session, row, changed)
        return view_of(row, await read_surroundings(around([row])))


async def _drafted(row: BarcodeRow, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a client decides, as they would be; judged where they are new."""
    values: dict[str, Any] = {
        "name": asked.get("name", row.name),
        "description": asked.get("description", row.description),
        "style": dict(asked.get("style", row.style)),
        "is_active": asked.get("is_active", row.is_active),
        "symbology": row.symbology,
        "value": row.value,
        "normalized_value": row.normalized_value,
        "integration": row.integration,
    }
    if "integration" in asked:
        values["integration"] = kept_integration(asked["integration"])
    if "symbology" in asked or "value" in asked:
        said = JudgeValue(asked.get("symbology", row.symbology), asked.get("value", row.value))
        values |= asdict(await judge_value(said))
    return with_words(values)


async def _apply(session: AsyncSession, row: BarcodeRow, changed: Mapping[str, Any]) -> None:
    """Write what is different and announce it."""
    now = outside().clock.now()
    for name, value in changed.items():
        setattr(row, name, value)
    row.touch(now)
    await session.flush()
    names = tuple(told(name, TOLD) for name in changed if name != "search_text")
    await emit(BarcodeUpdated(**facts_of(row), occurred_at=now, changes=names))
