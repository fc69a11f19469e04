"""Many at once: each item succeeds or is refused by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.bulk import DoEach, Item, do_each
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.rules.errors import InvalidFields, PlanLimitReached, ShortCodeTaken
from schema.db import attempt
from tests.builders.tenants import a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")


def creates(by: object, *codes: str | None) -> tuple[Item, ...]:
    return tuple(
        Item(CreateQrCode(by, "https://example.com/x", short_code=code), code or "")  # type: ignore[arg-type]
        for code in codes
    )


async def test_what_is_refused_leaves_nothing_and_the_others_are_kept(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    done = await do_each(DoEach(create_qr_code, creates(by, "third", "a!", "first", "third", None)))
    made = [result.view.short_code if result.view else None for result in done.results]
    assert made[:3] == ["third", None, "first"]
    assert done.refused == 2
    assert isinstance(done.results[1].refusal, InvalidFields)
    assert isinstance(done.results[3].refusal, ShortCodeTaken)
    assert await database.scalar(text("SELECT count(*) FROM qr_code")) == 3
    assert await database.scalar(text("SELECT count(*) FROM slug_claim")) == 3
    assert await database.scalar(text("SELECT count(*) FROM event")) == 3


async def test_a_plan_is_full_for_the_items_that_come_last() -> None:
    by = await a_tenant()
    done = await do_each(DoEach(create_qr_code, creates(by, *[None] * 53)))
    assert done.refused == 3
    assert all(isinstance(result.refusal, PlanLimitReached) for result in done.results[50:])


@pytest.mark.parametrize("count", [0, 1001])
async def test_none_and_too_many_are_refused(count: int) -> None:
    items = creates(await a_tenant(), *[None] * count)
    with pytest.raises(InvalidFields, match="1 to 1,000"):
        await do_each(DoEach(create_qr_code, items))


async def test_an_attempt_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="open transaction"):
        async with attempt():
            pass
