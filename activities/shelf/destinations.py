"""Where assets may lead: away from us, and only to addresses that browsers open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from activities.outside import outside
from activities.rules import destinations
from activities.rules.errors import InvalidFields
from schema.db import transaction
from schema.tables import DomainRow


@dataclass(frozen=True)
class JudgeDestinations:
    """Addresses that an asset of the organization shall lead to, by the name of their field."""

    organization_id: UUID
    urls: Mapping[str, str]


async def judge_destinations(command: JudgeDestinations) -> None:
    """Raise `InvalidFields` naming each one that is no address to lead to, or leads in circles."""
    wrong = {
        name: [refusal]
        for name, url in command.urls.items()
        if (refusal := destinations.refusal(url))
    }
    if not wrong and command.urls:
        own = await _own_hosts(command)
        wrong = {
            name: [refusal]
            for name, url in command.urls.items()
            if (refusal := destinations.leads_home(url, own))
        }
    if wrong:
        raise InvalidFields(wrong)


async def _own_hosts(command: JudgeDestinations) -> frozenset[str]:
    """Ours, and those custom domains of anybody that the addresses name."""
    hosts = {destinations.host_of(url) for url in command.urls.values()}
    query = select(DomainRow.hostname).where(
        col(DomainRow.hostname).in_(hosts),
        DomainRow.status == "active",
        col(DomainRow.deleted_at).is_(None),
    )
    async with transaction() as session:
        return outside().own_hosts | set((await session.execute(query)).scalars())
