"""What is over is forgotten: answers, buckets, captchas, links, mails, sessions, imports, batches.

Rows that prove something (audit, keys, grants) stay. Each table is swept in one bounded statement,
so a long backlog is worked off in several turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from activities.outside import outside
from activities.pictures.cache import TrimPictures, trim_pictures
from schema.db import transaction

KEPT_AFTER_ITS_END = timedelta(days=30)
"""How long links, sessions, refresh tokens and imports stay readable after they ended."""

# A day later than a preview can be started, so that none is swept from under its first part.
_IMPORT_OVER = (
    "(status IN ('done', 'cancelled') AND finished_at < :long_ago OR status = 'previewed' "
    "AND created_at < CAST(:long_ago AS timestamptz) - interval '1 day')"
)

_PASSED = {
    "idempotency_key": "expires_at < :now",
    "solved_captcha": "expires_at < :now",
    "rate_bucket": "full_at < extract(epoch FROM CAST(:now AS timestamptz)) - 3600",
    "sign_in_link": "expires_at < :long_ago",
    "refresh_token": "expires_at < :long_ago",
    "browser_session": "expires_at < :long_ago",
    "team_invite": "expires_at < :long_ago AND accepted_at IS NULL",
    "mail": "created_at < :long_ago",
    "oauth_code": "expires_at < :long_ago",
    "oauth_token": "refresh_expires_at < :long_ago",
    "visitor_salt": "day < CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date) - 1",
    # What is inside of a batch before it.
    "render_part": "batch_id IN (SELECT id FROM render_batch WHERE expires_at <= :now)",
    "render_logo": "batch_id IN (SELECT id FROM render_batch WHERE expires_at <= :now)",
    "render_batch": "expires_at <= :now AND NOT EXISTS "
    "(SELECT FROM render_part WHERE batch_id = render_batch.id) AND NOT EXISTS "
    "(SELECT FROM render_logo WHERE batch_id = render_batch.id)",
    # Lines before their import.
    "import_item": f"import_id IN (SELECT id FROM import_job WHERE {_IMPORT_OVER})",  # noqa: S608
    "import_job": f"{_IMPORT_OVER} AND NOT EXISTS "
    "(SELECT FROM import_item WHERE import_id = import_job.id)",
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
    values = {"now": now, "long_ago": now - KEPT_AFTER_ITS_END, "limit": command.limit}
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
