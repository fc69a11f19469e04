"""People who are told of things, and what the tables hold of that, in one line each."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.accounts import OrganizationView
from activities.mail import MailView, ReadMailbox, read_mailbox
from activities.notices.telling import Notify, notify
from activities.outside import outside
from activities.rules.actors import Actor
from schema.db import transaction
from tests.builders.members import the_owner
from tests.builders.tenants import an_organization

LOW = {"name": "Mugs", "left": "3"}


async def a_home(slug: str = "acme") -> tuple[OrganizationView, Actor]:
    """An organization, and its owner with a proved address."""
    home = await an_organization(slug)
    return home, await the_owner(home)


async def tell(home: OrganizationView, key: str, kind: str = "stock_low", **words: str) -> None:
    """Its owner is told of something, by default of what waits for the mail of the day."""
    await notify(Notify(home.id, kind, key, words or LOW))


async def live(
    user_id: UUID, zone: str, at: int = 480, quiet: tuple[int, int] | None = None
) -> None:
    """Somebody's clocks."""
    await run(
        "UPDATE account_user SET time_zone = :zone, digest_at = :at, quiet_from = :start, "
        "quiet_until = :end WHERE id = :id",
        zone=zone,
        at=at,
        start=quiet[0] if quiet else None,
        end=quiet[1] if quiet else None,
        id=user_id,
    )


async def many_members(home: OrganizationView, number: int, role: str = "admin") -> None:
    """So many more members with proved addresses, straight in the tables."""
    await run(
        "WITH made AS (INSERT INTO account_user (id, created_at, email, name, proved_at) "
        "SELECT gen_random_uuid(), :now, 'member' || n || '@many.example', 'Member', :now "
        "FROM generate_series(1, :number) AS n RETURNING id) "
        "INSERT INTO membership (id, created_at, organization_id, user_id, role) "
        "SELECT gen_random_uuid(), :now, :home, id, :role FROM made",
        now=outside().clock.now(),
        number=number,
        home=home.id,
        role=role,
    )


async def scanned(by: Actor, scope: UUID, day: date, visits: int) -> None:
    """A total of a day."""
    await run(
        "INSERT INTO scan_day (scope_id, organization_id, day, visits, uniques, bots, doc) "
        "VALUES (:scope, :owner, :day, :visits, 0, 0, '{}')",
        scope=scope,
        owner=by.organization_id,
        day=day,
        visits=visits,
    )


async def on_trial(organization_id: UUID, ends_at: datetime | None) -> None:
    """Its trial ends then."""
    await run(
        "UPDATE organization SET trial_ends_at = :at WHERE id = :id",
        at=ends_at,
        id=organization_id,
    )


async def mails(kind: str = "") -> list[MailView]:
    """What was queued, the first one first."""
    found = await read_mailbox(ReadMailbox(200))
    return [mail for mail in reversed(found) if kind in ("", mail.kind)]


async def told() -> list[str]:
    """Who gets a mail, as often as there are mails."""
    return sorted(mail.recipient for mail in await mails())


async def run(statement: str, **values: Any) -> list[Any]:
    """The rows that a statement answers, if it answers any."""
    async with transaction() as session:
        done: Any = await session.execute(text(statement), values)
        return list(done.all()) if done.returns_rows else []


async def one(statement: str, **values: Any) -> Any:
    """The only value that a statement answers."""
    ((value,),) = await run(statement, **values)
    return value


async def noted(user_id: UUID, organization_id: UUID, at: datetime) -> None:
    """Something waits for somebody's mail of the day since then, straight in the table."""
    await noted_daily(user_id, organization_id, at, 1)


async def noted_daily(user_id: UUID, organization_id: UUID, first: datetime, days: int) -> None:
    """The same on so many days."""
    await run(
        "INSERT INTO notification (id, created_at, organization_id, user_id, kind, key, words, "
        "is_shown, mail) SELECT gen_random_uuid(), CAST(:first AS timestamptz) + n * "
        "interval '24 hours', :home, :user, 'stock_low', 'noted/' || gen_random_uuid(), "
        "CAST(:words AS jsonb), true, 'daily' FROM generate_series(0, :days - 1) AS n",
        first=first,
        home=organization_id,
        user=user_id,
        words=json.dumps(LOW),
        days=days,
    )


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
