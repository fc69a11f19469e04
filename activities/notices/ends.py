"""Very many ends told of: a number for each organization and day, and not each by itself.

What is told counts on while nobody has read it or had it by mail; after that another one counts
anew, and the first stays as it was told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from activities.notices.telling import LEADERS
from activities.outside import outside
from activities.rules.notices import ABOUT
from schema.db import transaction

EndKind = Literal["codes_ending", "links_ending", "assets_ended"]

_WORDS: Mapping[str, tuple[str, str]] = {"code": ("code", "codes"), "link": ("link", "links")}

_COUNT = "{0} || ' ' || CASE WHEN {0} = 1 THEN :one ELSE :many END"
_SUM = "((t.words->>'n')::int + (excluded.words->>'n')::int)"

# One statement for all organizations of a batch: passes end thousands of assets a second. One that
# is read or mailed in between counts on, so that nothing is lost.
_TELL = f"""
INSERT INTO notification AS t
  (id, created_at, organization_id, user_id, kind, key, words, is_shown, mail)
SELECT gen_random_uuid(), :told_at, m.organization_id, m.user_id, :kind, k.key,
  jsonb_build_object('n', f.n, 'count', {_COUNT.format("f.n")}),
  coalesce(p.in_app, :in_app),
  CASE WHEN u.proved_at IS NULL OR d.mail = 'never' THEN 'never' ELSE coalesce(p.mail, :mail) END
FROM unnest(CAST(:organizations AS uuid[]), CAST(:numbers AS int[])) AS f (organization_id, n)
JOIN membership AS m ON m.organization_id = f.organization_id AND m.role = ANY (:leaders)
JOIN account_user AS u ON u.id = m.user_id
LEFT JOIN notice_preference AS p ON p.user_id = m.user_id
  AND p.organization_id = m.organization_id AND p.topic = 'endings'
LEFT JOIN notice_preference AS d ON d.user_id = m.user_id
  AND d.organization_id = m.organization_id AND d.topic = 'daily_digest'
CROSS JOIN LATERAL (
  SELECT coalesce(
    min(o.key) FILTER (WHERE o.read_at IS NULL AND o.mailed_at IS NULL),
    :key || CASE WHEN count(*) = 0 THEN '' ELSE '/' || count(*) END
  ) AS key FROM notification AS o WHERE o.user_id = m.user_id
  AND o.organization_id = m.organization_id AND (o.key = :key OR o.key LIKE :key || '/%')
) AS k
ORDER BY m.user_id, m.organization_id
ON CONFLICT (user_id, organization_id, key) DO UPDATE SET
  words = jsonb_build_object('n', {_SUM}, 'count', {_COUNT.format(_SUM)}),
  created_at = CASE WHEN t.read_at IS NULL AND t.mailed_at IS NULL
    THEN t.created_at ELSE excluded.created_at END,
  read_at = NULL, mailed_at = NULL, is_shown = excluded.is_shown, mail = excluded.mail
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class TellOfEnds:
    """So many assets of each organization end soon, or ended, in the pass of `now`.

    `organizations` has an organization once for each of them.
    """

    kind: EndKind
    noun: Literal["code", "link"]
    now: datetime
    organizations: tuple[UUID, ...]


async def tell_of_ends(command: TellOfEnds) -> None:
    """Tell owners and admins in the open transaction."""
    counted = sorted(Counter(command.organizations).items())
    if not counted:
        return
    usual = ABOUT["endings"].wish
    one, many = _WORDS[command.noun]
    values: dict[str, Any] = {
        "told_at": outside().clock.now(),
        "kind": command.kind,
        "key": f"{command.kind}/{command.noun}/{command.now:%Y-%m-%d}",
        "organizations": [organization for organization, _ in counted],
        "numbers": [number for _, number in counted],
        "one": one,
        "many": many,
        "in_app": usual.in_app,
        "mail": usual.mail,
        "leaders": list(LEADERS),
    }
    async with transaction() as session:
        await session.execute(text(_TELL), values)
