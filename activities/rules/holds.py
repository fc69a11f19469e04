"""Why a delivery that is due is not sent now, and why one that is over ended as it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

HoldReason = Literal[
    "endpoint_paused", "throttled", "circuit_open", "earlier_message", "rate_limit", "busy"
]
HOLDS: tuple[HoldReason, ...] = get_args(HoldReason)

RESEND = "resend"
"""The reason of a delivery that is to be sent once more, though it was over."""

RETRY = "retry"
"""The reason of a parked delivery that failed: its receiver is away, or two runs of its batch met
over it."""

SENTENCES: Mapping[str, str] = {
    "endpoint_paused": "The endpoint is paused; the message goes when it is resumed.",
    "throttled": "The receiver asked for time; nothing is sent to it before that is over.",
    "circuit_open": "The receiver failed many times in a row; one message a minute or so tries it.",
    "earlier_message": "An earlier message about the same asset is not through yet.",
    "rate_limit": "The endpoint's own limit of messages a minute is reached.",
    "busy": "As many messages as the endpoint takes at once are under way to it.",
    "resend": "It is about to be sent once more, as somebody asked.",
    "retry": "An attempt failed; the next one is made when the endpoint's policy says so.",
    "attempts_spent": "All attempts of the endpoint's policy failed.",
    "aborted": "The receiver asked to give this message up (webhook-delivery: abort-message).",
    "endpoint_gone": "The receiver answered 410 Gone, and its endpoint was disabled.",
    "endpoint_disabled": "The endpoint was disabled before the message was through.",
    "endpoint_deleted": "The endpoint was deleted before the message was through.",
    "cancelled": "An operator cancelled it.",
}
"""What each reason of a delivery means."""


@dataclass(frozen=True)
class Hold:
    """A delivery waits for `reason`, until that moment where one is known."""

    reason: HoldReason
    until: datetime | None = None


def explain(reason: str | None) -> str:
    """The sentence of a reason; empty for none."""
    return SENTENCES.get(reason or "", "")
