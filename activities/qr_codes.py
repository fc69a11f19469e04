"""Dynamic QR codes: made, read, listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.outbox import emit
from activities.outside import outside
from activities.permits import needs
from activities.rules import destinations, slugs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NoWorkspace, ShortCodeTaken
from activities.rules.events import QrCreated
from activities.rules.paging import Page, PageRequest
from activities.rules.plans import must_have_room, plan_of
from schema.db import transaction
from schema.locks import lock_organization
from schema.pages import read_page
from schema.tables import QrCodeRow, WorkspaceRow

LONGEST_NAME = 200
TRIES = 5
"""Draws of a random code before giving up; two in a row colliding means the space is full."""


@dataclass(frozen=True)
class CreateQrCode:
    """A dynamic code leading to `destination_url`; without `short_code` one is drawn."""

    by: Actor
    destination_url: str
    name: str = ""
    short_code: str | None = None
    is_active: bool = True
    workspace_id: UUID | None = None


@dataclass(frozen=True)
class ReadQrCode:
    """One code of the actor's organization, by `short_code` or by `id`."""

    by: Actor
    short_code: str | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class ListQrCodes:
    """The codes of the actor's organization, newest first."""

    by: Actor
    page: PageRequest
    search: str = ""


@dataclass(frozen=True)
class SummarizeQrCodes:
    """Totals over the codes of the actor's organization."""

    by: Actor


@dataclass(frozen=True)
class QrCodeSummary:
    """How many codes there are, how many of them active, and all their scans."""

    total: int
    active: int
    scan_count: int


@dataclass(frozen=True)
class QrCodeView:
    """A code as its owner sees it; `short_url` is what the symbol holds."""

    id: UUID
    workspace_id: UUID
    short_code: str
    short_url: str
    name: str
    destination_url: str
    is_active: bool
    scan_count: int
    last_scanned_at: datetime | None
    created_at: datetime
    updated_at: datetime


@needs("assets.write")
async def create_qr_code(command: CreateQrCode) -> QrCodeView:
    """Make a code and announce it.

    Raises `InvalidFields`, `ShortCodeTaken`, `NoWorkspace`, `PlanLimitReached`, and `NotFound` for
    a workspace that is not the actor's.
    """
    _must_be_sound(command)
    now = outside().clock.now()
    async with transaction() as session:
        await _must_have_room(session, command.by)
        workspace_id = await _choose_workspace(session, command)
        values = {
            "created_at": now,
            "updated_at": now,
            "organization_id": command.by.organization_id,
            "workspace_id": workspace_id,
            "name": command.name,
            "destination_url": command.destination_url,
            "is_active": command.is_active,
        }
        view = _view(await _insert_under_code(session, command.short_code, values))
        await emit(
            QrCreated(
                organization_id=command.by.organization_id,
                asset_id=view.id,
                occurred_at=now,
                workspace_id=workspace_id,
                short_code=view.short_code,
                short_url=view.short_url,
                name=view.name,
                destination_url=view.destination_url,
            )
        )
        return view


@needs("assets.read")
async def read_qr_code(command: ReadQrCode) -> QrCodeView:
    """One code; `NotFound` when there is none, it is deleted, or it is another tenant's."""
    if command.short_code is not None and not slugs.could_exist(command.short_code):
        raise NotFound("QR code")
    query = _visible_to(command.by)
    if command.short_code is not None:
        query = query.where(QrCodeRow.short_code == command.short_code)
    else:
        query = query.where(QrCodeRow.id == command.id)
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("QR code")
    return _view(row)


@needs("assets.read")
async def list_qr_codes(command: ListQrCodes) -> Page[QrCodeView]:
    """One page, newest first; `search` is looked for in names, case ignored."""
    query = _visible_to(command.by)
    if command.search:
        query = query.where(col(QrCodeRow.name).icontains(command.search, autoescape=True))
    async with transaction() as session:
        rows, total = await read_page(
            session, query, QrCodeRow, offset=command.page.offset, size=command.page.size
        )
    return Page([_view(row) for (row,) in rows], total, command.page)


@needs("assets.read")
async def summarize_qr_codes(command: SummarizeQrCodes) -> QrCodeSummary:
    """The totals, deleted codes left out."""
    codes = _visible_to(command.by).subquery()
    query = select(
        func.count(),
        func.count().filter(codes.c.is_active),
        func.coalesce(func.sum(codes.c.scan_count), 0),
    ).select_from(codes)
    async with transaction() as session:
        total, active, scans = (await session.execute(query)).one()
    return QrCodeSummary(total=total, active=active, scan_count=int(scans))


def _visible_to(by: Actor) -> SelectOfScalar[QrCodeRow]:
    query = select(QrCodeRow).where(
        QrCodeRow.organization_id == by.organization_id,
        col(QrCodeRow.deleted_at).is_(None),
    )
    if by.workspace_id:
        query = query.where(QrCodeRow.workspace_id == by.workspace_id)
    return query


def _must_be_sound(command: CreateQrCode) -> None:
    wrong: dict[str, list[str]] = {}
    if refusal := destinations.refusal(command.destination_url):
        wrong["destination_url"] = [refusal]
    if command.short_code is not None and (refusal := slugs.refusal(command.short_code)):
        wrong["short_code"] = [refusal]
    if len(command.name) > LONGEST_NAME:
        wrong["name"] = [f"Ensure this name has no more than {LONGEST_NAME} characters."]
    if wrong:
        raise InvalidFields(wrong)


async def _must_have_room(session: AsyncSession, by: Actor) -> None:
    """Refuse what the plan has no room for; creates of a limited plan take turns."""
    if plan_of(by.plan).assets is None:
        return
    plan = await lock_organization(session, by.organization_id)
    present = select(func.count()).where(
        QrCodeRow.organization_id == by.organization_id, col(QrCodeRow.deleted_at).is_(None)
    )
    limit = plan_of(plan).assets
    must_have_room(plan, "codes", limit, await session.scalar(present) or 0)


async def _choose_workspace(session: AsyncSession, command: CreateQrCode) -> UUID:
    """The workspace asked for, that of a restricted key, or the organization's first."""
    wanted = command.workspace_id or command.by.workspace_id
    query = (
        select(WorkspaceRow.id)
        .where(
            WorkspaceRow.organization_id == command.by.organization_id,
            col(WorkspaceRow.deleted_at).is_(None),
        )
        .order_by(col(WorkspaceRow.created_at))
    )
    if wanted:
        query = query.where(WorkspaceRow.id == wanted)
    if command.by.workspace_id:
        query = query.where(WorkspaceRow.id == command.by.workspace_id)
    # Locked against the deletion of the workspace, as the reference to it would be a moment later.
    locked = query.limit(1).with_for_update(read=True, key_share=True)
    found = (await session.execute(locked)).scalar_one_or_none()
    if found is not None:
        return found
    raise NotFound("workspace") if wanted else NoWorkspace()


async def _insert_under_code(
    session: AsyncSession, wanted: str | None, values: dict[str, object]
) -> QrCodeRow:
    """Insert under the wanted code, or under random ones until one is free."""
    for _ in range(1 if wanted else TRIES):
        code = wanted or slugs.short_code(outside().dice.throw(16))
        row = QrCodeRow.model_validate({**values, "short_code": code})
        insertion = (
            insert(QrCodeRow)
            .values(**row.model_dump())
            .on_conflict_do_nothing(index_elements=["short_code"])
            .returning(col(QrCodeRow.id))
        )
        if (await session.execute(insertion)).first():
            return row
    raise ShortCodeTaken(code)


def _view(row: QrCodeRow) -> QrCodeView:
    return QrCodeView(
        id=row.id,
        workspace_id=row.workspace_id,
        short_code=row.short_code,
        short_url=outside().short_url(row.short_code),
        name=row.name,
        destination_url=row.destination_url,
        is_active=row.is_active,
        scan_count=row.scan_count,
        last_scanned_at=row.last_scanned_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
