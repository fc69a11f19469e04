"""What happens by itself: which event starts which workflow, under which id.

The table of contents of everything automatic. A kind without a reaction says why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reaction:
    """A workflow by name and the pattern of its id."""

    workflow: str
    id: str


@dataclass(frozen=True)
class Silence:
    """Nothing happens, because."""

    because: str


WEBHOOKS = Reaction("DeliverWebhooks", "deliver/{organization}/{first delivery}")

REACTIONS: Mapping[str, tuple[Reaction, ...] | Silence] = {
    "qr.created": (WEBHOOKS,),
    "qr.updated": (WEBHOOKS,),
    "qr.deleted": (WEBHOOKS,),
    "qr.scan_limit_reached": (WEBHOOKS,),
    "qr.expiry_warning": (WEBHOOKS,),
    "qr.expired": (WEBHOOKS,),
    "qr.scanned": (WEBHOOKS,),
    "qr.health_failed": (WEBHOOKS,),
    "qr.health_recovered": (WEBHOOKS,),
    "qr.health_changed": (WEBHOOKS,),
    "link.created": (WEBHOOKS,),
    "link.updated": (WEBHOOKS,),
    "link.deleted": (WEBHOOKS,),
    "link.clicked": (WEBHOOKS,),
    "link.health_failed": (WEBHOOKS,),
    "link.health_recovered": (WEBHOOKS,),
    "link.health_changed": (WEBHOOKS,),
    "barcode.created": (WEBHOOKS,),
    "barcode.updated": (WEBHOOKS,),
    "barcode.deleted": (WEBHOOKS,),
    "barcode.scanned": (WEBHOOKS,),
    "inventory.movement": (WEBHOOKS,),
    "inventory.stock_low": (WEBHOOKS,),
    "inventory.scanned": (WEBHOOKS,),
    "conversion.recorded": (WEBHOOKS,),
    "page.viewed": (WEBHOOKS,),
    "alert.fired": (WEBHOOKS,),
    "endpoint.disabled": (WEBHOOKS,),
    "webhook.test": (WEBHOOKS,),
}


def kinds_for(reaction: Reaction) -> tuple[str, ...]:
    """The event kinds that have this reaction."""
    return tuple(
        kind
        for kind, reactions in REACTIONS.items()
        if not isinstance(reactions, Silence) and reaction in reactions
    )
