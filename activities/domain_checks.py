"""Whether a domain is an organization's: asked of DNS, decided once for all organizations."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from activities.audit import done_by, record_act
from activities.domains import Domains, DomainView
from activities.gateways.dns import NameUnknown
from activities.meters import Take, take
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.hostnames import VALUE, challenge_name, is_answered
from activities.rules.throttles import DOMAIN_CHECKS
from schema.db import transaction
from schema.tables import DomainRow

NO_NAME = "DNS knows no {name} yet. Add the TXT record there; DNS may take some minutes to show it."
NO_TEXT = "{name} has no TXT record yet. Add it; DNS may take some minutes to show it."
NOT_OURS = "{name} has TXT records, but not the one of this domain. Add it beside the others."
ANOTHER = "The TXT record of {name} has another value. Replace it with the one given here."
SILENT = "DNS did not answer for {name}. Try again in some minutes."
TAKEN = "Another organization has proved this domain before and has to remove it first."


@dataclass(frozen=True)
class VerifyDomain:
    """Look now whether the proof is in DNS."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class _Look:
    """What was seen: the record itself, or a sentence about what was there instead."""

    failure: str | None = None
    is_sure: bool = True


@needs("workspaces.write")
async def verify_domain(command: VerifyDomain) -> DomainView:
    """The domain after a look into DNS, outside any transaction of ours.

    With the proof it is active, unless another organization has it: the first one keeps it. Without
    it, it has failed and can be tried again. Where DNS does not answer nothing is decided, and an
    active one stays active whatever is seen: its links are printed.

    Raises `NotFound`, `RateLimited`, and `Forbidden` for an actor of one workspace.
    """
    by, mine = command.by, Domains(command.by)
    mine.must_see_all()
    async with transaction() as session:
        row = await mine.hold(session, command.id)
    await take(Take(DOMAIN_CHECKS, str(by.organization_id)))
    seen = await _look(row.hostname, row.challenge)
    async with transaction() as session:
        row = await mine.hold(session, command.id)
        was_active = row.status == "active"
        row.checked_at, row.failure = outside().clock.now(), seen.failure
        if seen.failure is None and not was_active:
            await _claim(session, by, row)
        elif seen.failure is not None and seen.is_sure and not was_active:
            row.status = "failed"
        await session.flush()
        return await mine.one(session, command.id)


async def _look(hostname: str, challenge: str) -> _Look:
    name = challenge_name(hostname)
    try:
        values = await outside().resolver.texts(name)
    except NameUnknown:
        return _Look(NO_NAME.format(name=name))
    except OSError:
        return _Look(SILENT.format(name=name), is_sure=False)
    if is_answered(values, challenge):
        return _Look()
    if not values:
        return _Look(NO_TEXT.format(name=name))
    stale = any(VALUE in value for value in values)
    return _Look((ANOTHER if stale else NOT_OURS).format(name=name))


async def _claim(session: AsyncSession, by: Actor, row: DomainRow) -> None:
    """Make it active, if no other organization's is: of two at once the unique index lets one."""
    proved = {"status": "active", "verified_at": row.checked_at}
    try:
        async with session.begin_nested():
            row.sqlmodel_update(proved)
            await session.flush()
    except IntegrityError:
        await session.refresh(row)
        row.sqlmodel_update(
            {"status": "failed", "failure": TAKEN, "checked_at": outside().clock.now()}
        )
    else:
        target = f"domain {row.id}"
        await record_act(done_by(by, "domain.verified", target, hostname=row.hostname))
