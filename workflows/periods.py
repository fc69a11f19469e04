"""What time it is for a workflow that a schedule starts."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow
from temporalio.common import SearchAttributeKey

SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""Set by the server for what a schedule starts, also late, by hand or in a backfill."""


def scheduled_time() -> datetime:
    """The time for which the run was due; that of its start when no schedule started it.

    It is the `now` of everything that the run does, and the key of its period: a run that comes
    late, or twice, does what it would have done in time, and nothing again.
    """
    info = workflow.info()
    return info.typed_search_attributes.get(SCHEDULED_AT) or info.workflow_start_time
