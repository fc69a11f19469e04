"""Many organizations with many endpoints, and events poured into the outbox for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.rules.actors import Actor
from activities.rules.spelling import prefixed
from tests.benchmarks.lab import a_tenant
from tests.benchmarks.measure import Lost
from tests.benchmarks.receiver import Arrival

KINDS = (
    "qr.created",
    "qr.updated",
    "qr.deleted",
    "link.created",
    "link.updated",
    "link.deleted",
    "barcode.created",
    "barcode.updated",
    "barcode.deleted",
    "inventory.movement",
)
"""One for each endpoint of an organization: an event is due to exactly one."""

PAYLOAD = {
    "id": "qr_0123456789abcdef0123456789abcdef",
    "name": "Summer poster",
    "shortCode": "k3v9TqZ",
    "destinationUrl": "https://example.com/summer?utm_source=poster",
    "isActive": True,
    "tags": ["poster", "summer"],
    "createdAt": "2026-06-01T08:00:00.000Z",
}

_INSERT = (
    "COPY event (id, created_at, organization_id, kind, asset_id, payload, request_id, "
    "traceparent) FROM STDIN"
)


@dataclass(frozen=True)
class Crowd:
    """Organizations with one endpoint for each of `KINDS`."""

    owners: tuple[Actor, ...]

    @property
    def first(self) -> Actor:
        """Who acts for the first organization."""
        return self.owners[0]

    async def pour(self, database_url: str, count: int, inbox: Inbox) -> None:
        """Write `count` events, evenly over all endpoints, in one transaction."""
        rows = [(uuid4(), self._place(number)) for number in range(count)]
        now = datetime.now(UTC)
        async with (
            await psycopg.AsyncConnection.connect(database_url) as connection,
            connection.cursor() as cursor,
        ):
            async with cursor.copy(_INSERT) as copy:
                for id_, (organization, kind) in rows:
                    await copy.write_row(
                        (id_, now, organization, kind, uuid4(), Jsonb(PAYLOAD), "req_bench", None)
                    )
            began = perf_counter()
            await connection.commit()
        inbox.expect([id_ for id_, _ in rows], began)

    def _place(self, number: int) -> tuple[UUID, str]:
        row, column = divmod(number, len(KINDS))
        return self.owners[row % len(self.owners)].organization_id, KINDS[column]


@dataclass
class Inbox:
    """What is due and what came: `waits` are seconds from the commit of an event to its arrival."""

    waits: list[float] = field(default_factory=list)
    last: float = 0.0
    again: int = 0
    _due: dict[str, float] = field(default_factory=dict)
    _early: dict[str, float] = field(default_factory=dict)
    _here: set[str] = field(default_factory=set)

    @property
    def is_complete(self) -> bool:
        return not self._due

    def expect(self, ids: Sequence[UUID], at: float) -> None:
        """These were committed at this `perf_counter`; some may be here already."""
        for id_ in ids:
            name = prefixed("evt", id_)
            early = self._early.pop(name, None)
            if early is None:
                self._due[name] = at
            else:
                self.waits.append(early - at)

    def take(self, arrival: Arrival) -> None:
        """One message of the crowd arrived."""
        name = arrival.headers["webhook-id"]
        if name in self._here:
            self.again += 1
            return
        self._here.add(name)
        self.last = arrival.at
        at = self._due.pop(name, None)
        if at is None:
            self._early[name] = arrival.at
        else:
            self.waits.append(arrival.at - at)

    def check(self) -> None:
        """Raises `Lost` unless everything is here, and once."""
        if self._due or self._early or self.again:
            raise Lost(
                f"{len(self._due)} deliveries missing, {len(self._early)} unknown, "
                f"{self.again} more than once"
            )


async def a_crowd(slug: str, url: str, organizations: int) -> Crowd:
    """New organizations whose endpoints are below `url`."""
    found = []
    for number in range(organizations):
        by = (await a_tenant(f"{slug}-{number}")).actor
        for kind in KINDS:
            await create_endpoint(CreateEndpoint(by, f"{url}/{number}/{kind}", (kind,)))
        found.append(by)
    return Crowd(tuple(found))
