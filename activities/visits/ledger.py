"""The ledger of visits: a batch of scans is written in one transaction, limits decided in it.

A batch without limits and events is a single COPY that commits by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from uuid import UUID

from activities.outside import outside
from activities.rules.scan_ids import DICE, first_id
from activities.visits.scans import (
    COPY_EVENTS,
    COPY_SCANS,
    Scan,
    block_of,
    event_block,
    events_of,
)
from activities.visits.targets import Asset, Kind
from schema.copying import copy_into
from schema.db import through_deadlocks
from schema.direct import Connection, Direct, Written

_LOCK = {
    "qr": "SELECT id, visit_limit, scan_count FROM qr_code WHERE id = ANY(%(ids)s) "
    "ORDER BY id FOR NO KEY UPDATE",
    "link": "SELECT id, visit_limit, click_count FROM link WHERE id = ANY(%(ids)s) "
    "ORDER BY id FOR NO KEY UPDATE",
}
_COUNT = {
    "qr": "UPDATE qr_code SET scan_count = scan_count + given.n, last_scanned_at = given.at "
    "FROM unnest(%(ids)s::uuid[], %(counts)s::bigint[], %(times)s::timestamptz[]) "
    "AS given (id, n, at) WHERE qr_code.id = given.id",
    "link": "UPDATE link SET click_count = click_count + given.n, last_clicked_at = given.at "
    "FROM unnest(%(ids)s::uuid[], %(counts)s::bigint[], %(times)s::timestamptz[]) "
    "AS given (id, n, at) WHERE link.id = given.id",
}
_TELL = "SELECT ink_tell_route(%(what)s)"
"""A limit that is reached is told like a change: who remembers the asset looks again."""


@dataclass(frozen=True)
class WriteScans:
    """Visits that found their assets live, to be written over the connection `over`."""

    scans: tuple[Scan, ...]
    first: UUID
    over: Direct


@dataclass(frozen=True)
class LoadScans:
    """A batch that was kept aside, as blocks of COPY."""

    scans: bytes
    events: bytes
    over: Direct


@dataclass(frozen=True)
class Kept:
    """What is written of a batch without limits, for a time without a database."""

    scans: bytes
    events: bytes


def new_batch() -> UUID:
    """The id of the first scan of a batch that begins now."""
    world = outside()
    return first_id(int(world.clock.now().timestamp() * 1000), world.dice.throw(DICE))


async def write_scans(command: WriteScans) -> tuple[bool, ...]:
    """Which of the scans are let through; those are written when this answers.

    Of many at once exactly as many as a limit has left pass, in their order; a bot's visit passes
    and does not count. Raises `DatabaseAway`; then nobody knows what was written.
    """
    scans = command.scans
    if not any(scan.is_limited or scan.is_wanted for scan in scans):
        await command.over.copy(COPY_SCANS, block_of(command.first, scans))
        return (True,) * len(scans)
    return await through_deadlocks(lambda: _write_some(command))


async def _write_some(command: WriteScans) -> tuple[bool, ...]:
    scans = command.scans
    async with command.over.open(whole=True) as connection:
        passed, used_up = await _let_through(connection, scans)
        kept = [scan if is_let else None for scan, is_let in zip(scans, passed, strict=True)]
        if any(passed):
            await copy_into(connection, COPY_SCANS, block_of(command.first, kept))
        events = event_block(events_of(command.first, kept, used_up))
        if events:
            await copy_into(connection, COPY_EVENTS, events)
    return passed


def keep_aside(first: UUID, scans: Sequence[Scan]) -> Kept:
    """The same batch as bytes, without the scans that are limited."""
    kept = [None if scan.is_limited else scan for scan in scans]
    return Kept(block_of(first, kept), event_block(events_of(first, kept, {})))


async def load_scans(command: LoadScans) -> bool:
    """Write a batch that was kept aside, unless it was written before; whether it was not.

    Raises `DatabaseAway`.
    """
    try:
        async with command.over.open(whole=True) as connection:
            await copy_into(connection, COPY_SCANS, command.scans)
            if command.events:
                await copy_into(connection, COPY_EVENTS, command.events)
    except Written:
        return False
    return True


async def _let_through(
    connection: Connection, scans: Sequence[Scan]
) -> tuple[tuple[bool, ...], dict[UUID, int]]:
    """Which pass, and the limits that are reached now; what passes is counted."""
    limited = {scan.asset.id: scan.asset for scan in scans if scan.is_limited}
    left = await _left(connection, limited.values())
    counts: Counter[UUID] = Counter()
    passed: list[bool] = []
    used_up: dict[UUID, int] = {}
    for scan in scans:
        limit, room = left.get(scan.asset.id, (0, 0)) if scan.is_limited else (0, 1)
        is_let = not scan.is_limited or counts[scan.asset.id] < room
        passed.append(is_let)
        if is_let and scan.is_limited:
            counts[scan.asset.id] += 1
            if counts[scan.asset.id] == room:
                used_up[scan.asset.id] = limit
    counted = [scan for scan, is_let in zip(scans, passed, strict=True) if is_let]
    last = {scan.asset.id: scan.at for scan in counted if scan.is_limited}
    await _count(connection, counts, last, limited)
    for asset_id in used_up:
        await connection.execute(_TELL, {"what": f"asset {asset_id}"})
    return tuple(passed), used_up


async def _left(connection: Connection, assets: Iterable[Asset]) -> dict[UUID, tuple[int, float]]:
    """Each limit and how many visits it has left; the rows are held until the transaction ends."""
    left: dict[UUID, tuple[int, float]] = {}
    for kind, ids in _by_kind(assets).items():
        cursor = await connection.execute(_LOCK[kind], {"ids": ids})
        for asset_id, limit, count in await cursor.fetchall():
            left[asset_id] = (limit or 0, inf if limit is None else limit - count)
    return left


async def _count(
    connection: Connection,
    counts: Mapping[UUID, int],
    last: Mapping[UUID, datetime],
    limited: Mapping[UUID, Asset],
) -> None:
    for kind, ids in _by_kind(limited[each] for each in counts).items():
        values = {
            "ids": ids,
            "counts": [counts[each] for each in ids],
            "times": [last[each] for each in ids],
        }
        await connection.execute(_COUNT[kind], values)


def _by_kind(assets: Iterable[Asset]) -> dict[Kind, list[UUID]]:
    """Links before codes, as all who lock both (`schema.locks.ASSETS`)."""
    found: dict[Kind, list[UUID]] = {"link": [], "qr": []}
    for asset in assets:
        found[asset.kind].append(asset.id)
    return {kind: sorted(ids) for kind, ids in found.items() if ids}
