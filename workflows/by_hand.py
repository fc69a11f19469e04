"""A message that no workflow is about, taken in hand by an operator."""

from __future__ import annotations

from typing import Any

from temporalio.common import WorkflowIDReusePolicy

from activities.deliveries.parking import InHand
from workflows.deliver_webhooks import retry_id
from workflows.policies import fair
from workflows.queues import DELIVERY, searchable
from workflows.retry_delivery import Retry, RetryDelivery
from workflows.starter import Starter

HELD_SECONDS = 60.0
"""After this it looks again, if nobody wakes it."""


async def try_by_hand(starter: Starter, held: InHand, signal: Any) -> None:
    """Start `RetryDelivery` for a message that was parked, and tell it something.

    Raises `TemporalAway` and `RPCError`.
    """
    organization = str(held.organization_id)
    client = await starter.client()
    await client.start_workflow(
        RetryDelivery.run,
        Retry(
            organization_id=held.organization_id,
            delivery_id=held.delivery_id,
            number=held.number,
            wait_seconds=HELD_SECONDS,
            cause=held.cause,
            first=held.number,
            resend=held.resend,
            reason=held.reason,
        ),
        id=retry_id(held.delivery_id, held.resend),
        task_queue=DELIVERY,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        priority=fair(organization),
        search_attributes=searchable(organization, event=held.kind),
        static_summary=f"{held.kind}, in the hands of an operator",
        start_signal=signal.__name__,
    )
