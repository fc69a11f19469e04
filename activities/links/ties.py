"""What refers to a link: QR codes that lead wherever it does, and pages that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.permits import needs
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.spelling import prefixed
from activities.shelf.visible import visible
from schema.assets import AssetRow
from schema.db import transaction
from schema.tables import LinkPageRow, QrCodeRow

Asset = TypeVar("Asset", bound=AssetRow)

MOST_SHOWN = 20
"""Codes, and pages, that the view of a link names."""


@dataclass(frozen=True)
class ReadTies:
    """What of the organization refers to the link, or of one workspace alone."""

    organization_id: UUID
    workspace_id: UUID | None
    link_id: UUID


@dataclass(frozen=True)
class LinkedCode:
    """A QR code that leads wherever the link does."""

    id: UUID
    short_code: str | None
    name: str


@dataclass(frozen=True)
class LinkedPage:
    """A link page with a block that shows the link."""

    id: UUID
    slug: str
    name: str


@dataclass(frozen=True)
class Ties:
    """The oldest of both, at most `MOST_SHOWN` each."""

    codes: tuple[LinkedCode, ...] = ()
    pages: tuple[LinkedPage, ...] = ()


@dataclass(frozen=True)
class TieCode:
    """The code of the actor's shall lead wherever the link does."""

    by: Actor
    link_id: UUID
    code_id: UUID


@dataclass(frozen=True)
class UntieCodes:
    """No code of the actor's shall follow the link any more."""

    by: Actor
    link_id: UUID
    destination_url: str


async def read_ties(command: ReadTies) -> Ties:
    """The codes and the pages, one statement for each kind."""
    codes = _of(QrCodeRow, command).where(QrCodeRow.link_id == command.link_id)
    block = {"type": "short_link", "linkId": prefixed("lnk", command.link_id)}
    pages = _of(LinkPageRow, command).where(col(LinkPageRow.blocks).contains([block]))
    async with transaction() as session:
        code_rows = (await session.execute(codes)).scalars()
        page_rows = (await session.execute(pages)).scalars()
        return Ties(
            tuple(LinkedCode(row.id, row.short_code, row.name) for row in code_rows),
            tuple(LinkedPage(row.id, row.slug, row.name) for row in page_rows),
        )


@needs("assets.write")
async def tie_code(command: TieCode) -> None:
    """Tie it, in the open transaction, and announce the change of the code.

    Raises `NotFound` for a code that is not the actor's, `InvalidFields` (`qr_code_id`) for one
    that holds its content itself.
    """
    by = command.by
    query = visible(QrCodeRow, by).where(QrCodeRow.id == command.code_id)
    async with transaction() as session:
        row = (await session.execute(query.with_for_update())).scalar_one_or_none()
        if row is not None and not row.is_dynamic:
            told = "Choose a dynamic code; a static one cannot be led elsewhere."
            raise InvalidFields({"qr_code_id": [told]})
        await update_qr_code(UpdateQrCode(by, id=command.code_id, link_id=command.link_id))


@needs("assets.write")
async def untie_codes(command: UntieCodes) -> None:
    """Let them go, each announced. One without a destination of its own leads on to
    `destination_url`, so that no printed code dies of it.
    """
    by = command.by
    query = visible(QrCodeRow, by).where(QrCodeRow.link_id == command.link_id)
    async with transaction() as session:
        rows = await session.execute(query.order_by(col(QrCodeRow.id)).with_for_update())
        for code in rows.scalars().all():
            address = code.destination_url or command.destination_url
            await update_qr_code(
                UpdateQrCode(by, id=code.id, link_id=None, destination_url=address)
            )


def _of(row: type[Asset], command: ReadTies) -> SelectOfScalar[Asset]:
    """The first assets of one kind, oldest first, those in the trash left out."""
    query = select(row).where(
        col(row.organization_id) == command.organization_id, col(row.deleted_at).is_(None)
    )
    if command.workspace_id:
        query = query.where(col(row.workspace_id) == command.workspace_id)
    return query.order_by(col(row.created_at), col(row.id)).limit(MOST_SHOWN)
