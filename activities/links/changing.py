"""Short links changed: any of their fields; a slug that was given out leads on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.health.picking import StopLooking, stop_looking
from activities.links.domains import (
    ChooseDomain,
    Home,
    ReadHostnames,
    choose_domain,
    read_hostnames,
)
from activities.links.drafts import found_by, judge_terms, led_by, normalised
from activities.links.filling import FillUtm, fill_utm
from activities.links.finding import held, meant, only_one
from activities.links.marks import of_one, read_marks
from activities.links.ties import TieCode, UntieCodes, tie_code, untie_codes
from activities.links.views import LinkView, facts_of, view_of
from activities.outbox import emit
from activities.outside import outside
from activities.passwords import HashSharedPassword, hash_shared_password
from activities.permits import needs
from activities.qr_codes.drafts import with_known_ids
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version, told
from activities.rules.facts.links import LinkUpdated
from activities.rules.health import led_to
from activities.shelf.claims import ClaimSlug, claim_slug
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.history import RecordChange, record_change
from activities.shelf.moving import MoveAsset, find_new_place
from activities.statistics.folding import FoldPending, fold_pending
from schema.db import transaction
from schema.tables import LinkRow

DECIDED = (
    *("name", "description", "slug", "destination_url", "rules", "variants", "utm"),
    *("passes_query", "starts_at", "expires_at", "visit_limit", "expired_url", "preview"),
    *("deep_links", "health_check", "health", "is_active"),
)
"""The columns that follow from what clients say of the link itself."""

TOLD = {
    "visit_limit": "clickLimit",
    "tag_ids": "tags",
    "password_hash": "password",
    "domain_id": "domain",
    "passes_query": "passQuery",
}
"""What events call columns that are named otherwise than their fields."""

UNTOLD = frozenset(("search_text", "health"))
"""Columns that follow from others; events do not name them."""


@dataclass(frozen=True)
class UpdateLink:
    """Change what is given of one link, by `id` or the slug that it has; null takes a value away.

    With `version` only if it is still that one. A new `slug` or `domain` (a host name; null is the
    default one) is one more: the old address leads on. `utm` replaces all of its fields, and what
    it leaves open is filled from `utm_template_id`. A `qr_code_id` ties one more code to the link,
    null unties all. `workspace_id` moves the link, out of its folder unless another is given.
    """

    by: Actor
    id: UUID | None = None
    slug_is: str | None = None
    version: int | None = None
    destination_url: str | Unset = UNSET
    slug: str | Unset = UNSET
    domain: str | Unset | None = UNSET
    domain_id: UUID | Unset | None = UNSET
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    workspace_id: UUID | Unset = UNSET
    folder_id: UUID | Unset | None = UNSET
    tags: tuple[str, ...] | Unset = UNSET
    rules: tuple[Mapping[str, Any], ...] | Unset = UNSET
    variants: tuple[Mapping[str, Any], ...] | Unset = UNSET
    utm: Mapping[str, Any] | Unset = UNSET
    utm_template_id: UUID | Unset = UNSET
    passes_query: bool | Unset = UNSET
    password: str | Unset | None = field(default=UNSET, repr=False)
    starts_at: datetime | Unset | None = UNSET
    expires_at: datetime | Unset | None = UNSET
    click_limit: int | Unset | None = UNSET
    expired_url: str | Unset | None = UNSET
    preview: Mapping[str, Any] | Unset = UNSET
    deep_links: Mapping[str, Any] | Unset = UNSET
    health_check: Mapping[str, Any] | Unset = UNSET
    is_active: bool | Unset = UNSET
    qr_code_id: UUID | Unset | None = UNSET


@needs("assets.write")
async def update_link(command: UpdateLink) -> LinkView:
    """The link after the change, which is announced unless nothing was different.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `SlugTaken`.
    """
    by, asked = command.by, given(command)
    query = meant(by, command.id, command.slug_is)
    # Before the transaction: a hash takes a while.
    protection = await hash_shared_password(HashSharedPassword(asked.get("password")))
    async with transaction() as session:
        row = only_one((await session.execute(held(query))).scalars().all())
        must_be_version(command.version, row.version)
        home = await _home(by, row, asked)
        values = {**await _drafted(by, row, asked), "domain_id": home.domain_id}
        if "password" in asked:
            values["password_hash"] = protection.hash
        values["search_text"] = found_by(values, home.hostname)
        changes = [name for name, value in values.items() if getattr(row, name) != value]
        if changes:
            await _apply(session, by, row, home, values, changes)
        await _tie(by, row, asked)
        return view_of(row, await read_marks(of_one(row, by)))


async def _home(by: Actor, row: LinkRow, asked: Mapping[str, Any]) -> Home:
    """The domain after the change; one that the link has already is not judged again."""
    ids = frozenset((row.domain_id,) if row.domain_id else ())
    present = Home(row.domain_id, (await read_hostnames(ReadHostnames(ids))).of(row.domain_id))
    if "domain_id" in asked:
        wanted = ChooseDomain(by, id=asked["domain_id"])
        is_same = wanted.id == present.domain_id
    else:
        wanted = ChooseDomain(by, asked.get("domain", present.hostname))
        is_same = wanted.hostname == present.hostname
    return present if is_same else await choose_domain(wanted)


async def _drafted(by: Actor, row: LinkRow, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a client decides, as they would be, and where the link would be; judged."""
    before = {name: getattr(row, name) for name in DECIDED}
    if "variants" in asked:
        asked = {**asked, "variants": with_known_ids(asked["variants"], row.variants)}
    values = {**before, **normalised(asked)}
    judge_terms(values)
    # Addresses that were accepted before are not judged again.
    known = set(led_by(before).values())
    new = {name: url for name, url in led_by(values).items() if url not in known}
    await judge_destinations(JudgeDestinations(by.organization_id, new))
    place = await find_new_place(MoveAsset.of(by, row, asked))
    filling = FillUtm(by, place.workspace_id, asked.get("utm_template_id"), values["utm"])
    values["utm"] = dict((await fill_utm(filling)).fields)
    is_watched = values["health_check"].get("enabled", False)
    if led_to(values) != led_to(before) or not is_watched:
        values["health"] = "unknown"
    return {**values, **place.columns}


async def _apply(
    session: AsyncSession,
    by: Actor,
    row: LinkRow,
    home: Home,
    values: Mapping[str, Any],
    changes: list[str],
) -> None:
    """Write the new values, remember where it led, and announce the change."""
    now = outside().clock.now()
    if row.visit_limit is None and values["visit_limit"] is not None:
        await fold_pending(FoldPending("link", row.id))
    await record_change(RecordChange(by, row.id, row.destination_url, values["destination_url"]))
    if "slug" in changes or "domain_id" in changes:
        await claim_slug(ClaimSlug(row.organization_id, row.id, home.space, values["slug"]))
    for name in changes:
        setattr(row, name, values[name])
    row.touch(now)
    await session.flush()
    if "health_check" in changes and not row.health_check.get("enabled", False):
        await stop_looking(StopLooking(row.id))
    names = tuple(told(name, TOLD) for name in changes if name not in UNTOLD)
    await emit(LinkUpdated(**facts_of(row, home.hostname), occurred_at=now, changes=names))


async def _tie(by: Actor, row: LinkRow, asked: Mapping[str, Any]) -> None:
    """The codes that shall follow the link, or none of them any more."""
    if "qr_code_id" not in asked:
        return
    if asked["qr_code_id"] is None:
        await untie_codes(UntieCodes(by, row.id, row.destination_url or ""))
    else:
        await tie_code(TieCode(by, row.id, asked["qr_code_id"]))
