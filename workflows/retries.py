"""`RetryDelivery` for a message that no workflow is about: an operator takes it in hand, or the
relay found it.
"""

from __future__ import annotations

from typing import Any

from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.deliveries.orphans import Orphan
from activities.deliveries.parking import InHand
from workflows.deliver_webhooks import retry_id
from workflows.policies import fair
from workflows.queues import DELIVERY, searchable
from workflows.retry_delivery import Retry, RetryDelivery
from workflows.starter import Starter

HELD_SECONDS = 60.0
"""After this it looks again, if nobody wakes it."""


async def try_by_hand(starter: Starter, held: InHand, signal: Any) -> None:
    """For a message that was parked; the workflow is told something at once.

    Raises `TemporalAway` and `RPCError`.
    """
    retry = Retry(
        organization_id=held.organization_id,
        delivery_id=held.delivery_id,
        number=held.number,
        wait_seconds=HELD_SECONDS,
        cause=held.cause,
        first=1 if held.resend == 0 else held.number,
        resend=held.resend,
        reason=held.reason,
    )
    told = f"{held.kind}, in the hands of an operator"
    once = WorkflowIDReusePolicy.REJECT_DUPLICATE
    await _start(starter, retry, held.kind, told, once, signal=signal.__name__)


async def adopt(starter: Starter, orphan: Orphan) -> bool:
    """For a message that was found, which is tried at once; False when a workflow is running: it
    may be paused, or late. Raises `TemporalAway` and `RPCError`.
    """
    retry = Retry(
        organization_id=orphan.organization_id,
        delivery_id=orphan.id,
        number=orphan.number,
        wait_seconds=0.0,
        cause=orphan.cause,
        first=orphan.first,
        resend=orphan.resend,
    )
    told = f"{orphan.kind} to {orphan.host}, found again"
    once_more = WorkflowIDReusePolicy.ALLOW_DUPLICATE
    try:
        await _start(starter, retry, orphan.kind, told, once_more)
    except WorkflowAlreadyStartedError:
        return False
    return True


async def _start(
    starter: Starter,
    retry: Retry,
    kind: str,
    told: str,
    reuse: WorkflowIDReusePolicy,
    *,
    signal: str | None = None,
) -> None:
    organization = str(retry.organization_id)
    client = await starter.client()
    await client.start_workflow(
        RetryDelivery.run,
        retry,
        id=retry_id(retry.delivery_id, retry.resend),
        task_queue=DELIVERY,
        id_reuse_policy=reuse,
        priority=fair(organization),
        search_attributes=searchable(organization, event=kind),
        static_summary=told,
        start_signal=signal,
    )
