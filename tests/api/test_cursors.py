"""Cursors: who pages through a list sees all that was there from first to last, once.

Rows are made before, between and behind what was read, and deleted, while a client pages on. Many
are made at the same moment, so that only their ids order them.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant
from tests.builders.examples import IS_FULL
from tests.conftest import NOW

TRACKING, WORKSPACE = "/v1/qr-codes", "/api/qr"
MOMENTS = tuple(NOW + timedelta(seconds=second) for second in (10, 20, 30))
EARLIER, LATER = NOW, NOW + timedelta(seconds=40)


@dataclass
class Shelf:
    """Codes of a tenant, made at chosen moments through the tracking dialect, by their hex ids."""

    client: Client
    tenant: Tenant
    clock: FixedClock
    there: set[str] = field(default_factory=set)
    untouched: set[str] = field(default_factory=set)

    async def make(self, moment: datetime) -> None:
        self.clock.moment = moment
        body = {"name": "Code", "destinationUrl": "https://example.com"}
        answer = await self.client.post(TRACKING, json=body, headers=self.tenant.tracking)
        assert answer.status_code == 201, answer.text
        self.there.add(answer.json()["data"]["id"].replace("-", ""))

    async def delete(self, id: str) -> None:
        self.there.discard(id)
        self.untouched.discard(id)
        gone = await self.client.delete(f"{TRACKING}/{id}", headers=self.tenant.tracking)
        assert gone.status_code == 204

    async def page(self, path: str, size: int, cursor: str | None) -> tuple[list[str], str | None]:
        """The ids of a page, and the next cursor."""
        query: dict[str, Any] = {"cursor": cursor} if cursor else {}
        if path == TRACKING:
            answer = await self.client.get(
                path, params={"limit": size, **query}, headers=self.tenant.tracking
            )
            ids = [code["id"].replace("-", "") for code in answer.json()["data"]]
            return ids, answer.json()["next_cursor"]
        answer = await self.client.get(
            path, params={"pageSize": size, **query}, headers=self.tenant.workspace
        )
        ids = [code["id"].removeprefix("qr_") for code in answer.json()["items"]]
        return ids, answer.json()["nextCursor"]


@pytest_asyncio.fixture
async def shelf(
    client: Client, make_tenant: Callable[..., Awaitable[Tenant]], clock: FixedClock
) -> Shelf:
    return Shelf(client, await make_tenant("acme", "pro"), clock)


async def disturb(shelf: Shelf, seen: list[str], dice: random.Random) -> None:
    """Make one of each kind, and delete one that was seen and one that was not."""
    for moment in (EARLIER, *MOMENTS, LATER):
        await shelf.make(moment)
    unseen = sorted(shelf.there - set(seen))
    for some in (sorted(shelf.there & set(seen)), unseen):
        if some:
            await shelf.delete(dice.choice(some))


@pytest.mark.parametrize("seed", range(6 if IS_FULL else 2))
@pytest.mark.parametrize("path", [TRACKING, WORKSPACE])
async def test_all_that_was_there_from_first_to_last_is_seen_once(
    shelf: Shelf, path: str, seed: int
) -> None:
    dice = random.Random(seed)
    for moment in (*MOMENTS, *MOMENTS, *MOMENTS, *MOMENTS):
        await shelf.make(moment)
    shelf.untouched = set(shelf.there)
    size = dice.choice((1, 2, 3, 5))
    seen: list[str] = []
    cursor: str | None = None
    for turn in range(100):
        ids, cursor = await shelf.page(path, size, cursor)
        assert len(ids) <= size
        # What was left may have been deleted meanwhile.
        assert ids or cursor is None
        seen += ids
        if cursor is None:
            break
        if turn < 4:
            await disturb(shelf, seen, dice)
    assert cursor is None
    assert len(seen) == len(set(seen)), "something was seen twice"
    assert shelf.untouched <= set(seen), "something was left out"


@pytest.mark.parametrize("path", [TRACKING, WORKSPACE])
async def test_rows_of_one_moment_are_parted_by_their_ids(shelf: Shelf, path: str) -> None:
    for _ in range(7):
        await shelf.make(NOW)
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        ids, cursor = await shelf.page(path, 2, cursor)
        seen += ids
    assert seen == sorted(shelf.there, reverse=True)


@pytest.mark.parametrize("path", [TRACKING, WORKSPACE])
async def test_the_last_page_has_no_cursor_even_when_it_is_full(shelf: Shelf, path: str) -> None:
    assert await shelf.page(path, 2, None) == ([], None)
    for _ in range(4):
        await shelf.make(NOW)
    _, cursor = await shelf.page(path, 2, None)
    assert cursor is not None
    ids, last = await shelf.page(path, 2, cursor)
    assert (len(ids), last) == (2, None)


@pytest.mark.parametrize("path", [TRACKING, WORKSPACE])
async def test_a_cursor_leads_on_when_what_it_stands_on_is_gone(shelf: Shelf, path: str) -> None:
    for moment in MOMENTS:
        await shelf.make(moment)
    (first,), cursor = await shelf.page(path, 1, None)
    await shelf.delete(first)
    ids, _ = await shelf.page(path, 5, cursor)
    assert set(ids) == shelf.there


async def test_a_cursor_of_one_language_is_understood_in_the_other(shelf: Shelf) -> None:
    for moment in MOMENTS:
        await shelf.make(moment)
    _, cursor = await shelf.page(TRACKING, 1, None)
    assert await shelf.page(TRACKING, 5, cursor) == await shelf.page(WORKSPACE, 5, cursor)


async def test_a_cursor_of_another_tenant_shows_nothing_of_theirs(
    shelf: Shelf, make_tenant: Callable[..., Awaitable[Tenant]]
) -> None:
    for moment in MOMENTS:
        await shelf.make(moment)
    _, cursor = await shelf.page(TRACKING, 1, None)
    shelf.tenant = await make_tenant("stranger", "pro")
    assert await shelf.page(TRACKING, 5, cursor) == ([], None)
