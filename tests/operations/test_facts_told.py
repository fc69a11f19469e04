"""Facts are told where they become true: ended jobs and items that run low, once each."""

from __future__ import annotations

import pytest

from activities.gateways.clock import FixedClock
from activities.imports.previewing import PreviewImport, preview_import
from activities.imports.running import ImportPart, import_part
from activities.inventory.items import UpdateItem, update_item
from activities.notices.reading import ListNotifications, list_notifications
from activities.pictures.batches_running import RenderNextPart, render_next_part
from activities.rules.actors import Actor
from activities.rules.paging import PageRequest
from tests.builders.inventory import an_item, move
from tests.builders.members import a_member
from tests.builders.notices import HOUR, a_home
from tests.builders.pictures import a_batch, some_items

pytestmark = pytest.mark.usefixtures("database", "world")

CSV = b"""long_url,link,title,created_at,tags
https://example.com/spring,https://bit.ly/spring26,Spring,2024-03-01T09:30:00+0000,
not an address,https://bit.ly/plain1,,2024-03-01T09:30:00+0000,
"""


async def titles(by: Actor) -> list[str]:
    found = await list_notifications(ListNotifications(by, PageRequest()))
    return [one.title for one in found.items]


async def test_an_item_that_runs_low_is_told_each_time(clock: FixedClock) -> None:
    _, owner = await a_home()
    item = await an_item(owner, 10, threshold=5)
    for kind, quantity in (("out", 6), ("out", 1), ("in", 9), ("out", 8)):
        clock.moment += HOUR
        await move(owner, item, kind, quantity)  # type: ignore[arg-type]
    told = await titles(owner)
    assert told == ["Oat milk runs low: 4 left", "Oat milk runs low: 4 left"]


async def test_a_threshold_that_is_raised_tells_too() -> None:
    _, owner = await a_home()
    item = await an_item(owner, 10, threshold=5)
    await update_item(UpdateItem(owner, item.id, threshold=20))
    assert await titles(owner) == ["Oat milk runs low: 10 left"]


async def test_the_end_of_an_import_is_told_to_who_asked_for_it_too() -> None:
    home, owner = await a_home()
    editor = await a_member(home, "editor")
    other = await a_member(home, "editor", "other")
    job = await preview_import(PreviewImport(editor, CSV))
    for _ in range(2):
        await import_part(ImportPart(job.id))
    (told,) = await titles(editor)
    assert told.endswith("is done: 1 link made, 1 line left out")
    assert await titles(owner) == [told]
    assert await titles(other) == []


async def test_the_end_of_a_batch_is_told() -> None:
    _, owner = await a_home()
    batch = await a_batch(owner, *some_items(2))
    while not (await render_next_part(RenderNextPart(batch.id))).is_over:
        assert await titles(owner) == []
    (told,) = await titles(owner)
    assert told.startswith("Drawn and ready to download: ")
