"""Which organizations want to hear of visits: others get no events of them at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.rules.events import matches
from schema.db import transaction

KINDS = {"qr": "qr.scanned", "link": "link.clicked"}
"""What a visit of an asset is called as an event."""

SUBSCRIBED = """
SELECT organization_id, array_agg(DISTINCT pattern)
FROM endpoint, unnest(events) AS pattern
WHERE organization_id = ANY(%(organizations)s::uuid[]) AND status = 'active'
  AND deleted_at IS NULL
GROUP BY organization_id
"""


@dataclass(frozen=True)
class FindWanted:
    """What do these organizations want to hear?"""

    organization_ids: frozenset[UUID]


@dataclass(frozen=True)
class Wanted:
    """The patterns that their active endpoints subscribe to."""

    patterns: Mapping[UUID, frozenset[str]]

    def wants(self, organization_id: UUID, asset_kind: str) -> bool:
        """Whether somebody there wants to hear of visits to such an asset."""
        patterns = self.patterns.get(organization_id, frozenset())
        return any(matches(pattern, KINDS[asset_kind]) for pattern in patterns)


async def find_wanted(command: FindWanted) -> Wanted:
    """One statement for all of them."""
    values: dict[str, Any] = {"organizations": list(command.organization_ids)}
    async with transaction() as session:
        connection = await session.connection()
        return wanted_of((await connection.exec_driver_sql(SUBSCRIBED, values)).all())


def wanted_of(rows: Any) -> Wanted:
    """What rows of `SUBSCRIBED` say."""
    return Wanted({organization_id: frozenset(patterns) for organization_id, patterns in rows})
