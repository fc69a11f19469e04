"""Which endpoints hear of which events: by what they subscribed to, and by their filter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from activities.rules.event_filters import passes
from activities.rules.events import matches
from activities.rules.spelling import stamp
from schema.tables import EndpointRow

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


def fan_out(
    waiting: Sequence[Waiting], active: Active, kinds: Iterable[str], most: int
) -> tuple[list[Waiting], list[Due]]:
    """The events that leave now, and what is due of them, in their order.

    An event that would bring more than `most` due waits, unless it is the first.
    """
    leaving: list[Waiting] = []
    due: list[Due] = []
    told = frozenset(kinds)
    for event in waiting:
        wanting = _wanting(event, active) if event.kind in told else []
        if leaving and len(due) + len(wanting) > most:
            break
        leaving.append(event)
        due += [Due(event, endpoint) for endpoint in wanting]
    return leaving, due


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


def _wanting(event: Waiting, active: Active) -> list[EndpointRow]:
    endpoints = active.get(event.organization_id, ())
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
    return [one for one in heard if one.filter is None or passes(one.filter, message)]
