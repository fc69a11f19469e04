"""An asset gets a limit: from then on its counter alone has to say how many visits there were."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from activities.statistics.pending import PENDING, WINDOW, CountedKind
from schema.db import transaction

_FOLD = f"""
WITH folded AS (
  UPDATE scan AS s SET is_counted = true
  WHERE s.asset_id = :id AND s.created_at BETWEEN :low AND :high
    AND NOT s.is_bot AND NOT s.is_counted AND {PENDING}
  RETURNING s.created_at
)
UPDATE {{table}} SET {{visits}} = {{visits}} + f.visits,
  {{last_at}} = greatest({{last_at}}, f.last_at)
FROM (SELECT count(*) AS visits, max(created_at) AS last_at FROM folded) AS f
WHERE id = :id
"""  # noqa: S608

_COUNTERS = {
    "qr": {"table": "qr_code", "visits": "scan_count", "last_at": "last_scanned_at"},
    "link": {"table": "link", "visits": "click_count", "last_at": "last_clicked_at"},
}


@dataclass(frozen=True)
class FoldPending:
    """A code or link, held by the open transaction, that gets a limit."""

    kind: CountedKind
    id: UUID


async def fold_pending(command: FoldPending) -> None:
    """Count its scans that wait to be rolled up, and mark them as counted.

    Who rolls up looks at these marks once more when it holds the asset, so none counts twice.
    """
    async with transaction() as session:
        low, high = (await session.execute(text(WINDOW))).one()
        if low is not None:
            statement = text(_FOLD.format(**_COUNTERS[command.kind]))
            await session.execute(statement, {"id": command.id, "low": low, "high": high})
