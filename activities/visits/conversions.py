"""Conversions: what visitors of an asset did afterwards, told by the page where they did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outbox import emit_wanted
from activities.outside import outside
from activities.rules import conversions, currencies
from activities.rules.conversions import SourceKind
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.experiments import choose, roll_of
from activities.rules.facts.visits import ConversionRecorded
from activities.shelf.tied import leading_link
from schema.assets import AssetRow, ShortAssetRow
from schema.db import transaction
from schema.tables import BarcodeRow, ConversionRow, LinkPageRow, LinkRow, QrCodeRow

SOURCES: Mapping[SourceKind, type[AssetRow]] = {
    "qr": QrCodeRow,
    "link": LinkRow,
    "page": LinkPageRow,
    "barcode": BarcodeRow,
}


@dataclass(frozen=True)
class RecordConversion:
    """A visitor who came by an asset reached a `step`, worth `value` in `currency` if anything.

    The same `dedupe_key` in one organization is the same conversion. `visitor` is a random id;
    without one the conversion gets an id of its own. `details` are texts, numbers and the like.
    """

    organization_id: UUID
    source_kind: SourceKind
    source_id: UUID
    step: str
    value: Decimal | None = None
    currency: str | None = None
    dedupe_key: str | None = None
    visitor: UUID | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConversionView:
    """The conversion, and the visitor whom it was recorded for.

    `is_new` is false for one that was known: its visitor is not told to who asks again.
    """

    id: UUID
    is_new: bool
    visitor: UUID | None = None


async def record_conversion(command: RecordConversion) -> ConversionView:
    """Record it and announce it; a `dedupe_key` that was seen answers the first one, unchanged.

    Raises `InvalidFields`, and `NotFound` for a source that is not there, in the trash, or of
    another organization: nobody learns which.
    """
    faults = conversions.faults(
        command.step, command.value, command.currency, command.dedupe_key, command.details
    )
    if faults:
        raise InvalidFields(faults)
    async with transaction() as session:
        row = _row(command, await _find_source(session, command))
        # Of two at once with one key the second waits here until the first has committed.
        added = insert(ConversionRow).values(**row.model_dump()).on_conflict_do_nothing()
        if (await session.execute(added.returning(col(ConversionRow.id)))).first() is None:
            return ConversionView(await _known(session, command), is_new=False)
        await emit_wanted(_fact(row))
        return ConversionView(row.id, is_new=True, visitor=row.visitor)


async def _find_source(session: AsyncSession, command: RecordConversion) -> AssetRow:
    """What leads its visitors: itself, or the active link that a code is tied to."""
    source = SOURCES[command.source_kind]
    query = select(source).where(
        source.id == command.source_id,
        source.organization_id == command.organization_id,
        col(source.deleted_at).is_(None),
    )
    found: AssetRow | None = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("source")
    if isinstance(found, QrCodeRow) and found.link_id is not None:
        return await session.scalar(leading_link(found.link_id)) or found
    return found


def _row(command: RecordConversion, leading: AssetRow) -> ConversionRow:
    now = outside().clock.now()
    return ConversionRow(
        created_at=now,
        occurred_at=now,
        organization_id=command.organization_id,
        source_kind=command.source_kind,
        source_id=command.source_id,
        visitor=command.visitor or uuid4(),
        variant=_variant(leading, command.visitor),
        step=command.step,
        value=command.value,
        currency=command.currency,
        dedupe_key=command.dedupe_key,
        details=dict(command.details),
    )


def _variant(leading: AssetRow, visitor: UUID | None) -> str | None:
    """What the test shows this visitor, as it did at the visit: the same roll, the same variant."""
    if not isinstance(leading, ShortAssetRow) or not leading.variants or visitor is None:
        return None
    return str(choose(leading.variants, roll_of(str(visitor), leading.id))["id"])


async def _known(session: AsyncSession, command: RecordConversion) -> UUID:
    """The conversion that has the key."""
    query = select(ConversionRow.id).where(
        ConversionRow.organization_id == command.organization_id,
        ConversionRow.dedupe_key == command.dedupe_key,
    )
    return (await session.execute(query)).scalar_one()


def _fact(row: ConversionRow) -> ConversionRecorded:
    value = None
    if row.value is not None and row.currency is not None:
        value = currencies.spelled(row.value, row.currency)
    kind: Any = row.source_kind
    return ConversionRecorded(
        organization_id=row.organization_id,
        asset_id=row.source_id,
        occurred_at=row.occurred_at,
        conversion_id=row.id,
        source_type=row.source_kind,
        source_prefix=conversions.PREFIXES[kind],
        step=row.step,
        value=value,
        currency=row.currency,
    )
