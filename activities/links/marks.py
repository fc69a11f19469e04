"""What views of links show beside their rows: labels, hosts, counters, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from activities.links.domains import Hostnames, ReadHostnames, read_hostnames
from activities.links.ties import ReadTies, Ties, read_ties
from activities.rules.actors import Actor
from activities.shelf.labels import Labels, ReadLabels, read_labels, wanted
from activities.statistics.pending import Counters, ReadCounters, read_counters
from schema.db import transaction
from schema.tables import LinkRow


@dataclass(frozen=True)
class ReadMarks:
    """The marks of some links; ties only where one link is shown."""

    labels: ReadLabels
    hostnames: ReadHostnames
    counters: ReadCounters
    ties: ReadTies | None = None


@dataclass(frozen=True)
class Marks:
    """The marks, by the ids of what they name."""

    labels: Labels = field(default_factory=Labels)
    hostnames: Hostnames = field(default_factory=Hostnames)
    counters: Counters = field(default_factory=Counters)
    ties: Ties = field(default_factory=Ties)


def of_all(rows: Iterable[LinkRow]) -> ReadMarks:
    """The marks of a list."""
    rows = tuple(rows)
    ids = frozenset(row.domain_id for row in rows if row.domain_id)
    counters = ReadCounters("link", frozenset(row.id for row in rows))
    return ReadMarks(wanted(rows), ReadHostnames(ids), counters)


def of_one(row: LinkRow, by: Actor) -> ReadMarks:
    """The marks of one link, with what this actor sees referring to it."""
    ties = ReadTies(by.organization_id, by.workspace_id, row.id)
    listed = of_all([row])
    return ReadMarks(listed.labels, listed.hostnames, listed.counters, ties)


async def read_marks(command: ReadMarks) -> Marks:
    """At most one statement for each kind, two for counters, however many links there are."""
    async with transaction():
        return Marks(
            await read_labels(command.labels),
            await read_hostnames(command.hostnames),
            await read_counters(command.counters),
            await read_ties(command.ties) if command.ties else Ties(),
        )
