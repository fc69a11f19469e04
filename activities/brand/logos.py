"""The picture that goes into a symbol: an uploaded image, or one from a public address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from activities.gateways.drawers import TooHeavy
from activities.gateways.pictures import PictureRefused
from activities.outside import outside
from activities.permits import needs
from activities.render.logos import BadLogo, Logo, read_logo
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.looks import Logo as LogoStyle
from activities.rules.spelling import unprefixed
from schema.db import transaction
from schema.tables import FetchedLogoRow, ImageRow

FRESH = timedelta(hours=1)
"""How long a fetched picture is taken without asking for it again."""

KEPT = timedelta(days=7)
"""How long it stands in where its server fails: a design outlives a bad day of another host."""

AGAIN = timedelta(minutes=5)
"""After a failure, when the server is asked again."""

MOST_FETCHED = 100
"""Fetched pictures that are kept for an organization, the newest ones."""


@dataclass(frozen=True)
class NormaliseLogo:
    """A file of an organization that may be a picture, and what it was said to be."""

    organization_id: UUID
    content: bytes
    declared: str | None = None


@dataclass(frozen=True)
class LogoOf:
    """The picture that a style names: an uploaded image, or a public address."""

    by: Actor
    logo: LogoStyle


async def normalise_logo(command: NormaliseLogo) -> Logo:
    """The picture as a small PNG of our own. Raises `BadLogo`."""
    try:
        return await outside().drawers.run(
            command.organization_id, read_logo, command.content, command.declared
        )
    except TooHeavy as fault:
        raise BadLogo("This picture takes too much to read; save it smaller.") from fault


@needs("assets.read")
async def logo_of(command: LogoOf) -> Logo:
    """The logo as PNG.

    Raises `InvalidFields`: `logo.image_id` for an image that is not the organization's, `logo.url`
    for an address that gives no picture. What was fetched is taken for an hour without asking
    again, and for a week while its server fails; not from an address that became forbidden.
    """
    by, logo = command.by, command.logo
    if logo.url is not None:
        return await _fetched(by.organization_id, logo.url)
    return await _uploaded(by, unprefixed("img", logo.image_id or ""))


async def _uploaded(by: Actor, image_id: UUID | None) -> Logo:
    query = select(ImageRow.png, ImageRow.width, ImageRow.height).where(
        ImageRow.id == image_id, ImageRow.organization_id == by.organization_id
    )
    async with transaction() as session:
        found = (await session.execute(query)).one_or_none()
    if found is None:
        told = "There is no such image here; upload it first, or name another."
        raise InvalidFields({"logo.image_id": [told]})
    return Logo(*found)


async def _fetched(organization_id: UUID, url: str) -> Logo:
    key, now = _key(url), outside().clock.now()
    kept = await _kept(organization_id, key)
    if kept is not None and now - kept.checked_at < FRESH:
        return kept.logo
    try:
        picture = await outside().pictures.fetch(url)
        given = NormaliseLogo(organization_id, picture.content, picture.content_type)
        logo = await normalise_logo(given)
    except (PictureRefused, BadLogo) as fault:
        is_denied = isinstance(fault, PictureRefused) and fault.for_good
        if kept is None or is_denied or now - kept.fetched_at >= KEPT:
            raise InvalidFields({"logo.url": [str(fault)]}) from fault
        await _ask_again_later(organization_id, key, now)
        return kept.logo
    await _keep(organization_id, key, logo, now)
    return logo


@dataclass(frozen=True)
class _Kept:
    logo: Logo
    fetched_at: datetime
    checked_at: datetime


def _key(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


async def _kept(organization_id: UUID, key: str) -> _Kept | None:
    query = select(FetchedLogoRow).where(
        FetchedLogoRow.organization_id == organization_id, FetchedLogoRow.url_sha256 == key
    )
    async with transaction() as session:
        fresh = query.execution_options(populate_existing=True)
        row = (await session.execute(fresh)).scalar_one_or_none()
    if row is None:
        return None
    return _Kept(Logo(row.png, row.width, row.height), row.fetched_at, row.checked_at)


async def _ask_again_later(organization_id: UUID, key: str, now: datetime) -> None:
    """The kept one is good for a few minutes more."""
    async with transaction() as session:
        await session.execute(
            update(FetchedLogoRow)
            .where(
                col(FetchedLogoRow.organization_id) == organization_id,
                col(FetchedLogoRow.url_sha256) == key,
            )
            .values(checked_at=now - FRESH + AGAIN)
        )


async def _keep(organization_id: UUID, key: str, logo: Logo, now: datetime) -> None:
    """Keep the newest, in the place of what was kept of the same address."""
    values = {**vars(logo), "fetched_at": now, "checked_at": now}
    newest = (
        select(FetchedLogoRow.url_sha256)
        .where(FetchedLogoRow.organization_id == organization_id)
        .order_by(col(FetchedLogoRow.fetched_at).desc())
        .limit(MOST_FETCHED)
    )
    async with transaction() as session:
        await session.execute(
            insert(FetchedLogoRow)
            .values(organization_id=organization_id, url_sha256=key, **values)
            .on_conflict_do_update(index_elements=["organization_id", "url_sha256"], set_=values)
        )
        await session.execute(
            delete(FetchedLogoRow).where(
                col(FetchedLogoRow.organization_id) == organization_id,
                or_(
                    col(FetchedLogoRow.url_sha256).not_in(newest),
                    col(FetchedLogoRow.fetched_at) < now - KEPT,
                ),
            )
        )
