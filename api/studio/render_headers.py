"""The headers of every answer that was rendered (seed 003, standard response headers)."""

from __future__ import annotations

from typing import Any

from activities.pictures.quota import Allowance

UNLIMITED = "unlimited"
CACHE, DURATION = "X-QR-Cache", "X-QR-Duration-Ms"
PLAN, REMAINING = "X-QR-Plan", "X-QR-Quota-Remaining"

DOCUMENTED: dict[str, Any] = {
    CACHE: {"description": "HIT or MISS: whether it was made before", "schema": {"type": "string"}},
    DURATION: {
        "description": "milliseconds that it took; 0 when it was made before",
        "schema": {"type": "integer"},
    },
    PLAN: {"description": "the plan of the calling key", "schema": {"type": "string"}},
    REMAINING: {
        "description": "calls left this calendar month, credits included, or `unlimited`",
        "schema": {"type": "string"},
    },
}
"""What an OpenAPI document says of them."""


def render_headers(allowance: Allowance, *, is_hit: bool, took_ms: int) -> dict[str, str]:
    """The headers: cache, duration in whole milliseconds (0 for a hit), plan, and what is left."""
    left = allowance.remaining
    return {
        CACHE: "HIT" if is_hit else "MISS",
        DURATION: "0" if is_hit else str(max(0, took_ms)),
        PLAN: allowance.plan,
        REMAINING: UNLIMITED if left is None else str(left + allowance.credits),
    }
