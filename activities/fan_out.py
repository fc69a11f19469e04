"""Which endpoints hear of which events: by what they subscribed to, and by their filter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import UUID

from activities.rules.event_filters import Reader, reader
from activities.rules.events import matches
from activities.rules.spelling import stamp
from schema.tables import EndpointRow

TURN_SECONDS = 0.5
"""All organizations wait while filters of one are read, and the outbox is locked."""

Active = Mapping[UUID, Sequence[EndpointRow]]
"""Endpoints that are sent something, by organization."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that nobody was told yet; `only_to` names the one endpoint that is told."""

    id: UUID
    created_at: datetime
    organization_id: UUID
    kind: str
    asset_id: UUID
    payload: Mapping[str, Any]
    only_to: UUID | None
    request_id: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """An event that an endpoint is to be told; `sequence` counts the messages of the endpoint."""

    event: Waiting
    endpoint: EndpointRow
    sequence: int = 0

    @property
    def order_key(self) -> str | None:
        """What the message keeps its place among: those of the asset, or nothing."""
        return str(self.event.asset_id) if self.endpoint.ordering == "asset" else None


class FanOut:
    """Who hears of which event. An event that would bring more than `most` due waits, unless it is
    the first; what comes after `seconds` waits too.
    """

    def __init__(
        self, active: Active, kinds: Iterable[str], most: int, seconds: float = TURN_SECONDS
    ) -> None:
        self.leaving: list[Waiting] = []
        self.due: list[Due] = []
        self._active = active
        self._told = frozenset(kinds)
        self._most = most
        self._ends = perf_counter() + seconds
        self._seconds = seconds
        self._readers: dict[UUID, Reader] = {}

    def take(self, waiting: Iterable[Waiting]) -> None:
        """Let events leave, those of each organization in their order.

        First each organization has its share of what is due and of the time, those with the fewest
        events before others; what is left over then goes to those that have more.
        """
        mine: dict[UUID, list[Waiting]] = defaultdict(list)
        for event in waiting:
            mine[event.organization_id].append(event)
        rest = sorted(mine.values(), key=len)
        shares = len(rest)
        for n, events in enumerate(rest):
            ends = perf_counter() + self._seconds / shares
            rest[n] = self._take(events, len(self.due) + self._most / shares, ends)
        for events in rest:
            self._take(events, self._most, self._ends)

    def _take(self, events: list[Waiting], most: float, ends: float) -> list[Waiting]:
        """Those that are left: what is due is `most`, or the time is over."""
        for n, event in enumerate(events):
            wanting = self._wanting(event) if event.kind in self._told else []
            # The first one of an organization leaves whatever its share is, else none might.
            full = len(self.due) + len(wanting) > (most if n else self._most)
            if self.leaving and (full or (n > 0 and perf_counter() > ends)):
                return events[n:]
            self.leaving.append(event)
            self.due += [Due(event, endpoint) for endpoint in wanting]
        return []

    def _wanting(self, event: Waiting) -> list[EndpointRow]:
        endpoints = self._active.get(event.organization_id, ())
        if event.only_to is not None:
            return [endpoint for endpoint in endpoints if endpoint.id == event.only_to]
        heard = [one for one in endpoints if any(matches(p, event.kind) for p in one.events)]
        if all(endpoint.filter is None for endpoint in heard):
            return heard
        # What filters look at: the body of the standard scheme.
        message = {
            "type": event.kind,
            "timestamp": stamp(event.created_at),
            "data": event.payload,
        }
        return [one for one in heard if one.filter is None or self._reader(one)(message)]

    def _reader(self, endpoint: EndpointRow) -> Reader:
        if endpoint.id not in self._readers:
            self._readers[endpoint.id] = reader(endpoint.filter or {})
        return self._readers[endpoint.id]


def numbered(due: Iterable[Due], before: Mapping[UUID, int]) -> list[Due]:
    """The same with their numbers, each endpoint's after its last one `before`.

    What is due to an endpoint that is not there is left out.
    """
    last = dict(before)
    found = []
    for one in due:
        if one.endpoint.id in last:
            last[one.endpoint.id] += 1
            found.append(Due(one.event, one.endpoint, last[one.endpoint.id]))
    return found


def by_organization(due: Iterable[Due]) -> dict[UUID, list[Due]]:
    """What is due, for each organization in its order."""
    found: dict[UUID, list[Due]] = defaultdict(list)
    for one in due:
        found[one.event.organization_id].append(one)
    return found
