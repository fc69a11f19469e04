"""Who hears that the destinations of a link or code changed: receivers of the event, owners and
admins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from activities.links.domains import ReadHostnames, read_hostnames
from activities.links.views import facts_of as link_facts
from activities.notices.telling import Notify, notify
from activities.outbox import emit
from activities.outside import outside
from activities.qr_codes.views import facts_of as code_facts
from activities.rules.events import Event
from activities.rules.facts.codes import QrHealthChanged, QrHealthFailed, QrHealthRecovered
from activities.rules.facts.links import (
    LinkHealthChanged,
    LinkHealthFailed,
    LinkHealthRecovered,
)
from activities.rules.health import WHY, MailAbout, News, Turn, turn
from activities.rules.spelling import stamp
from schema.db import transaction
from schema.tables import LinkRow, QrCodeRow

_OF_CODES: Mapping[Turn, type[QrHealthChanged]] = {
    "failed": QrHealthFailed,
    "recovered": QrHealthRecovered,
    "changed": QrHealthChanged,
}
_OF_LINKS: Mapping[Turn, type[LinkHealthChanged]] = {
    "failed": LinkHealthFailed,
    "recovered": LinkHealthRecovered,
    "changed": LinkHealthChanged,
}


@dataclass(frozen=True)
class Change:
    """What a look changed, and how it is told; `certificate_until` is as it saw it."""

    before: str
    news: News
    certificate_until: datetime | None


@dataclass(frozen=True)
class TellChange:
    """Tell of a change of a link or code whose new state is written.

    `reason` is why `url`, which it leads to, is so.
    """

    asset_kind: str
    asset_id: UUID
    change: Change
    reason: str | None
    url: str


async def tell_change(command: TellChange) -> None:
    """Emit the event and tell people in the open transaction."""
    change = command.change
    async with transaction() as session:
        asset: LinkRow | QrCodeRow
        if command.asset_kind == "qr":
            asset = await session.get_one(QrCodeRow, command.asset_id, populate_existing=True)
        else:
            asset = await session.get_one(LinkRow, command.asset_id, populate_existing=True)
        if change.news.event:
            await emit(await _fact(asset, command))
        if change.news.mail:
            await _tell(asset, change.news.mail, command)


async def _fact(asset: LinkRow | QrCodeRow, command: TellChange) -> Event:
    now = turn(command.change.before, asset.health)
    changed: dict[str, Any] = {
        "occurred_at": outside().clock.now(),
        "state_before": command.change.before,
        "state": asset.health,
        "reason": command.reason,
        "url": command.url,
    }
    of_kind = _OF_CODES if isinstance(asset, QrCodeRow) else _OF_LINKS
    return of_kind[now](**await _facts_of(asset), **changed)


async def _facts_of(asset: LinkRow | QrCodeRow) -> dict[str, Any]:
    if isinstance(asset, QrCodeRow):
        return code_facts(asset)
    ids = frozenset((asset.domain_id,) if asset.domain_id else ())
    hostname = (await read_hostnames(ReadHostnames(ids))).of(asset.domain_id)
    return link_facts(asset, hostname)


async def _tell(asset: LinkRow | QrCodeRow, about: MailAbout, command: TellChange) -> None:
    until, reason = command.change.certificate_until, command.reason or ""
    facts = await _facts_of(asset)
    own = asset.short_code if isinstance(asset, QrCodeRow) else asset.slug
    words = {
        "name": asset.name or own or "",
        "noun": "QR code" if isinstance(asset, QrCodeRow) else "link",
        "address": facts["short_url"] or "",
        # Path and query of an address may hold secrets.
        "host": urlsplit(command.url).hostname or "",
        "why": WHY.get(reason, reason),
        "until": f"{until:%-d %B %Y}" if until else "",
    }
    key = f"{about}/{asset.id}/{stamp(outside().clock.now())}"
    await notify(Notify(asset.organization_id, about, key, words, command.asset_kind, asset.id))
