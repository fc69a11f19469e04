"""Exports: all assets of one kind, for who may see them; noted in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from activities.audit import done_by, record_act
from activities.meters import Take, take
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.throttles import EXPORTS

Exported = Literal["qr codes", "links", "barcodes", "scans"]

MOST_ROWS = 100_000
"""Rows of one file; more are left out, the newest are kept."""

AT_ONCE = 1000
"""Rows that are read in one go."""


@dataclass(frozen=True)
class BeginExport:
    """Somebody takes a copy of all assets of one kind, or of what is kept of visits to them."""

    by: Actor
    what: Exported


@needs("assets.read")
async def begin_export(command: BeginExport) -> None:
    """Note it. Raises `RateLimited` for an organization that exports the same all the time."""
    by = command.by
    await take(Take(EXPORTS, f"{by.organization_id} {command.what}"))
    await record_act(
        done_by(by, "assets.exported", f"organization {by.organization_id}", what=command.what)
    )
