"""The desk where visits arrive: what is known is decided from memory, and written in batches."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import structlog

from activities.cause import Cause, current_cause
from activities.gateways.spool import Spool
from activities.outside import outside
from activities.rules import slugs
from activities.rules.errors import NotFound
from activities.rules.lifecycle import state_at
from activities.rules.visitor_ids import visitor_id
from activities.shelf.claims import CODES, DEFAULT_DOMAIN
from activities.visitors import Said, Visitor, read_visitor
from activities.visits.known import Known
from activities.visits.leading import Decision, Follow, Outcome, Redirection, decide
from activities.visits.memory import Key, Memory, Unknown
from activities.visits.recorder import Fate, Recorder
from activities.visits.salts import DailySalt
from activities.visits.scans import Scan
from activities.visits.targets import Home, Kind, Target, foreign_name
from activities.visits.unknown import CountUnknown, count_unknown
from activities.visits.watch import Watch
from schema.db import DatabaseAway

TEND_SECONDS = 5.0
"""How often counts of unknown addresses are written, and salts looked after."""

log = structlog.get_logger("inkloom.desk")


class Place(NamedTuple):
    """An address, and the custom domain that it is on."""

    key: Key
    home: Home | None

    def has(self, known: Known) -> bool:
        """Whether it may be met there: on a custom domain only what its organization has."""
        return self.home is None or known.target.asset.organization_id == self.home.organization_id


class Quick(NamedTuple):
    """A visit that needs no page and no look-up: where it goes, once its scan is written."""

    location: str
    scan: Scan


class Arrival(NamedTuple):
    """A visit of which only the head is read yet."""

    kind: Kind
    slug: str
    query: str
    said: Said
    method: str
    address: str
    is_proxied: bool

    def visitor(self, now: datetime) -> Visitor:
        """Who came at that moment."""
        return read_visitor(
            self.method,
            self.said,
            address=self.address,
            query=self.query,
            country_header_trusted=self.is_proxied,
            now=now,
        )


class Desk:
    """One of a process, from `start` to `stop`."""

    def __init__(self, spool: Spool) -> None:
        self.memory = Memory()
        self.recorder = Recorder(spool)
        self._watch = Watch(self.memory)
        self._salt = DailySalt()
        self._unknown: Counter[tuple[date, str]] = Counter()
        self._tending: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; nothing has to answer yet."""
        with suppress(DatabaseAway):
            await self._salt.refresh(outside().clock.now())
        self.recorder.start()
        self._watch.start()
        self._tending = asyncio.create_task(self._tend())

    async def stop(self) -> None:
        """Write what waits."""
        if self._tending is not None:
            self._tending.cancel()
        await self._watch.stop()
        await self.recorder.stop()
        self.memory.close()
        try:
            await self._write_unknown()
        except DatabaseAway:
            log.warning("some visits to unknown addresses are not counted")

    def place_of(self, kind: Kind, slug: str, host: str) -> Place | None:
        """Where to look for it in memory; None while the host is not known."""
        hostname = _foreign_name(host, outside().public_url)
        home = self.memory.peek_home(hostname) if hostname else None
        if isinstance(home, Unknown | NotFound):
            return None
        return Place(_key(kind, slug, home), home)

    def quick(self, known: Known, arrival: Arrival, cause: Cause) -> Quick | None:
        """Decide at once where a visit leads; None for whatever takes more than a redirect."""
        target, now = known.target, outside().clock.now()
        asset, leading = target.asset, target.leading
        if not known.is_open and not _lets_in(target, now):
            return None
        if known.plain is not None:
            scan = Scan(asset, arrival.visitor(now), now, leading.destination_url or "")
            return Quick(known.plain, self._completed(scan, known, cause))
        if leading.variants or leading.preview or leading.deep_links:
            return None
        follow = Follow(arrival.kind, arrival.slug, arrival.visitor(now), query=arrival.query)
        decision = decide(target, follow, now)
        if decision.scan is None or not isinstance(decision.outcome, Redirection):
            return None
        return Quick(decision.outcome.url, self._completed(decision.scan, known, cause))

    async def follow(self, command: Follow) -> Outcome:
        """Lead a visit on; its scan is written when this answers.

        Raises `NotFound`, `DatabaseAway` when something has to be looked up or decided that cannot
        be, and `Overloaded`.
        """
        if not slugs.could_exist(command.slug):
            raise NotFound("short address")
        home = await self.find_home(command.host)
        place = Place(_key(command.kind, command.slug, home), home)
        known = await self.memory.find(place.key)
        if known is None or not place.has(known):
            raise NotFound("short address")
        decision = decide(known.target, command, outside().clock.now())
        return await self._written(decision, known)

    async def find_home(self, host: str) -> Home | None:
        """The custom domain that a Host header names. Raises `NotFound`, `DatabaseAway`."""
        hostname = _foreign_name(host, outside().public_url)
        return await self.memory.find_home(hostname) if hostname else None

    def note_unknown(self, host: str) -> None:
        """Somebody came to an address that nobody has."""
        hostname = _foreign_name(host, outside().public_url) or ""
        home = self.memory.peek_home(hostname) if hostname else None
        name = home.hostname if isinstance(home, Home) else ""
        self._unknown[(outside().clock.now().date(), name)] += 1

    def forget_limit(self, scan: Scan) -> None:
        """Its limit let nobody through: look again before the next visit."""
        self.memory.forget(f"asset {scan.asset.id}")

    async def _written(self, decision: Decision, known: Known) -> Outcome:
        if decision.scan is None:
            return decision.outcome
        scan = self._completed(decision.scan, known, current_cause())
        fate = await self.recorder.written(scan)
        if fate is Fate.UNKNOWN:
            raise DatabaseAway("a limit cannot be decided now")
        if fate is Fate.REFUSED and decision.late is not None:
            self.forget_limit(scan)
            return decision.late
        return decision.outcome

    def _completed(self, scan: Scan, known: Known, cause: Cause) -> Scan:
        salt = self._salt.current(scan.at)
        return scan._replace(
            visitor_id=visitor_id(salt, scan.visitor.whence, scan.asset.organization_id),
            is_wanted=known.is_wanted,
            cause=cause,
            columns=known.columns,
        )

    async def _tend(self) -> None:
        while True:
            try:
                await self._salt.refresh(outside().clock.now())
                await self._write_unknown()
            except DatabaseAway:
                pass
            except Exception:
                log.exception("salts and unknown visits could not be looked after")
            await asyncio.sleep(TEND_SECONDS)

    async def _write_unknown(self) -> None:
        counted, self._unknown = self._unknown, Counter()
        if not counted:
            return
        try:
            await count_unknown(CountUnknown(dict(counted)))
        except BaseException:
            self._unknown.update(counted)
            raise


def _lets_in(target: Target, now: datetime) -> bool:
    """Whether a visit at that moment needs no page and no decision first."""
    if target.guard or target.asset.lifecycle.limit is not None:
        return False
    return all(state_at(stop.lifecycle, now) == "live" for stop in target.stops)


def _key(kind: Kind, slug: str, home: Home | None) -> Key:
    if kind == "qr":
        return CODES, slug
    return (str(home.domain_id) if home else DEFAULT_DOMAIN), slug


@lru_cache(maxsize=4096)
def _foreign_name(host: str, public_url: str) -> str | None:
    """Remembered, as reading a name takes longer than all the rest; our own names never change."""
    return foreign_name(host)
