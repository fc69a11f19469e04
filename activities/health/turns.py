"""Turns of hosts: at most one request a second to each, over all workers.

A turn is kept in the buckets of `activities.meters` by the arithmetic of `rules.throttles`, but it
is waited for instead of refused: who asks first comes first.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from activities.outside import outside
from schema.db import DatabaseAway, transaction

SECONDS_BETWEEN = 1.0

_TURN = text("""
INSERT INTO rate_bucket AS bucket (name, full_at)
VALUES (:name, CAST(:now AS double precision) + :step)
ON CONFLICT (name) DO UPDATE SET full_at = greatest(bucket.full_at, :now) + :step
WHERE greatest(bucket.full_at, :now) <= CAST(:now AS double precision) + :longest
RETURNING full_at - :step - CAST(:now AS double precision)
""")


class NoTurn(Exception):
    """Too many wait for the host, or it is not known how many; nothing was asked of it."""


@dataclass(frozen=True)
class TakeTurn:
    """A turn of a host that comes within so many seconds."""

    host: str
    longest_seconds: float


@dataclass(frozen=True)
class Turn:
    """A turn comes in so many seconds."""

    seconds: float


async def take_turn(command: TakeTurn) -> Turn:
    """When the host may be asked; it is nobody else's moment then. Raises `NoTurn`."""
    values = {
        "name": f"health:{command.host}",
        "now": outside().clock.now().timestamp(),
        "step": SECONDS_BETWEEN,
        "longest": command.longest_seconds,
    }
    try:
        async with transaction() as session:
            wait = await session.scalar(_TURN, values)
    except DatabaseAway as fault:
        raise NoTurn(command.host) from fault
    if wait is None:
        raise NoTurn(command.host)
    return Turn(max(0.0, wait))
