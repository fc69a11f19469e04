"""Who hears that the destination of a link changed: receivers of its event, and by mail owners and
admins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.links.domains import ReadHostnames, read_hostnames
from activities.links.views import facts_of
from activities.mail import QueueMail, queue_mail
from activities.outbox import emit
from activities.outside import outside
from activities.rules.facts.links import LinkHealthChanged
from activities.rules.health import WHY, MailAbout, News
from schema.db import transaction
from schema.tables import LinkRow, MembershipRow, OrganizationRow, UserRow


@dataclass(frozen=True)
class Change:
    """What a look changed, and how it is told; `certificate_until` is as it saw it."""

    before: str
    news: News
    certificate_until: datetime | None


@dataclass(frozen=True)
class TellChange:
    """Tell of a change of a link whose new state is written; `reason` is why it is so."""

    link_id: UUID
    change: Change
    reason: str | None


async def tell_change(command: TellChange) -> None:
    """Emit the event and queue the mails in the open transaction."""
    change = command.change
    async with transaction() as session:
        link = await session.get_one(LinkRow, command.link_id)
        if change.news.event:
            await emit(await _fact(link, change.before, command.reason))
        if change.news.mail:
            await _mail(session, link, change.news.mail, command)


async def _fact(link: LinkRow, before: str, reason: str | None) -> LinkHealthChanged:
    ids = frozenset((link.domain_id,) if link.domain_id else ())
    hostname = (await read_hostnames(ReadHostnames(ids))).of(link.domain_id)
    return LinkHealthChanged(
        **facts_of(link, hostname),
        occurred_at=outside().clock.now(),
        state_before=before,
        state=link.health,
        reason=reason,
    )


async def _mail(
    session: AsyncSession, link: LinkRow, about: MailAbout, command: TellChange
) -> None:
    organization = await session.get_one(OrganizationRow, link.organization_id)
    until = command.change.certificate_until
    words = {
        "organization": organization.name,
        "name": link.name or link.slug,
        # Path and query of an address may hold secrets.
        "host": urlsplit(link.destination_url or "").hostname or "",
        "why": WHY.get(command.reason or "", command.reason or ""),
        "until": f"{until:%-d %B %Y}" if until else "",
        "link": f"{outside().public_url}/sign-in",
    }
    for address in await _addresses(session, link.organization_id):
        await queue_mail(QueueMail(about, address, words, link.organization_id))


async def _addresses(session: AsyncSession, organization_id: UUID) -> Sequence[str]:
    """Those of owners and admins whose address is proved."""
    query = (
        select(UserRow.email)
        .join(MembershipRow, col(MembershipRow.user_id) == UserRow.id)
        .where(
            MembershipRow.organization_id == organization_id,
            col(MembershipRow.role).in_(("owner", "admin")),
            col(UserRow.proved_at).is_not(None),
        )
        .order_by(UserRow.email)
    )
    return (await session.execute(query)).scalars().all()
