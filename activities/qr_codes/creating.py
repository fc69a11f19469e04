"""QR codes made: with everything that belongs to them, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from activities.brand.presets import StyleOfNew, style_of_new
from activities.gs1.claiming import ClaimProduct, claim_product
from activities.outbox import emit
from activities.outside import outside
from activities.passwords import HashSharedPassword, hash_shared_password
from activities.permits import needs
from activities.qr_codes.drafts import (
    address_in,
    found_by,
    judge_terms,
    judge_words,
    led_by,
    must_suit_static,
    with_content,
)
from activities.qr_codes.finding import the_code, there
from activities.qr_codes.surroundings import around, read_surroundings
from activities.qr_codes.views import QrCodeView, facts_of, view_of
from activities.rules.actors import Actor
from activities.rules.facts.codes import QrCreated
from activities.rules.health import normalised_check
from activities.rules.naming import copied
from activities.rules.payloads.contents import ContentType
from activities.shelf.claims import CODES, ClaimSlug, claim_slug
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.links import FindLink, find_link
from activities.shelf.placing import PlaceAsset, place_asset
from schema.db import transaction
from schema.tables import QrCodeRow


@dataclass(frozen=True)
class CreateQrCode:
    """A code leading to `destination_url`, or holding the `content` of its type.

    A code of type URL is dynamic unless `is_dynamic` is false: its symbol holds a short address,
    under `short_code` or one that is drawn. With `link_id` it leads wherever that link does. One of
    type GS1 that leads somewhere is dynamic as well: its symbol holds a Digital Link to us. Without
    a `style` it looks as the preset says, or as the default one of its workspace; with both, the
    style is put on top of the preset.
    """

    by: Actor
    destination_url: str | None = None
    name: str = ""
    short_code: str | None = None
    is_active: bool = True
    workspace_id: UUID | None = None
    type: ContentType = "URL"
    content: Mapping[str, Any] = field(default_factory=dict)
    is_dynamic: bool | None = None
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()
    description: str = ""
    style: Mapping[str, Any] | None = None
    style_preset_id: UUID | None = None
    variants: tuple[Mapping[str, Any], ...] = ()
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    scan_limit: int | None = None
    expired_url: str | None = None
    password: str | None = field(default=None, repr=False)
    link_id: UUID | None = None
    health_check: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DuplicateQrCode:
    """One more code like this one, under a short code of its own and with no scans."""

    by: Actor
    id: UUID
    name: str | None = None


@needs("assets.write")
async def create_qr_code(command: CreateQrCode) -> QrCodeView:
    """Make a code and announce it.

    Raises `InvalidFields`, `ShortCodeTaken`, `NoWorkspace`, `PlanLimitReached`, and `NotFound` for
    a workspace, folder, preset or link that is not the actor's.
    """
    values = _draft(command)
    await judge_destinations(JudgeDestinations(command.by.organization_id, led_by(values)))
    protection = await hash_shared_password(HashSharedPassword(command.password))
    return await _create(command, {**values, "password_hash": protection.hash})


@needs("assets.write")
async def duplicate_qr_code(command: DuplicateQrCode) -> QrCodeView:
    """Make it, in the same workspace and folder, in use, behind the same password.

    Raises `NotFound`, `InvalidFields` (`name`), `PlanLimitReached`.
    """
    async with transaction() as session:
        query = the_code(command.by, id=command.id)
        row = there((await session.execute(query)).scalar_one_or_none())
        code = view_of(row, await read_surroundings(around([row])))
        copy = replace(_copy(command, code), is_active=row.is_active)
        return await _create(copy, {**_draft(copy), "password_hash": row.password_hash})


def _copy(command: DuplicateQrCode, code: QrCodeView) -> CreateQrCode:
    return CreateQrCode(
        by=command.by,
        destination_url=code.destination_url,
        name=copied(code.name) if command.name is None else command.name,
        is_active=code.is_active,
        workspace_id=code.workspace_id,
        type=code.type,
        content=code.content,
        is_dynamic=code.is_dynamic,
        folder_id=code.folder_id,
        tags=code.tags,
        description=code.description,
        style=code.style,
        variants=code.variants,
        starts_at=code.starts_at,
        expires_at=code.expires_at,
        scan_limit=code.scan_limit,
        expired_url=code.expired_url,
        link_id=code.link_id,
        health_check=code.health_check,
    )


def _is_dynamic(command: CreateQrCode) -> bool:
    if command.is_dynamic is not None:
        return command.is_dynamic
    leads = command.destination_url is not None or command.link_id is not None
    return command.type == "URL" or (command.type == "GS1" and leads)


def _draft(command: CreateQrCode) -> dict[str, Any]:
    """The columns that the client decides, judged; `short_code` is as it was asked for."""
    judge_words(command.name, command.description, command.short_code, command.style or {})
    is_dynamic = _is_dynamic(command)
    if not is_dynamic:
        must_suit_static({"password": command.password})
    values = {
        "id": uuid4(),
        "name": command.name,
        "description": command.description,
        "short_code": command.short_code,
        "destination_url": address_in(command.type, command.content, command.destination_url),
        "type": command.type,
        "is_dynamic": is_dynamic,
        "is_active": command.is_active,
        "starts_at": command.starts_at,
        "expires_at": command.expires_at,
        "visit_limit": command.scan_limit,
        "expired_url": command.expired_url,
        "link_id": command.link_id,
        "health_check": normalised_check(command.health_check),
    }
    judge_terms(values)
    return with_content(values, command.content, command.variants)


async def _create(command: CreateQrCode, values: Mapping[str, Any]) -> QrCodeView:
    by, now = command.by, outside().clock.now()
    async with transaction() as session:
        place = await place_asset(
            PlaceAsset(by, command.workspace_id, command.folder_id, command.tags)
        )
        if command.link_id is not None:
            await find_link(FindLink(by, command.link_id))
        look = StyleOfNew(by, place.workspace_id, command.style_preset_id, command.style)
        row = QrCodeRow(
            **values,
            style=dict((await style_of_new(look)).style),
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            **place.columns,
            made_by=by.user_id,
        )
        await _insert(session, row)
        await emit(QrCreated(**facts_of(row), occurred_at=now))
        return view_of(row, await read_surroundings(around([row])))


async def _insert(session: AsyncSession, row: QrCodeRow) -> None:
    """Insert it, a dynamic one under the code it asks for or a drawn one."""
    if row.is_dynamic:
        claim = ClaimSlug(row.organization_id, row.id, CODES, row.short_code)
        row.short_code = (await claim_slug(claim)).slug
        if row.type == "GS1":
            await claim_product(ClaimProduct(row.organization_id, row.id, row.content))
    row.search_text = found_by(row.model_dump())
    session.add(row)
    await session.flush()
