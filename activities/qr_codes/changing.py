"""QR codes changed: any of their fields, never what a printed symbol holds without saying so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.gs1.claiming import ClaimProduct, claim_product
from activities.health.picking import StopLooking, stop_looking
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
    with_known_ids,
)
from activities.qr_codes.finding import held, the_code, there
from activities.qr_codes.surroundings import around, read_surroundings
from activities.qr_codes.views import QrCodeView, facts_of, view_of
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version, told
from activities.rules.facts.codes import QrUpdated
from activities.rules.health import led_to, normalised_check
from activities.shelf.claims import CODES, ClaimSlug, claim_slug
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.history import RecordChange, record_change
from activities.shelf.links import FindLink, find_link
from activities.shelf.moving import MoveAsset, find_new_place
from activities.statistics.folding import FoldPending, fold_pending
from schema.db import transaction
from schema.tables import QrCodeRow

AS_ASKED = (
    *("name", "description", "short_code", "destination_url", "is_active"),
    *("starts_at", "expires_at", "expired_url", "link_id", "health_check"),
)
"""Columns that are named and kept as their fields are."""

TOLD = {"visit_limit": "scanLimit", "tag_ids": "tags", "password_hash": "password"}
"""What events call columns that are named otherwise than their fields."""

DERIVED = ("payload", "health")
"""Columns that follow from others; their change is told by those."""


@dataclass(frozen=True)
class UpdateQrCode:
    """Change what is given of one code, by `id` or `short_code`; null takes a value away.

    With `version` only if it is still that one. A new `short_code` is one more: the printed old one
    leads on. `workspace_id` moves the code, out of its folder unless another is given. With
    `dynamic_only` there are no other codes.
    """

    by: Actor
    id: UUID | None = None
    short_code_is: str | None = None
    version: int | None = None
    name: str | Unset = UNSET
    description: str | Unset = UNSET
    destination_url: str | Unset | None = UNSET
    content: Mapping[str, Any] | Unset = UNSET
    short_code: str | Unset = UNSET
    is_active: bool | Unset = UNSET
    workspace_id: UUID | Unset = UNSET
    folder_id: UUID | Unset | None = UNSET
    tags: tuple[str, ...] | Unset = UNSET
    style: Mapping[str, Any] | Unset = UNSET
    variants: tuple[Mapping[str, Any], ...] | Unset = UNSET
    starts_at: datetime | Unset | None = UNSET
    expires_at: datetime | Unset | None = UNSET
    scan_limit: int | Unset | None = UNSET
    expired_url: str | Unset | None = UNSET
    password: str | Unset | None = field(default=UNSET, repr=False)
    link_id: UUID | Unset | None = UNSET
    health_check: Mapping[str, Any] | Unset = UNSET
    dynamic_only: bool = False


@needs("assets.write")
async def update_qr_code(command: UpdateQrCode) -> QrCodeView:
    """The code after the change, which is announced unless nothing was different.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `ShortCodeTaken`.
    """
    by, asked = command.by, given(command)
    # Before the transaction: a hash takes a while.
    protection = await hash_shared_password(HashSharedPassword(asked.get("password")))
    wanted = the_code(
        by, id=command.id, short_code=command.short_code_is, dynamic_only=command.dynamic_only
    )
    async with transaction() as session:
        row = there((await session.execute(held(wanted))).scalar_one_or_none())
        must_be_version(command.version, row.version)
        values = _drafted(row, asked)
        if "password" in asked:
            values["password_hash"] = protection.hash
        if isinstance(asked.get("link_id"), UUID) and asked["link_id"] != row.link_id:
            await find_link(FindLink(by, asked["link_id"]))
        await judge_destinations(
            JudgeDestinations(by.organization_id, _newly_led(row, led_by(values)))
        )
        place = await find_new_place(MoveAsset.of(by, row, asked))
        values |= place.columns
        changes = [name for name, value in values.items() if getattr(row, name) != value]
        if changes:
            await _apply(session, by, row, values, changes)
        return view_of(row, await read_surroundings(around([row])))


def _drafted(row: QrCodeRow, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a client decides, as they would be; judged."""
    values: dict[str, Any] = {
        "type": row.type,
        "is_dynamic": row.is_dynamic,
        **{name: asked.get(name, getattr(row, name)) for name in AS_ASKED},
        "style": dict(asked.get("style", row.style)),
        "visit_limit": asked.get("scan_limit", row.visit_limit),
    }
    if not row.is_dynamic:
        must_suit_static({"password": asked.get("password")})
    if "content" in asked:
        said = asked.get("destination_url")
        address = address_in(row.type, asked["content"], said)
        values["destination_url"] = address or values["destination_url"]
    new_code = values["short_code"] if values["short_code"] != row.short_code else None
    judge_words(values["name"], values["description"], new_code, values["style"])
    judge_terms(values)
    variants: Sequence[Mapping[str, Any]] = row.variants
    if "variants" in asked:
        variants = with_known_ids(asked["variants"], row.variants)
    values["health_check"] = normalised_check(values["health_check"])
    values = with_content(values, asked.get("content", row.content), variants)
    return {**values, "health": _health(row, values)}


def _health(row: QrCodeRow, values: Mapping[str, Any]) -> str:
    """What is known of other destinations, or of what is not looked at, is shown no more."""
    is_watched = values["health_check"].get("enabled", False)
    leads_there = led_to(values) == led_to(row.model_dump()) and values["link_id"] == row.link_id
    return row.health if is_watched and leads_there else "unknown"


def _newly_led(row: QrCodeRow, urls: Mapping[str, str]) -> dict[str, str]:
    """Addresses that were accepted before are not judged again."""
    before = set(led_by(row.model_dump()).values())
    return {name: url for name, url in urls.items() if url not in before}


async def _apply(
    session: AsyncSession,
    by: Actor,
    row: QrCodeRow,
    values: Mapping[str, Any],
    changes: list[str],
) -> None:
    """Write the new values, remember where it led, and announce the change."""
    now = outside().clock.now()
    if row.visit_limit is None and values["visit_limit"] is not None:
        await fold_pending(FoldPending("qr", row.id))
    await record_change(RecordChange(by, row.id, row.destination_url, values["destination_url"]))
    if "short_code" in changes:
        await claim_slug(ClaimSlug(row.organization_id, row.id, CODES, values["short_code"]))
    if row.type == "GS1" and row.is_dynamic and "payload" in changes:
        await claim_product(ClaimProduct(row.organization_id, row.id, values["content"]))
    for name in changes:
        setattr(row, name, values[name])
    row.search_text = found_by(row.model_dump())
    row.touch(now)
    await session.flush()
    if "health_check" in changes and not row.health_check.get("enabled", False):
        await stop_looking(StopLooking(row.id))
    names = tuple(told(name, TOLD) for name in changes if name not in DERIVED)
    await emit(QrUpdated(**facts_of(row), occurred_at=now, changes=names))
