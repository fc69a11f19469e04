"""Slugs: taken for an asset, for good."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from activities.outside import outside
from activities.rules import slugs
from activities.rules.errors import ShortCodeTaken, SlugTaken
from schema.claims import claim_once
from schema.db import transaction

CODES = "q"
PAGES = "p"
DEFAULT_DOMAIN = "/"
"""The spaces in which a slug is unique; a custom domain's is its id."""

TRIES = 5
"""Draws of a random slug before giving up; two in a row colliding means the space is full."""


@dataclass(frozen=True)
class ClaimSlug:
    """An asset wants `wanted` in a space, or any slug that is free."""

    organization_id: UUID
    asset_id: UUID
    space: str
    wanted: str | None = None


@dataclass(frozen=True)
class Claim:
    """The slug that is the asset's now."""

    slug: str


async def claim_slug(command: ClaimSlug) -> Claim:
    """Take it in the open transaction; of many at once one wins.

    Raises `ShortCodeTaken` for a code and `SlugTaken` elsewhere. How a slug may be spelled is the
    caller's to judge (`activities.rules.slugs`).
    """
    async with transaction() as session:
        for _ in range(1 if command.wanted else TRIES):
            slug = command.wanted or slugs.short_code(outside().dice.throw(16))
            taken = await claim_once(
                session,
                space=command.space,
                slug=slug,
                organization_id=command.organization_id,
                asset_id=command.asset_id,
                now=outside().clock.now(),
            )
            if taken:
                return Claim(slug)
    raise ShortCodeTaken(slug) if command.space == CODES else SlugTaken(slug)
