"""Digital Links resolved: from what a product is to the codes that know of it, and all they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import col, select

from activities.gs1.claiming import PRODUCTS, space_at
from activities.outside import outside
from activities.rules.destinations import location
from activities.rules.errors import NotFound
from activities.rules.gs1.products import Product
from activities.visits.leading import Follow, Outcome, Redirection, decide
from activities.visits.targets import FindTarget, Home, find_target
from schema.db import transaction
from schema.tables import QrCodeRow, SlugClaimRow


@dataclass(frozen=True)
class FindProduct:
    """A product that somebody asks for, on the default domain or at `home`."""

    product: Product
    home: Home | None = None


@dataclass(frozen=True)
class ProductCode:
    """A code that knows of a product. `address` is its Digital Link, `links` are by link type."""

    short_code: str
    address: str
    links: Mapping[str, str]


@dataclass(frozen=True)
class ProductCodes:
    """Those that know of a product, the one that knows it most exactly first."""

    codes: tuple[ProductCode, ...]


@dataclass(frozen=True)
class ReadLinks:
    """Everything that a visitor may know of a code: whom `follow` would lead there."""

    code: ProductCode
    follow: Follow
    home: Home | None = None


@dataclass(frozen=True)
class ProductLinks:
    """Where a product leads: everybody to `default_url`, others by link type. All are ASCII."""

    default_url: str
    links: Mapping[str, str]


async def find_product(command: FindProduct) -> ProductCodes:
    """The codes; on a custom domain those of its organization, claimed there or at our address."""
    home, keys = command.home, command.product.keys
    spaces = [space_at(home.organization_id, home.hostname)] if home else []
    spaces.append(PRODUCTS)
    query = (
        select(SlugClaimRow.space, SlugClaimRow.slug, QrCodeRow.short_code, QrCodeRow.content)
        .join(QrCodeRow, col(QrCodeRow.id) == col(SlugClaimRow.asset_id))
        .where(
            col(SlugClaimRow.space).in_(spaces),
            col(SlugClaimRow.slug).in_(keys),
            col(QrCodeRow.deleted_at).is_(None),
        )
    )
    if home is not None:
        query = query.where(QrCodeRow.organization_id == home.organization_id)
    async with transaction() as session:
        rows = (await session.execute(query)).all()
    base = f"https://{home.hostname}" if home else outside().public_url
    ranked = sorted(rows, key=lambda row: (keys.index(row[1]), spaces.index(row[0])))
    return ProductCodes(
        tuple(
            ProductCode(short_code or "", f"{base}/{key}", content.get("links", {}))
            for _, key, short_code, content in ranked
        )
    )


async def read_links(command: ReadLinks) -> ProductLinks | Outcome:
    """The links, and nothing is counted; or what the visit meets instead, such as a password.

    Raises `NotFound` for a code that is not there, or not open.
    """
    target = await find_target(FindTarget("qr", command.code.short_code, home=command.home))
    if target is None:
        raise NotFound("product")
    decision = decide(target, command.follow, outside().clock.now())
    if decision.scan is None:
        return decision.outcome
    outcome = decision.outcome
    usual = decision.scan.destination_url
    url = outcome.url if isinstance(outcome, Redirection) else location(usual)
    links = {name: location(link) for name, link in sorted(command.code.links.items())}
    return ProductLinks(url, links)
