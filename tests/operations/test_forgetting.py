"""What a process forgets of addresses leaves nothing in its memory."""

from __future__ import annotations

import pytest

from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.shelf.claims import CODES
from activities.visits.memory import UNKNOWN, Key, Memory
from tests.builders.tenants import a_code, a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")


def code(slug: str) -> Key:
    return CODES, slug


@pytest.mark.parametrize("how", ["asset", "slug", "events", "crowded out"])
async def test_what_is_forgotten_leaves_nothing_behind(how: str) -> None:
    memory = Memory(most_known=1)
    by = await a_tenant()
    here, other = await a_code(by, short_code="here"), await a_code(by, short_code="other")
    assert await memory.find(code("here"))
    assert memory.watched == 1
    match how:
        case "asset":
            memory.forget(f"asset {here.id}")
        case "slug":
            memory.forget(f"slug {CODES}/here")
        case "events":
            memory.forget(f"events {by.organization_id}")
        case _:
            assert await memory.find(code("other"))
            memory.forget(f"asset {other.id}")
    assert memory.peek(code("here")) is UNKNOWN
    assert (len(memory), memory.watched) == (0, 0)


async def test_who_is_away_for_now_is_seen_when_the_asset_changes() -> None:
    memory = Memory()
    by = await a_tenant()
    asset = await a_code(by, short_code="here")
    await delete_qr_code(DeleteQrCode(by, asset.id))
    assert await memory.find(code("here")) is None
    assert memory.watched == 1
    memory.forget(f"asset {asset.id}")
    assert memory.peek(code("here")) is UNKNOWN
    assert memory.watched == 0
