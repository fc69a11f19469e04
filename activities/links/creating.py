"""Short links made: with everything that belongs to them, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from activities.links.domains import ChooseDomain, choose_domain
from activities.links.drafts import found_by, judge_terms, led_by, normalised
from activities.links.filling import FillUtm, fill_utm
from activities.links.finding import meant, only_one
from activities.links.marks import of_one, read_marks
from activities.links.ties import TieCode, tie_code
from activities.links.views import LinkView, facts_of, view_of
from activities.outbox import emit
from activities.outside import outside
from activities.passwords import HashSharedPassword, SharedPassword, hash_shared_password
from activities.permits import needs
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.facts.links import LinkCreated
from activities.rules.naming import copied
from activities.shelf.claims import ClaimSlug, claim_slug
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.placing import PlaceAsset, place_asset
from schema.db import transaction
from schema.tables import LinkRow


@dataclass(frozen=True)
class CreateLink:
    """A link leading to `destination_url`, under `slug` or one that is drawn.

    It lives on the organization's verified `domain` (a host name) or `domain_id`, else on the
    default one. A password that was hashed before is in `protection`, which counts in its place.
    What `utm` leaves open is filled from the workspace's `utm_template_id`. With
    `creates_qr` a dynamic code that follows the link is made too; with `qr_code_id` one that is
    there follows it from now on.
    """

    by: Actor
    destination_url: str
    slug: str | None = None
    domain: str | None = None
    domain_id: UUID | None = None
    name: str = ""
    description: str = ""
    workspace_id: UUID | None = None
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    variants: tuple[Mapping[str, Any], ...] = ()
    utm: Mapping[str, Any] = field(default_factory=dict)
    utm_template_id: UUID | None = None
    passes_query: bool = False
    password: str | None = field(default=None, repr=False)
    protection: SharedPassword | None = field(default=None, repr=False)
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    click_limit: int | None = None
    expired_url: str | None = None
    preview: Mapping[str, Any] = field(default_factory=dict)
    deep_links: Mapping[str, Any] = field(default_factory=dict)
    health_check: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool = True
    creates_qr: bool = False
    qr_code_id: UUID | None = None


@dataclass(frozen=True)
class DuplicateLink:
    """One more link like this one, under a slug of its own and with no clicks."""

    by: Actor
    id: UUID
    name: str | None = None


@needs("assets.write")
async def create_link(command: CreateLink) -> LinkView:
    """Make a link and announce it.

    Raises `InvalidFields`, `SlugTaken`, `NoWorkspace`, `PlanLimitReached`, and `NotFound` for a
    workspace, folder, domain, UTM template or QR code that is not the actor's.
    """
    values = await _draft(command)
    protection = command.protection or await hash_shared_password(
        HashSharedPassword(command.password)
    )
    return await _create(command, {**values, "password_hash": protection.hash})


@needs("assets.write")
async def duplicate_link(command: DuplicateLink) -> LinkView:
    """Make it, on the same domain, in the same workspace and folder, behind the same password.

    Raises `NotFound`, `PlanLimitReached`, and `InvalidFields` for the `name` given, or for the
    `domain` when it is not verified any more.
    """
    by = command.by
    async with transaction() as session:
        row = only_one((await session.execute(meant(by, command.id, None))).scalars().all())
        copy = _copy(command, view_of(row, await read_marks(of_one(row, by))))
        return await _create(copy, {**await _draft(copy), "password_hash": row.password_hash})


def _copy(command: DuplicateLink, link: LinkView) -> CreateLink:
    return CreateLink(
        by=command.by,
        destination_url=link.destination_url,
        domain_id=link.domain_id,
        name=copied(link.name) if command.name is None else command.name,
        description=link.description,
        workspace_id=link.workspace_id,
        folder_id=link.folder_id,
        tags=link.tags,
        rules=link.rules,
        variants=link.variants,
        utm=link.utm,
        passes_query=link.passes_query,
        starts_at=link.starts_at,
        expires_at=link.expires_at,
        click_limit=link.click_limit,
        expired_url=link.expired_url,
        preview=link.preview,
        deep_links=link.deep_links,
        health_check=link.health_check,
        is_active=link.is_active,
    )


async def _draft(command: CreateLink) -> dict[str, Any]:
    """The columns that the client decides, judged; `slug` is as it was asked for."""
    if command.creates_qr and command.qr_code_id is not None:
        raise InvalidFields({"qr_code_id": ["Give a code, or have one made, not both."]})
    asked = {part.name: getattr(command, part.name) for part in fields(command)}
    values = {"id": uuid4(), **normalised(asked)}
    judge_terms(values)
    await judge_destinations(JudgeDestinations(command.by.organization_id, led_by(values)))
    return values


async def _create(command: CreateLink, values: dict[str, Any]) -> LinkView:
    by, now = command.by, outside().clock.now()
    async with transaction() as session:
        place = await place_asset(
            PlaceAsset(by, command.workspace_id, command.folder_id, command.tags)
        )
        filling = FillUtm(by, place.workspace_id, command.utm_template_id, values["utm"])
        values["utm"] = dict((await fill_utm(filling)).fields)
        home = await choose_domain(ChooseDomain(by, command.domain, command.domain_id))
        claim = ClaimSlug(by.organization_id, values["id"], home.space, command.slug)
        values["slug"] = (await claim_slug(claim)).slug
        row = LinkRow(
            **values,
            **place.columns,
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            domain_id=home.domain_id,
            search_text=found_by(values, home.hostname),
            made_by=by.user_id,
        )
        session.add(row)
        await session.flush()
        await emit(LinkCreated(**facts_of(row, home.hostname), occurred_at=now))
        await _attach(command, row)
        return view_of(row, await read_marks(of_one(row, by)))


async def _attach(command: CreateLink, row: LinkRow) -> None:
    """The code that shall follow the link, made or led there."""
    by = command.by
    if command.creates_qr:
        await create_qr_code(
            CreateQrCode(
                by,
                name=row.name,
                workspace_id=row.workspace_id,
                folder_id=row.folder_id,
                link_id=row.id,
            )
        )
    if command.qr_code_id is not None:
        await tie_code(TieCode(by, row.id, command.qr_code_id))
