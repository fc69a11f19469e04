"""A visit to a short address, followed at once: without a memory, in a batch of its own.

The web's door is `activities.visits.desk`, which remembers assets and gathers visits into batches.
"""

from __future__ import annotations

from datetime import UTC

from activities.outside import outside
from activities.rules import slugs
from activities.rules.errors import NotFound
from activities.rules.visitor_ids import visitor_id
from activities.visits.leading import Follow, Outcome, decide
from activities.visits.ledger import WriteScans, new_batch, write_scans
from activities.visits.salts import ReadSalts, read_salts
from activities.visits.targets import FindHome, FindTarget, Home, find_home, find_target
from activities.visits.wanted import FindWanted, find_wanted
from schema.db import transaction
from schema.direct import Direct

PATIENCE_SECONDS = 3.0


async def follow(command: Follow) -> Outcome:
    """Lead a visit on; its scan, count and event are committed when this answers.

    Raises `NotFound` for what is not there, or not open; see `activities.visits.leading.decide`.
    """
    if not slugs.could_exist(command.slug):
        raise NotFound("short address")
    async with transaction():
        home = await find_home(FindHome(command.host))
        target = await find_target(FindTarget(command.kind, command.slug, home=home))
    if target is None:
        raise NotFound("short address")
    now = outside().clock.now()
    decision = decide(target, command, now)
    if decision.scan is None:
        return decision.outcome
    organization_id = target.asset.organization_id
    wanted = await find_wanted(FindWanted(frozenset((organization_id,))))
    today = await read_salts(ReadSalts(now.astimezone(UTC).date()))
    scan = decision.scan._replace(
        visitor_id=visitor_id(today.salt, decision.scan.visitor.whence, organization_id),
        is_wanted=wanted.wants(organization_id, target.asset.kind),
    )
    over = Direct(patience=PATIENCE_SECONDS)
    try:
        (is_let,) = await write_scans(WriteScans((scan,), new_batch(), over))
    finally:
        over.close()
    return decision.outcome if is_let or decision.late is None else decision.late


class Straight:
    """A desk without a memory, for an application that nobody starts and stops."""

    async def follow(self, command: Follow) -> Outcome:
        """As `follow`."""
        return await follow(command)

    async def find_home(self, host: str) -> Home | None:
        """As `activities.visits.targets.find_home`."""
        return await find_home(FindHome(host))

    def note_unknown(self, host: str) -> None:
        """Nothing is counted here."""
