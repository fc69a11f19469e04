"""Products whose Digital Links lead through us: which code has which, decided by one unique key.

A product is its GTIN with the qualifiers behind it. At our own address it belongs to the
organization that was first, for good, as short codes do; at its custom domains every organization
has all products for itself. Within an organization a product whose code is in the trash may go to
another one; two codes that are there never share one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import exists, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from activities.outside import outside
from activities.rules.errors import InvalidFields, SlugTaken
from activities.rules.payloads import contents
from activities.rules.payloads.gs1_links import product_key
from activities.shelf.claims import ClaimSlug, claim_slug
from schema.db import transaction
from schema.tables import DomainRow, QrCodeRow, SlugClaimRow

PRODUCTS = "01"
"""The space of products at our own address."""

TAKEN = (
    "This product has a code already; change that one, add a variant, lot or serial number, or "
    "choose a domain of yours."
)
FOREIGN = (
    "Leave this out, or give a verified domain of yours: a dynamic code is resolved here. What is "
    "resolved elsewhere is a static code."
)


@dataclass(frozen=True)
class ClaimProduct:
    """A dynamic code of type GS1 with this content wants its product."""

    organization_id: UUID
    asset_id: UUID
    content: Mapping[str, Any]


def space_at(organization_id: UUID, hostname: str | None) -> str:
    """Where products are unique: at our address, or at a domain of the organization."""
    return f"{PRODUCTS}:{hostname}:{organization_id}" if hostname else PRODUCTS


def content_here(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a dynamic code in canonical form: resolved by us unless it names a domain.

    Raises `InvalidFields`.
    """
    own = outside().public_url.rstrip("/")
    if content.get("domain") not in (None, "", own):
        return contents.normalised("GS1", content)
    return {**contents.normalised("GS1", {**content, "domain": None}), "domain": own}


async def claim_product(command: ClaimProduct) -> None:
    """Take it in the open transaction; of many at once one wins.

    Raises `InvalidFields`: `content.domain` where that is not the organization's, `content.gtin`
    when another code has the product.
    """
    key = product_key(command.content)
    async with transaction() as session:
        space = await _space(session, command)
        if await _take_over(session, command, space, key):
            return
        try:
            await claim_slug(ClaimSlug(command.organization_id, command.asset_id, space, key))
        except SlugTaken as fault:
            raise InvalidFields({"content.gtin": [TAKEN]}) from fault


async def _space(session: AsyncSession, command: ClaimProduct) -> str:
    host = urlsplit(command.content["domain"]).netloc.lower()
    if host in outside().own_hosts:
        return space_at(command.organization_id, None)
    query = (
        exists()
        .where(
            col(DomainRow.organization_id) == command.organization_id,
            col(DomainRow.hostname) == host,
            col(DomainRow.status) == "active",
            col(DomainRow.deleted_at).is_(None),
        )
        .select()
    )
    if not (await session.execute(query)).scalar_one():
        raise InvalidFields({"content.domain": [FOREIGN]})
    return space_at(command.organization_id, host)


async def _take_over(session: AsyncSession, command: ClaimProduct, space: str, key: str) -> bool:
    """Whether it was a product of the same organization whose code is gone."""
    in_use = exists().where(
        col(QrCodeRow.id) == col(SlugClaimRow.asset_id), col(QrCodeRow.deleted_at).is_(None)
    )
    statement = (
        update(SlugClaimRow)
        .where(
            col(SlugClaimRow.space) == space,
            col(SlugClaimRow.slug) == key,
            col(SlugClaimRow.organization_id) == command.organization_id,
            col(SlugClaimRow.asset_id) != command.asset_id,
            ~in_use,
        )
        .values(asset_id=command.asset_id)
        .returning(col(SlugClaimRow.slug))
    )
    return (await session.execute(statement)).first() is not None
