"""The promise: a queued mail reaches the provider exactly once, or it is written down why not.

Words and reader stay in the database: the history holds ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow

from activities.cause import Cause
from activities.mail import DeliverMail, MailReport, deliver_mail
from workflows.policies import COURTEOUS


@dataclass(frozen=True)
class MailToSend:
    """A mail of an organization; `organization` is "nobody" where it belongs to none."""

    organization: str
    mail_id: UUID
    cause: Cause


@workflow.defn
class SendMail:
    """Hand the mail over; the activity ends by itself when the mail is no longer worth sending."""

    @workflow.run
    async def run(self, mail: MailToSend) -> MailReport:
        report: MailReport = await workflow.execute_activity(
            deliver_mail, DeliverMail(mail.mail_id), **COURTEOUS
        )
        workflow.set_current_details(f"**{report.status}** {report.reason}".strip())
        workflow.logger.info("mail ended", extra={"request_id": mail.cause.request_id})
        return report
