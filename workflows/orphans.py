"""A message that no workflow is about any more gets one."""

from __future__ import annotations

from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.deliveries.orphans import Orphan
from workflows.deliver_webhooks import retry_id
from workflows.policies import fair
from workflows.queues import DELIVERY, searchable
from workflows.retry_delivery import Retry, RetryDelivery
from workflows.starter import Starter


async def adopt(starter: Starter, orphan: Orphan) -> bool:
    """Start `RetryDelivery` for it, which tries it at once; False when one is running: it may be
    paused, or late. Raises `TemporalAway` and `RPCError`.
    """
    organization = str(orphan.organization_id)
    client = await starter.client()
    try:
        await client.start_workflow(
            RetryDelivery.run,
            Retry(
                organization_id=orphan.organization_id,
                delivery_id=orphan.id,
                number=orphan.number,
                wait_seconds=0.0,
                cause=orphan.cause,
                first=orphan.first,
                resend=orphan.resend,
            ),
            id=retry_id(orphan.id, orphan.resend),
            task_queue=DELIVERY,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            priority=fair(organization),
            search_attributes=searchable(organization, event=orphan.kind),
            static_summary=f"{orphan.kind} to {orphan.host}, found again",
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
