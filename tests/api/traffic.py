"""A tenant with a code, a link, a barcode and a page, and visits to them, rolled up by halves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.spelling import prefixed
from activities.statistics.rolling import RollUp, roll_up
from activities.statistics.views import Figures, Statistics
from api.country_names import country_name
from tests.api.conftest import Client, Tenant
from tests.builders.barcodes import a_barcode
from tests.builders.batches import Seen, a_batch, brute_force, in_batches, some_scans
from tests.builders.pages import a_page
from tests.builders.qr_codes import a_dynamic
from tests.builders.visits import a_link
from tests.conftest import NOW

HALVES = (
    {"id": "a", "name": "Left", "destinationUrl": "https://a.example", "weight": 1},
    {"id": "b", "name": "Right", "destinationUrl": "https://b.example", "weight": 3},
)
TODAY = NOW.date()
PREFIXES = {"qr": "qr", "link": "lnk", "page": "pg", "barcode": "bc"}
COLLECTIONS = {"qr": "qr", "link": "links", "page": "pages", "barcode": "barcode"}


@dataclass(frozen=True)
class Traffic:
    """What was visited, by kind, and every visit."""

    tenant: Tenant
    organization_id: UUID
    ids: Mapping[str, UUID]
    code: str
    slug: str
    scans: Sequence[Seen]

    def path(self, kind: str) -> str:
        """Where the workspace tells of it."""
        return f"/api/{COLLECTIONS[kind]}/{prefixed(PREFIXES[kind], self.ids[kind])}/stats"

    def expected(self, scope: UUID, days: int = 30, time_zone: str = "UTC") -> Statistics:
        """What the last days come to, when each visit is looked at."""
        return self.between(scope, TODAY - timedelta(days - 1), TODAY, time_zone)

    def between(self, scope: UUID, first: date, last: date, time_zone: str = "UTC") -> Statistics:
        """The same, of other days."""
        return brute_force(self.scans, scope, first, last, time_zone)


async def actor_of(tenant: Tenant) -> Actor:
    """Who makes things for the tenant."""
    return await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"]))


async def some_traffic(tenant: Tenant, visits: int = 1500) -> Traffic:
    """Visits of the last 35 days, late ones among them; half of the batches wait to be added."""
    by = await actor_of(tenant)
    code = await a_dynamic(by, name="Menu", short_code="menu", variants=HALVES)
    link = await a_link(by, name="Sale", slug="sale")
    ids = {
        "qr": code.id,
        "link": link.id,
        "page": (await a_page(by)).id,
        "barcode": (await a_barcode(by)).id,
    }
    assets = [(asset_id, by.organization_id, kind) for kind, asset_id in ids.items()]
    dice = Random(5)
    scans = some_scans(dice, assets, NOW - timedelta(days=35), 35 * 24, visits)
    batches = in_batches(dice, scans)
    for n, batch in enumerate(batches):
        await a_batch(batch)
        if n == len(batches) // 2:
            await roll_up(RollUp())
    return Traffic(tenant, by.organization_id, ids, "menu", "sale", scans)


async def told(client: Client, path: str, headers: dict[str, str], **query: Any) -> Any:
    """A good answer."""
    answer = await client.get(path, headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def spoken(figures: Figures) -> dict[str, int]:
    """Figures as the workspace tells them."""
    return {"total": figures.visits, "unique": figures.uniques, "bots": figures.bots}


def shares_of(listed: Iterable[Mapping[str, Any]], value: str = "value") -> dict[Any, int]:
    """Visits by value, of a list in any language."""
    counts = ("total", "scans", "clicks", "count")
    return {one[value]: next(one[name] for name in counts if name in one) for one in listed}


def expected_shares(statistics: Statistics, dimension: str) -> dict[Any, int]:
    """The same, expected."""
    return {s.value: s.visits for s in statistics.shares[dimension]}  # type: ignore[index]


def named(codes: Iterable[str | None]) -> list[str]:
    """What countries are called."""
    return [country_name(code) for code in codes]
