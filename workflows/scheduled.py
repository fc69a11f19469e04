"""Which workflow does which of the jobs that come again and again, and what it is for.

When each comes is declared in `workers/schedules.py`; `GET /api/cron/{name}` starts one now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.apply_retention import ApplyRetention
from workflows.check_link_health import CheckLinkHealth
from workflows.expire_assets import ExpireAssets
from workflows.queues import SHORT, Queue
from workflows.send_alerts import SendAlerts
from workflows.send_notifications import SendNotifications
from workflows.trial_reminders import TrialReminders
from workflows.weekly_digest import WeeklyDigest

CRON_NAMES: Mapping[str, str] = {
    "notifications": "Digest and notifications",
    "qr-alerts": "Look for codes whose scans are out of the ordinary",
    "link-health-checks": "Check where monitored links lead",
    "weekly-workspace-digest": "Mail the summary of the week",
    "trial-reminders": "Remind of trials that end",
    "invoice-records-backfill": "Fetch rows of invoices that are missing",
    "billing-snapshot-sync": "Fetch the state of billing",
    "dunning-reminders": "Remind of payments that failed",
    "marketing-campaigns": "Begin campaigns that are due",
    "marketing-send-queue": "Send what is queued of campaigns",
    "expire": "Deactivate links and QR codes whose time is over",
    "downgrade-audit": "Enforce limits after a downgrade",
}
"""Names that `/api/cron` has (seed 000), and what each is for."""


@dataclass(frozen=True)
class Job:
    """A workflow that takes nothing: it does what is due at its scheduled time."""

    workflow: type[Any]
    queue: Queue
    summary: str


JOBS: Mapping[str, Job] = {
    "expire": Job(
        ExpireAssets, SHORT, "warnings of ends; codes and links past their end deactivated"
    ),
    "link-health-checks": Job(
        CheckLinkHealth, SHORT, "looks at where monitored links lead, as far as due"
    ),
    "notifications": Job(SendNotifications, SHORT, "daily digests, to each at the chosen hour"),
    "qr-alerts": Job(SendAlerts, SHORT, "rules that look at scans, judged and told once each"),
    "retention": Job(ApplyRetention, SHORT, "what is kept no longer is forgotten"),
    "trial-reminders": Job(TrialReminders, SHORT, "trials that end within a week, recalled"),
    "weekly-workspace-digest": Job(
        WeeklyDigest, SHORT, "summaries of the week, to each on their Monday"
    ),
}
"""By the name of their schedule. Those of `CRON_NAMES` that are missing come with later issues."""
