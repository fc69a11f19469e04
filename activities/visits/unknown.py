"""Visits to addresses that nobody has: how many, by day and domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from schema.db import transaction

_ADD = text(
    "INSERT INTO unknown_visit (day, hostname, visits) VALUES (:day, :hostname, :visits) "
    "ON CONFLICT (day, hostname) DO UPDATE SET visits = unknown_visit.visits + excluded.visits"
)


@dataclass(frozen=True)
class CountUnknown:
    """So many more, by day (UTC) and custom domain; the name is empty for our own."""

    visits: Mapping[tuple[date, str], int]


async def count_unknown(command: CountUnknown) -> None:
    """Add them."""
    rows = [
        {"day": day, "hostname": hostname, "visits": visits}
        for (day, hostname), visits in sorted(command.visits.items())
    ]
    if rows:
        async with transaction() as session:
            await session.execute(_ADD, rows)
