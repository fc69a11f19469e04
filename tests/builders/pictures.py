"""Many pictures at once, judged and kept."""

from __future__ import annotations

from uuid import UUID, uuid4

from activities.pictures.batches import BatchView, KeepBatch, keep_batch
from activities.pictures.batches_running import (
    BatchProgress,
    RenderNextPart,
    render_next_part,
)
from activities.pictures.bulk_items import BulkItem
from activities.pictures.bulk_judging import PrepareBulk, prepare_bulk
from activities.rules.actors import Actor


async def a_batch(
    by: Actor, *items: BulkItem, id: UUID | None = None, goes_on: bool = True
) -> BatchView:
    """A batch that nobody has begun."""
    bulk = await prepare_bulk(PrepareBulk(by, items, continue_on_error=goes_on))
    return (await keep_batch(KeepBatch(by, id or uuid4(), bulk, b"digest"))).batch


def some_items(count: int) -> tuple[BulkItem, ...]:
    """As many different ones."""
    return tuple(BulkItem(data=f"number {n}", name=f"Item {n}") for n in range(count))


async def drawn(batch: BatchView) -> BatchProgress:
    """The batch drawn to its end."""
    while not (progress := await render_next_part(RenderNextPart(batch.id))).is_over:
        pass
    return progress
