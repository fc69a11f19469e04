"""The promise: each mail of a group reaches the provider exactly once, in one request for all of
them, or it is written down why not.

Words and readers stay in the database: the history holds ids and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow

from activities.cause import Cause
from activities.mail_groups import DeliverMails, MailsReport, deliver_mails
from workflows.policies import COURTEOUS


@dataclass(frozen=True)
class MailsToSend:
    """A group of mails of an organization; `organization` is "everybody" for one of several."""

    organization: str
    group_id: UUID
    cause: Cause


@workflow.defn
class SendMails:
    """Hand the group over; the activity ends by itself when it is no longer worth sending."""

    @workflow.run
    async def run(self, mails: MailsToSend) -> MailsReport:
        report: MailsReport = await workflow.execute_activity(
            deliver_mails, DeliverMails(mails.group_id), **COURTEOUS
        )
        workflow.set_current_details(f"**{report.sent} sent**, {report.refused} refused")
        workflow.logger.info("mails ended", extra={"request_id": mails.cause.request_id})
        return report
