"""What an attempt means for its delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from activities.rules.backoff import wait_before

Status = Literal["pending", "delivered", "failed", "paused", "cancelled"]


@dataclass(frozen=True)
class Verdict:
    """The delivery's status after an attempt, and in how many seconds the next one is due."""

    status: Status
    wait_seconds: float | None = None


def judge(
    *,
    number: int,
    status_code: int | None,
    delays: Sequence[float],
    roll: float,
    retry_after: float | None,
) -> Verdict:
    """2xx is delivered; anything else, a redirect included, is tried again while delays are left.

    `number` is that of the attempt just made (from 1), `status_code` None when no answer came.
    """
    if status_code is not None and 200 <= status_code < 300:
        return Verdict("delivered")
    wait = wait_before(number + 1, delays, roll, retry_after)
    return Verdict("failed") if wait is None else Verdict("pending", wait)
