"""The promise: a link or code whose owner asks for it is looked at now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio import workflow

from activities.cause import Cause
from activities.health.checking import CheckOneLink as Look
from activities.health.checking import LinksChecked, check_one_link
from workflows.policies import BRISK


@dataclass(frozen=True)
class LinkToCheck:
    """A link of an organization, or a code, whose id then is in `link_id`."""

    organization_id: UUID
    link_id: UUID
    cause: Cause


@workflow.defn
class CheckOneLink:
    """One look at all that it leads to; the result is in its history."""

    @workflow.run
    async def run(self, link: LinkToCheck) -> LinksChecked:
        look = Look(link.link_id, workflow.info().workflow_id)
        checked = await workflow.execute_activity(check_one_link, look, **BRISK)
        workflow.logger.info("link checked", extra={"request_id": link.cause.request_id})
        return checked
