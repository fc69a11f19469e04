"""Every workflow and activity, and the queue whose workers run it. A test compares this list with
what is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from activities.deliveries.attempting import attempt_batch, attempt_delivery
from activities.deliveries.cancelling import cancel_delivery
from activities.deliveries.recovering import recover_part
from activities.expiry.ending import end_assets
from activities.expiry.warning import warn_of_ends
from activities.health.checking import check_due_links, check_one_link
from activities.imports.running import import_part
from activities.mail import deliver_mail
from activities.pictures.batches_running import render_next_part
from activities.retention.forgetting import forget
from activities.statistics.keeping import keep_rolled_up
from activities.statistics.storage import keep_scan_storage
from workflows.apply_retention import ApplyRetention
from workflows.check_link_health import CheckLinkHealth
from workflows.check_one_link import CheckOneLink
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.expire_assets import ExpireAssets
from workflows.import_links import ImportLinks
from workflows.queues import DELIVERY, RENDER, SHORT, Queue
from workflows.recover_deliveries import RecoverDeliveries
from workflows.render_batch import RenderBatch
from workflows.retry_delivery import RetryDelivery
from workflows.roll_up_scans import RollUpScans
from workflows.send_mail import SendMail


@dataclass(frozen=True)
class Work:
    """What the workers of one queue can do, and how much of it at once."""

    workflows: tuple[type, ...]
    activities: tuple[Callable[..., Any], ...]
    activities_at_once: int


REGISTRY: Mapping[Queue, Work] = {
    SHORT: Work(
        workflows=(
            *(ApplyRetention, CheckLinkHealth, CheckOneLink, ExpireAssets, ImportLinks),
            *(RollUpScans, SendMail),
        ),
        activities=(
            *(check_due_links, check_one_link, deliver_mail, end_assets, forget, import_part),
            *(keep_rolled_up, keep_scan_storage, warn_of_ends),
        ),
        activities_at_once=50,
    ),
    DELIVERY: Work(
        workflows=(DeliverWebhooks, RecoverDeliveries, RetryDelivery),
        activities=(attempt_batch, attempt_delivery, cancel_delivery, recover_part),
        activities_at_once=100,
    ),
    RENDER: Work(
        workflows=(RenderBatch,),
        activities=(render_next_part,),
        # A few more than processes that draw: who waits for one is soon served.
        activities_at_once=4,
    ),
}
