"""How rate limits are told: the same headers in every dialect, where its clients look for them.

`X-RateLimit-Limit` is calls a minute, `-Remaining` what the bucket still holds, `-Reset` the Unix
time when it is full again; `X-Daily-*` only where a daily cap is set; `Retry-After` in whole
seconds (RFC 9110 10.2.3) with a refusal.
"""

from __future__ import annotations

from activities.rules.throttles import Standing

UNKEPT = "no-store"
"""The Cache-Control of every answer about a tenant that does not say another one."""

EXPOSED = (
    *("X-Request-Id", "Retry-After", "ETag"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    *("X-Daily-Limit", "X-Daily-Remaining", "Idempotent-Replayed"),
)
"""Headers that a page of another origin may read (CORS)."""


def limit_headers(standing: Standing | None) -> dict[str, str]:
    """The headers of where a caller stands; none while limits are off."""
    if standing is None:
        return {}
    told = {
        "X-RateLimit-Limit": str(standing.limit),
        "X-RateLimit-Remaining": str(standing.remaining),
        "X-RateLimit-Reset": str(standing.reset_at),
    }
    if standing.daily_limit is not None:
        told["X-Daily-Limit"] = str(standing.daily_limit)
        told["X-Daily-Remaining"] = str(standing.daily_remaining)
    if standing.retry_after:
        told["Retry-After"] = str(standing.retry_after)
    return told
