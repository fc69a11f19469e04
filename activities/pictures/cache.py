"""Finished pictures, kept for a while under the digest of all that they were made from.

What is kept is bounded, and goes in the order of its last use. When the table cannot be reached
pictures are made anew and that is logged: it saves work, nothing depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import structlog

from activities.outside import outside
from schema.db import DatabaseAway, at_once

LARGEST = 1024 * 1024
"""Bytes of a picture that is kept; larger ones would drive out too many others."""

USED_ONCE_AN_HOUR = timedelta(hours=1)
"""How old the note of the last use may be: what is asked for often is not written often."""

_AT_ONCE = 200
"""Pictures that go in one statement."""

_SHARE = 32
"""After this part of the room was filled by a process it looks whether something has to go."""

_FIND = """
WITH used AS (
  UPDATE picture_cache SET used_at = %(now)s WHERE key = %(key)s AND used_at < %(before)s
)
SELECT content, media_type, score FROM picture_cache WHERE key = %(key)s
"""

_KEEP = """
INSERT INTO picture_cache (key, content, media_type, score, size, used_at)
VALUES (%(key)s, %(content)s, %(media_type)s, %(score)s::jsonb, %(size)s, %(now)s)
ON CONFLICT (key) DO NOTHING RETURNING size
"""

_TRIM = """
WITH gone AS (
  DELETE FROM picture_cache WHERE key IN (
    SELECT key FROM (
      SELECT key, sum(size) OVER (ORDER BY used_at, key) - size AS before
      FROM (SELECT key, size, used_at FROM picture_cache ORDER BY used_at LIMIT %(limit)s) AS old
    ) AS oldest WHERE before < %(over)s
  ) RETURNING size
)
SELECT count(*), coalesce(sum(size), 0) FROM gone
"""

log = structlog.get_logger("inkloom.pictures")


@dataclass(frozen=True)
class FindPicture:
    """The picture of this key, which `activities.pictures.keys` makes."""

    key: str


@dataclass(frozen=True)
class KeepPicture:
    """A picture, and how well it scans as JSON, as far as anybody looked."""

    key: str
    content: bytes
    media_type: str
    score: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class KeptPicture:
    """A picture that was made before."""

    content: bytes
    media_type: str
    score: Mapping[str, Any] | None


@dataclass(frozen=True)
class TrimPictures:
    """Let those go that were not used for longest, down to what there is room for."""


@dataclass(frozen=True)
class Trimmed:
    """How many went."""

    rows: int


async def find_picture(command: FindPicture) -> KeptPicture | None:
    """The picture; None when it is not there or nobody can look."""
    if not outside().picture_cache_bytes:
        return None
    now = outside().clock.now()
    values = {"key": command.key, "now": now, "before": now - USED_ONCE_AN_HOUR}
    rows = await _ask(_FIND, values)
    if not rows:
        return None
    content, media_type, score = rows[0]
    return KeptPicture(bytes(content), media_type, score)


async def keep_picture(command: KeepPicture) -> None:
    """Keep it unless it is too large; now and then others go for it."""
    room, size = outside().picture_cache_bytes, len(command.content)
    if not room or size > min(LARGEST, room):
        return
    values = {
        "key": command.key,
        "content": command.content,
        "media_type": command.media_type,
        "score": None if command.score is None else json.dumps(command.score),
        "size": size,
        "now": outside().clock.now(),
    }
    _Filled.octets += sum(row[0] for row in await _ask(_KEEP, values))
    if _Filled.octets * _SHARE > room:
        _Filled.octets = 0
        await trim_pictures(TrimPictures())


async def trim_pictures(command: TrimPictures) -> Trimmed:
    """Delete in small parts, each by itself, until the rest fits."""
    rows = 0
    held = await _ask("SELECT coalesce(sum(size), 0) FROM picture_cache", {})
    over = int(held[0][0]) - outside().picture_cache_bytes if held else 0
    while over > 0:
        gone = await _ask(_TRIM, {"limit": _AT_ONCE, "over": over})
        if not gone or not gone[0][0]:
            break
        rows += int(gone[0][0])
        over -= int(gone[0][1])
    return Trimmed(rows)


class _Filled:
    """What this process has kept since it last looked."""

    octets = 0


async def _ask(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows; none when something is wrong with the table or the way to it."""
    try:
        return list(await at_once(statement, values))
    except (DatabaseAway, psycopg.Error) as fault:
        log.warning("the picture cache cannot be used", reason=str(fault).partition("\n")[0])
        return []
