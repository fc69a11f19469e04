"""What is over after a day at most is forgotten soon: buckets, captchas, salts, batches.

What is kept for longer is forgotten every night (`activities.retention`), and so are answers to
creates with a key, which that reports on. Each table is swept in one bounded statement, so a long
backlog is worked off in several turns.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from activities.outside import outside
from activities.pictures.cache import TrimPictures, trim_pictures
from activities.rules.health import HISTORY_KEPT
from schema.db import transaction

_PASSED = {
    "solved_captcha": "expires_at < :now",
    "rate_bucket": "full_at < extract(epoch FROM CAST(:now AS timestamptz)) - 3600",
    "visitor_salt": "day < CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date) - 1",
    "link_check": f"created_at < CAST(:now AS timestamptz) - interval '{HISTORY_KEPT.days} days'",
    # What is inside of a batch before it.
    "render_part": "batch_id IN (SELECT id FROM render_batch WHERE expires_at <= :now)",
    "render_logo": "batch_id IN (SELECT id FROM render_batch WHERE expires_at <= :now)",
    "render_batch": "expires_at <= :now AND NOT EXISTS "
    "(SELECT FROM render_part WHERE batch_id = render_batch.id) AND NOT EXISTS "
    "(SELECT FROM render_logo WHERE batch_id = render_batch.id)",
}
"""Each table and what of it is over."""


@dataclass(frozen=True)
class SweepExpired:
    """Delete what is over, at most `limit` rows of each table."""

    limit: int = 5000


@dataclass(frozen=True)
class Swept:
    """How many rows went; `is_done` when nothing is left to sweep now."""

    rows: int
    is_done: bool


async def sweep_expired(command: SweepExpired) -> Swept:
    """One turn over all tables, each in a transaction of its own."""
    now = outside().clock.now()
    values = {"now": now, "limit": command.limit}
    counts = []
    for table, over in _PASSED.items():
        # Names and conditions are those above; only values come from outside.
        statement = text(
            f"WITH gone AS (DELETE FROM {table} WHERE ctid = ANY (ARRAY("  # noqa: S608
            f"SELECT ctid FROM {table} WHERE {over} LIMIT :limit)) RETURNING 1) "
            "SELECT count(*) FROM gone"
        )
        async with transaction() as session:
            counts.append(await session.scalar(statement, values) or 0)
    await trim_pictures(TrimPictures())
    return Swept(sum(counts), all(count < command.limit for count in counts))
