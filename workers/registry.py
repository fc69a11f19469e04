"""Every workflow and activity, and the queue whose workers run it. A test compares this list with
what is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from activities.alerts.judging import judge_alerts
from activities.deliveries.attempting import attempt_batch, attempt_delivery
from activities.deliveries.cancelling import cancel_delivery
from activities.deliveries.recovering import recover_part
from activities.expiry.ending import end_assets
from activities.expiry.warning import warn_of_ends
from activities.health.checking import check_due_links, check_one_link
from activities.imports.running import import_part
from activities.mail import deliver_mail
from activities.mail_groups import deliver_mails
from activities.notices.daily import send_daily_digests
from activities.notices.weekly import send_weekly_digests
from activities.pictures.batches_running import render_next_part
from activities.retention.forgetting import forget, forget_over
from activities.statistics.keeping import keep_rolled_up
from activities.statistics.storage import keep_scan_storage
from activities.trials import remind_of_trials
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
from workflows.send_alerts import SendAlerts
from workflows.send_mail import SendMail
from workflows.send_mails import SendMails
from workflows.send_notifications import SendNotifications
from workflows.trial_reminders import TrialReminders
from workflows.weekly_digest import WeeklyDigest


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
            *(RollUpScans, SendAlerts, SendMail, SendMails, SendNotifications),
            *(TrialReminders, WeeklyDigest),
        ),
        activities=(
            *(check_due_links, check_one_link, deliver_mail, deliver_mails, end_assets, forget),
            forget_over,
            *(import_part, judge_alerts, keep_rolled_up, keep_scan_storage, remind_of_trials),
            *(send_daily_digests, send_weekly_digests, warn_of_ends),
        ),
        activities_at_once=50,
    ),
    DELIVERY: Work(
        workflows=(DeliverWebhooks, RecoverDeliveries, RetryDelivery),
        activities=(attempt_batch, attempt_delivery, cancel_delivery, recover_part),
        # Most of them wait for receivers: slow ones must not take the places of the others.
        activities_at_once=500,
    ),
    RENDER: Work(
        workflows=(RenderBatch,),
        activities=(render_next_part,),
        # A few more than processes that draw: who waits for one is soon served.
        activities_at_once=4,
    ),
}
