"""How visits of a code or link can be led: by variants of an A/B test, and by rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlmodel import col

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.tied import leading_link
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import LinkRow, QrCodeRow

_NOUNS = {"qr": "QR code", "link": "link"}


@dataclass(frozen=True)
class ReadWays:
    """Those of a code or link of the actor's organization.

    With `hold` it stays as it is until the open transaction ends.
    """

    by: Actor
    kind: Literal["qr", "link"]
    id: UUID
    hold: bool = False


@dataclass(frozen=True)
class Ways:
    """`variants` and `rules` as they are kept, in their order; scans tell of them by their ids.

    A code that is tied to an active link is led as the link is; `leading_id` says whose they are.
    """

    variants: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]
    leading_id: UUID


@needs("assets.read")
async def read_ways(command: ReadWays) -> Ways:
    """What it has now. Raises `NotFound` as reading it does."""
    row = QrCodeRow if command.kind == "qr" else LinkRow
    asset = visible(row, command.by).where(col(row.id) == command.id)
    if command.hold:
        asset = asset.with_for_update(key_share=True)
    async with transaction() as session:
        found = (await session.execute(asset)).scalar_one_or_none()
        if found is None:
            raise NotFound(_NOUNS[command.kind])
        if isinstance(found, QrCodeRow) and found.link_id is not None:
            found = await session.scalar(leading_link(found.link_id)) or found
    rules = found.rules if isinstance(found, LinkRow) else ()
    return Ways(tuple(found.variants), tuple(rules), found.id)
