"""What a client asks for as a job: workflows are started from handlers by their starter."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Request

from activities.batching import Batch
from workflows.starter import Starter, TemporalAway


class _Jobs:
    """The way to the workflow service."""

    def __init__(self, starter: Starter | None) -> None:
        self._starter = starter

    @property
    def starter(self) -> Starter:
        """Starts workflows; raises `TemporalAway` in a process that cannot."""
        if self._starter is None:
            raise TemporalAway("this process starts no workflows")
        return self._starter

    @property
    def known(self) -> Starter | None:
        """The same, or None: for handlers that only ask how something is."""
        return self._starter

    async def deliver(self, batch: Batch) -> None:
        """Send a batch now; while that cannot be started it waits for the relay."""
        with suppress(TemporalAway):
            await self.starter.deliver(batch)


def _the_jobs(request: Request) -> _Jobs:
    return _Jobs(getattr(request.app.state, "starter", None))


Jobs = Annotated[_Jobs, Depends(_the_jobs)]
"""For handlers that start a workflow."""
