"""The keys of visitor ids: a new one every day (UTC), forgotten a day after its own.

Without its key nobody can tell any longer which visitor of that day was who.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.rules.visitor_ids import SALT_BYTES
from schema.db import transaction
from schema.tables import VisitorSaltRow

DAY = timedelta(days=1)


@dataclass(frozen=True)
class ReadSalts:
    """The salts of a day (UTC) and of the next one."""

    day: date


@dataclass(frozen=True)
class Salts:
    """What visitors of `day` and of the day after are hashed with, 32 random bytes each."""

    day: date
    salt: bytes = field(repr=False)
    next_salt: bytes = field(repr=False)


async def read_salts(command: ReadSalts) -> Salts:
    """The same for every process that asks: the first one makes them.

    Those older than the day before are deleted.
    """
    day, next_day = command.day, command.day + DAY
    async with transaction() as session:
        found = await _found(session)
        if any(old < day - DAY for old in found):
            old = delete(VisitorSaltRow).where(col(VisitorSaltRow.day) < day - DAY)
            await session.execute(old)
        if day not in found or next_day not in found:
            made = [{"day": d, "salt": outside().dice.throw(SALT_BYTES)} for d in (day, next_day)]
            await session.execute(insert(VisitorSaltRow).values(made).on_conflict_do_nothing())
            found = await _found(session)
    return Salts(day, found[day], found[next_day])


async def _found(session: AsyncSession) -> Mapping[date, bytes]:
    query = select(col(VisitorSaltRow.day), col(VisitorSaltRow.salt))
    return {row.day: row.salt for row in await session.execute(query)}


class DailySalt:
    """The salts that this process knows: midnight needs no database, nor does one that is away.

    `refresh` is to be called at the start and every few minutes.
    """

    def __init__(self) -> None:
        self._salts: Mapping[date, bytes] = {}

    def current(self, now: datetime) -> bytes | None:
        """The salt of the day of `now`; None when it was never read."""
        return self._salts.get(now.astimezone(UTC).date())

    async def refresh(self, now: datetime) -> None:
        """Read the salts of this day and the next, and forget those before yesterday's.

        Raises `DatabaseAway`; then what is known stays.
        """
        today = now.astimezone(UTC).date()
        self._salts = {day: salt for day, salt in self._salts.items() if day >= today - DAY}
        read = await read_salts(ReadSalts(today))
        self._salts = {**self._salts, read.day: read.salt, read.day + DAY: read.next_salt}
