"""The promise: every monitored link is looked at within its interval, each host asked politely."""

from __future__ import annotations

from temporalio import workflow

from activities.health.checking import CheckDueLinks, LinksChecked, check_due_links
from workflows.periods import scheduled_time
from workflows.policies import BRISK


@workflow.defn
class CheckLinkHealth:
    """One pass over what is due at its scheduled time; what is left is for the next minute's."""

    def __init__(self) -> None:
        self._checked: LinksChecked | None = None

    @workflow.run
    async def run(self) -> LinksChecked:
        now = scheduled_time()
        workflow.set_current_details(f"looking at what is due at {now:%F %T} UTC")
        checked = await workflow.execute_activity(check_due_links, CheckDueLinks(now), **BRISK)
        self._checked = checked
        workflow.set_current_details(
            f"due at {now:%F %T} UTC: **{checked.looks}** links looked at, "
            f"**{checked.put_off}** put off, **{checked.changes}** changed"
        )
        return checked

    @workflow.query
    def progress(self) -> LinksChecked | None:
        """What was looked at; None while it is."""
        return self._checked
