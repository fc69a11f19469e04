"""How patiently workflows treat their activities, by name.

An activity that raises a refusal of the domain is not retried (the worker's interceptor makes it
non-retryable); anything else is a fault of the moment and is tried again without end, with growing
pauses, because a promise is kept when the database or the network is back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from temporalio.common import Priority, RetryPolicy


class Patience(TypedDict):
    """Keyword arguments of `workflow.execute_activity`."""

    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


BRISK: Patience = {
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(seconds=20),
    ),
}
"""For work that a person or a machine waits for. A dead worker is noticed within 10 s."""

COURTEOUS: Patience = {
    "start_to_close_timeout": timedelta(minutes=1),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(minutes=1),
    ),
}
"""For a vendor's API. A wait that the vendor asks for takes the place of the pause."""

URGENT, NORMAL, BULK = 1, 3, 5
"""Priorities: receipts and dunning; everything usual; what may wait."""


def fair(organization: str, level: int = NORMAL) -> Priority:
    """A priority that shares workers evenly between organizations."""
    return Priority(priority_key=level, fairness_key=organization)
