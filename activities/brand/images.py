"""Uploaded pictures of an organization, for logos."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.brand.logos import NormaliseLogo, normalise_logo
from activities.outside import outside
from activities.permits import needs
from activities.render.logos import BadLogo, Logo
from activities.rules import naming
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.paging import Page, PageRequest
from activities.rules.plans import must_have_room
from activities.rules.visible import one_line
from schema.db import transaction
from schema.locks import lock_organization
from schema.pages import read_page
from schema.tables import ImageRow

MOST_IMAGES = 200
MOST_MIB = 100
"""Images of an organization, and what they hold together."""


@dataclass(frozen=True)
class UploadImage:
    """A PNG, JPEG, WebP or SVG file, under a name."""

    by: Actor
    name: str
    content: bytes


@dataclass(frozen=True)
class ListImages:
    """Images of the actor's organization, the newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class ReadImage:
    """One image."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class DeleteImage:
    """Take an image away."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ImageView:
    """An image as it is kept: `width` and `height` in pixels, `size` in bytes of its PNG."""

    id: UUID
    name: str
    width: int
    height: int
    size: int
    created_at: datetime


@dataclass(frozen=True)
class ImageContent:
    """The PNG of an image."""

    png: bytes


@needs("assets.write")
async def upload_image(command: UploadImage) -> ImageView:
    """Keep it, written anew as a small PNG; what is there already is not kept twice.

    Raises `InvalidFields` (`name`, `content`) and `PlanLimitReached`.
    """
    if refusal := naming.name_refusal(command.name):
        raise InvalidFields({"name": [refusal]})
    try:
        logo = await normalise_logo(NormaliseLogo(command.by.organization_id, command.content))
    except BadLogo as fault:
        raise InvalidFields({"content": [str(fault)]}) from fault
    sha256 = hashlib.sha256(logo.png).hexdigest()
    async with transaction() as session:
        plan = await lock_organization(session, command.by.organization_id)
        same = _of(command.by).where(col(ImageRow.sha256) == sha256)
        if (found := (await session.execute(same)).one_or_none()) is not None:
            return _view(found)
        await _must_have_room(session, command.by, plan, len(logo.png))
        row = _row(command, logo, sha256)
        session.add(row)
        await session.flush()
        return ImageView(row.id, row.name, row.width, row.height, row.size, row.created_at)


@needs("assets.read")
async def list_images(command: ListImages) -> Page[ImageView]:
    """One page of them."""
    asked = command.page
    async with transaction() as session:
        rows, total = await read_page(
            session, _of(command.by), ImageRow, offset=asked.offset, size=asked.size
        )
    return Page([_view(row) for row in rows], total, asked)


@needs("assets.read")
async def read_image(command: ReadImage) -> ImageView:
    """One image; `NotFound` when there is none or it is another tenant's."""
    query = _of(command.by).where(col(ImageRow.id) == command.id)
    async with transaction() as session:
        found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("image")
    return _view(found)


@needs("assets.read")
async def read_image_content(command: ReadImage) -> ImageContent:
    """Its PNG; raises as `read_image`."""
    query = select(ImageRow.png).where(
        ImageRow.id == command.id, ImageRow.organization_id == command.by.organization_id
    )
    async with transaction() as session:
        png = (await session.execute(query)).scalar_one_or_none()
    if png is None:
        raise NotFound("image")
    return ImageContent(png)


@needs("assets.write")
async def delete_image(command: DeleteImage) -> None:
    """It is gone; styles that name it are drawn no more until they name another. Raises `NotFound`.

    Pictures that were drawn with it stay as they are.
    """
    gone = (
        delete(ImageRow)
        .where(
            col(ImageRow.id) == command.id,
            col(ImageRow.organization_id) == command.by.organization_id,
        )
        .returning(col(ImageRow.id))
    )
    async with transaction() as session:
        if (await session.execute(gone)).first() is None:
            raise NotFound("image")


def _of(by: Actor) -> Select[*tuple[Any, ...]]:
    """Images of the organization, without their pixels: those are read by themselves."""
    columns = (ImageRow.id, ImageRow.name, ImageRow.width, ImageRow.height, ImageRow.size)
    return Select(*map(col, (*columns, ImageRow.created_at))).where(
        col(ImageRow.organization_id) == by.organization_id
    )


async def _must_have_room(session: AsyncSession, by: Actor, plan: str, more: int) -> None:
    query: Select[*tuple[Any, ...]] = Select(
        func.count(), func.coalesce(func.sum(col(ImageRow.size)), 0)
    ).where(col(ImageRow.organization_id) == by.organization_id)
    present, held = (await session.execute(query)).one()
    must_have_room(plan, "images", MOST_IMAGES, present)
    must_have_room(plan, "MiB of images", MOST_MIB, (held + more - 1) // 1024**2)


def _row(command: UploadImage, logo: Logo, sha256: str) -> ImageRow:
    return ImageRow(
        created_at=outside().clock.now(),
        organization_id=command.by.organization_id,
        name=one_line(command.name),
        sha256=sha256,
        size=len(logo.png),
        created_by=command.by.user_id,
        **vars(logo),
    )


def _view(found: Row[*tuple[Any, ...]]) -> ImageView:
    return ImageView(*found)
