"""What an attempt means for its delivery, and for its endpoint.

Anything but 2xx is a failure, a redirect included. A receiver steers with its answer: Retry-After
(RFC 9110, 10.2.3), 410 Gone (15.5.11), and a header of its own, `webhook-delivery`, on any status:
`disable` ends the endpoint, `abort-message` this message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from activities.rules.backoff import wait_before

Status = Literal["pending", "delivered", "failed", "paused", "cancelled"]
Control = Literal["", "disable", "abort-message"]
Effect = Literal["none", "throttle", "disable"]
StatusClass = Literal["2xx", "3xx", "4xx", "5xx", "none"]

CONTROL_HEADER = "webhook-delivery"
GONE = 410
THROTTLING = (429, 502, 504)
"""Answers that ask for less of everything, not only of this message."""


@dataclass(frozen=True)
class Verdict:
    """The delivery's status after an attempt, and in how many seconds the next one is due.

    `why` is a sentence on that. `reason` is that of a delivery which is over (`rules/holds.py`).
    `effect` is what the attempt does to the endpoint.
    """

    status: Status
    wait_seconds: float | None = None
    why: str = ""
    reason: str | None = None
    effect: Effect = "none"


def read_control(response_headers: Mapping[str, str]) -> Control:
    """What the receiver asks for by its header; header names are lower-case. Else nothing."""
    asked = response_headers.get(CONTROL_HEADER, "").strip(" \t").lower()
    if asked == "disable":
        return "disable"
    return "abort-message" if asked == "abort-message" else ""


def judge(
    *,
    number: int,
    status_code: int | None,
    delays: Sequence[float],
    roll: float,
    retry_after: float | None,
    control: Control = "",
) -> Verdict:
    """Delivered, to be tried again while delays are left, or given up.

    `number` is that of the attempt just made (from 1), `status_code` None when no answer came.
    """
    if status_code is not None and 200 <= status_code < 300:
        return _delivered(control)
    if control == "disable":
        why = "The receiver asked to disable its endpoint."
        return Verdict("failed", None, why, "endpoint_disabled", "disable")
    if status_code == GONE:
        why = "410 Gone disables the endpoint."
        return Verdict("failed", None, why, "endpoint_gone", "disable")
    effect: Effect = "throttle" if status_code in THROTTLING else "none"
    if control == "abort-message":
        why = "The receiver asked to give the message up."
        return Verdict("failed", None, why, "aborted", effect)
    wait = wait_before(number + 1, delays, roll, retry_after)
    if wait is None:
        why = f"All {number} attempts of the policy are made."
        return Verdict("failed", None, why, "attempts_spent", effect)
    return Verdict("pending", wait, _why(delays[number - 1], retry_after), None, effect)


def judge_moved(verdict: Verdict, *, number: int, delays: Sequence[float], roll: float) -> Verdict:
    """The verdict when the endpoint has another address than the one that answered so.

    What the old one says of itself (that it is gone, or busy until then) is nothing to the new one,
    where the policy tries again; what it says of the message counts.
    """
    if verdict.status == "delivered" or verdict.reason == "aborted":
        return verdict
    again = judge(number=number, status_code=None, delays=delays, roll=roll, retry_after=None)
    return replace(again, why=f"The endpoint has another address by now. {again.why}")


def _delivered(control: Control) -> Verdict:
    if control != "disable":
        return Verdict("delivered", why="It is delivered.")
    why = "It is delivered, and the receiver asked to disable its endpoint."
    return Verdict("delivered", why=why, effect="disable")


def _why(step: float, retry_after: float | None) -> str:
    if retry_after is not None and retry_after > step:
        return f"The receiver's Retry-After asks for {retry_after:.0f} s, at most a day is granted."
    return f"The policy waits {step:.0f} s before the next attempt."
