"""Who hears that an item became low: receivers of its event, owners and admins."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from activities.inventory.views import low_fact
from activities.notices.telling import Notify, notify
from activities.outbox import emit
from activities.outside import outside
from activities.rules.spelling import stamp
from schema.db import transaction
from schema.tables import InventoryItemRow


@dataclass(frozen=True)
class TellLow:
    """An item came down to its threshold."""

    item_id: UUID


async def tell_low(command: TellLow) -> None:
    """Emit the event and tell people in the open transaction, in which the item is held."""
    now = outside().clock.now()
    async with transaction() as session:
        item = await session.get_one(InventoryItemRow, command.item_id)
        await emit(low_fact(item, now))
        words = {"name": item.name, "left": str(item.quantity)}
        key = f"stock_low/{item.id}/{stamp(now)}"
        await notify(Notify(item.organization_id, "stock_low", key, words, "item", item.id))
