"""Jobs that tenants ask for: their kinds, how they can be, and the ids of their workflows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

RunKind = Literal["import", "render", "check", "code_check", "recovery"]
RunState = Literal["running", "paused", "done", "failed", "cancelled"]

OVER: tuple[RunState, ...] = ("done", "failed", "cancelled")
"""States in which nothing is left to do."""


Cut = Literal["endpoint_paused", "endpoint_disabled", "endpoint_deleted"]

CUT_SHORT: Mapping[Cut, str] = {
    "endpoint_paused": "The endpoint was paused before all of it was sent; resume it and recover "
    "the rest.",
    "endpoint_disabled": "The endpoint was disabled before all of it was sent; enable it and "
    "recover the rest.",
    "endpoint_deleted": "The endpoint was deleted before all of it was sent.",
}
"""Why a recovery went no further, as a sentence."""


def import_id(import_: UUID) -> str:
    """Of `ImportLinks`."""
    return f"import/{import_}"


def render_id(batch: UUID) -> str:
    """Of `RenderBatch`."""
    return f"render/{batch}"


def check_id(asset: UUID, look: UUID) -> str:
    """Of `CheckOneLink`."""
    return f"check/{asset}/{look}"


def recovery_id(endpoint: UUID, request: UUID) -> str:
    """Of `RecoverDeliveries`."""
    return f"recover/{endpoint}/{request}"
