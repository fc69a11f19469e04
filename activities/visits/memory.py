"""What a process remembers of short addresses: their assets, custom domains, and who listens.

Bounded, also in what is known not to be there. Many who ask for the same unknown address ask the
database once; those who ask for others while it answers are asked for together, next time. What
changes is forgotten as soon as `activities.visits.watch` hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

from activities.rules.errors import NotFound
from activities.shelf.claims import CODES
from activities.visits.known import Known, known_of
from activities.visits.targets import (
    BY_SLUG,
    CODE,
    HOME,
    LINK,
    Home,
    home_of,
    target_of,
)
from activities.visits.wanted import SUBSCRIBED, Wanted, wanted_of
from schema.direct import Direct

MOST_KNOWN = 100_000
MOST_ABSENT = 50_000
MOST_HOSTS = 10_000
ABSENT_SECONDS = 60.0
"""How long an address that nobody had stays unknown, if nothing is heard of it."""

PATIENCE_SECONDS = 3.0
MOST_AT_ONCE = 500

Key = tuple[str, str]
"""The space of a slug (`activities.shelf.claims`) and the slug."""


class Absent(NamedTuple):
    """Nobody is at the address `until` then; the slug may be claimed for an asset all the same."""

    until: float
    asset_id: UUID | None


class Unknown:
    """The type of `UNKNOWN`."""


UNKNOWN: Final = Unknown()
"""Nothing is remembered of it."""


class Memory:
    """One of a process. `peek_` answer what is remembered, the others ask the database for it.

    Those raise `DatabaseAway`.
    """

    def __init__(self, *, most_known: int = MOST_KNOWN, direct: Direct | None = None) -> None:
        self._most_known = most_known
        self._direct = direct or Direct(patience=PATIENCE_SECONDS)
        self._known: dict[Key, Known] = {}
        self._absent: dict[Key, Absent] = {}
        self._keys_of: dict[UUID, list[Key]] = {}
        self._homes: dict[str, Home | NotFound | None] = {}
        self._wanted: dict[UUID, Wanted] = {}
        self._asked: dict[Key, asyncio.Future[Known | None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._changes = 0

    def peek(self, key: Key) -> Known | Unknown | None:
        """What is at the address; None for nothing."""
        known = self._known.get(key)
        if known is not None:
            return known
        absent = self._absent.get(key)
        if absent is None:
            return UNKNOWN
        if absent.until > monotonic():
            return None
        self._drop(key)
        return UNKNOWN

    async def find(self, key: Key) -> Known | None:
        """What is at the address; None for nothing."""
        found = self.peek(key)
        if not isinstance(found, Unknown):
            return found
        # Who goes away must not take the answer from the others.
        return await asyncio.shield(self.ask(key))

    def ask(self, key: Key) -> asyncio.Future[Known | None]:
        """What will be known of an `UNKNOWN` address; everybody who asks gets the same future."""
        waiting = self._asked.get(key)
        if waiting is None:
            waiting = self._asked[key] = asyncio.get_running_loop().create_future()
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
        return waiting

    def peek_home(self, hostname: str) -> Home | NotFound | Unknown | None:
        """The custom domain, None for a name that nobody brought, `NotFound` for one that ended."""
        return self._homes.get(hostname, UNKNOWN)

    async def find_home(self, hostname: str) -> Home | None:
        """The custom domain, or None for a name that nobody brought. Raises `NotFound`."""
        found = self.peek_home(hostname)
        if isinstance(found, Unknown):
            changes = self._changes
            rows = await self._direct.read(HOME, {"hostname": hostname})
            try:
                found = home_of(rows)
            except NotFound as gone:
                found = gone
            if changes == self._changes:
                _bound(self._homes, MOST_HOSTS)
                self._homes[hostname] = found
        if isinstance(found, NotFound):
            raise NotFound("domain")
        return found

    def forget(self, changed: str) -> None:
        """Something changed, as `schema.visits.RouteChangeRow` spells it."""
        self._changes += 1
        kind, _, what = changed.partition(" ")
        match kind:
            case "asset":
                for key in self._keys_of.pop(UUID(what), ()):
                    self._drop(key)
            case "slug":
                space, _, slug = what.partition("/") if what[0] != "/" else ("/", "", what[2:])
                self._drop((space, slug))
            case "events":
                self._wanted.pop(UUID(what), None)
                self._forget_wanting(UUID(what))
            case _:
                self.forget_all()

    def forget_all(self) -> None:
        """Begin anew."""
        self._changes += 1
        for memory in (self._known, self._absent, self._keys_of, self._homes, self._wanted):
            memory.clear()

    def close(self) -> None:
        """Give the connection up; who still waits is let go."""
        if self._asking is not None:
            self._asking.cancel()
        for waiting in self._asked.values():
            waiting.cancel()
        self._direct.close()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def watched(self) -> int:
        """How many assets there are whose changes concern something that is remembered."""
        return len(self._keys_of)

    async def _ask(self) -> None:
        while self._asked:
            # Whoever is about to ask for something else is asked for as well.
            await asyncio.sleep(0)
            keys = tuple(self._asked)[:MOST_AT_ONCE]
            changes = self._changes
            try:
                found = await self._read(keys)
            except Exception as fault:
                for key in keys:
                    _settle(self._asked.pop(key), fault=fault)
                continue
            for key in keys:
                known = found.get(key)
                # What changed while it was read is not remembered.
                if changes == self._changes:
                    self._remember(key, known)
                _settle(self._asked.pop(key), known[1] if known else None)

    async def _read(self, keys: tuple[Key, ...]) -> dict[Key, tuple[UUID, Known | None]]:
        """What is at the addresses, with the asset that each was claimed for."""
        rows: list[Any] = []
        for statement, wanted in (
            (CODE, [key for key in keys if key[0] == CODES]),
            (LINK, [key for key in keys if key[0] != CODES]),
        ):
            if wanted:
                spaces, slugs = zip(*wanted, strict=True)
                values = {"spaces": list(spaces), "slugs": list(slugs)}
                rows += await self._direct.read(statement + BY_SLUG, values)
        targets = {(row[0], row[1]): (row[2], target_of(row)) for row in rows}
        wanted_by = await self._who_wants(
            target.asset.organization_id for _, target in targets.values() if target
        )
        return {
            key: (asset_id, known_of(target, wanted_by) if target else None)
            for key, (asset_id, target) in targets.items()
        }

    async def _who_wants(self, organization_ids: Iterable[UUID]) -> dict[UUID, Wanted]:
        asked = set(organization_ids)
        wanted_by = {each: self._wanted[each] for each in asked if each in self._wanted}
        unknown = [each for each in asked if each not in wanted_by]
        if unknown:
            changes = self._changes
            found = wanted_of(await self._direct.read(SUBSCRIBED, {"organizations": unknown}))
            wanted_by.update(dict.fromkeys(unknown, found))
            for each in unknown if changes == self._changes else ():
                _bound(self._wanted, self._most_known)
                self._wanted[each] = found
        return wanted_by

    def _remember(self, key: Key, found: tuple[UUID, Known | None] | None) -> None:
        asset_id, known = found or (None, None)
        self._drop(key)
        if known is None:
            self._make_room(self._absent, MOST_ABSENT)
            self._absent[key] = Absent(monotonic() + ABSENT_SECONDS, asset_id)
        else:
            self._make_room(self._known, self._most_known)
            self._known[key] = known
        for id_ in self._ids(key):
            self._keys_of.setdefault(id_, []).append(key)

    def _make_room(self, memory: dict[Key, Any], most: int) -> None:
        while len(memory) >= most:
            self._drop(next(iter(memory)))

    def _drop(self, key: Key) -> None:
        """Forget the address, and that changes of its assets concern it."""
        ids = self._ids(key)
        self._known.pop(key, None)
        self._absent.pop(key, None)
        for id_ in ids:
            keys = self._keys_of.get(id_)
            if keys is not None:
                keys.remove(key)
                if not keys:
                    del self._keys_of[id_]

    def _ids(self, key: Key) -> Iterable[UUID]:
        """The assets that what is remembered of the address depends on."""
        if known := self._known.get(key):
            return known.target.ids
        absent = self._absent.get(key)
        return (absent.asset_id,) if absent and absent.asset_id else ()

    def _forget_wanting(self, organization_id: UUID) -> None:
        gone = [
            key
            for key, known in self._known.items()
            if known.target.asset.organization_id == organization_id
        ]
        for key in gone:
            self._drop(key)


def _bound(memory: dict[Any, Any], most: int) -> None:
    while len(memory) >= most:
        del memory[next(iter(memory))]


def _settle(
    waiting: asyncio.Future[Known | None],
    known: Known | None = None,
    *,
    fault: Exception | None = None,
) -> None:
    if waiting.done():
        return
    if fault is None:
        waiting.set_result(known)
    else:
        waiting.set_exception(fault)
        # Everybody who asked may be gone by now.
        waiting.exception()
