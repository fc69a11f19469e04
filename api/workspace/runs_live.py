"""`/api/org/{orgId}/runs/{runId}/progress`: how far a run is, as server-sent events.

Their form is that of WHATWG HTML 9.2. A stream costs a look a second while it is open, so there are
only so many.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from uuid import UUID

from fastapi import Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from activities.outside import outside
from activities.readiness import DatabaseAway
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, RateLimited
from activities.rules.throttles import Standing
from activities.runs import RunView
from activities.statistics.live import Live
from api.faults import HttpFault
from api.jobs import Jobs
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.org import OrgId
from api.workspace.runs import RunId, followed, present_run, to_id
from api.workspace.streams import events
from workflows.starter import Starter

AGAIN_MILLISECONDS = 3000
"""After what a browser comes back when the stream broke."""

EVENTS = events(
    "Events named `progress` with the run as JSON, as `GET .../runs/{runId}` "
    "answers it: one at once, then one whenever it is further, a second apart at least. One "
    "named `end` is the last: the run is over. The stream ends also after 15 minutes, or when "
    "the credential does.",
    "progress",
    "end",
)

router = make_router(authenticate, dependencies=[documented], tags=["jobs"])


class Streams:
    """How many streams of runs a process has, of each organization."""

    def __init__(self, most_of_one: int = 10, most: int = 200) -> None:
        self._most_of_one = most_of_one
        self._most = most
        self._open: Counter[UUID] = Counter()

    def join(self, organization_id: UUID) -> None:
        """Take a place, to be given back with `leave`. Raises `RateLimited` without a free one."""
        if self._open[organization_id] >= self._most_of_one or self._open.total() >= self._most:
            comes_back = int(outside().clock.now().timestamp()) + 30
            raise RateLimited(Standing(self._most_of_one, 0, comes_back, retry_after=30))
        self._open[organization_id] += 1

    def leave(self, organization_id: UUID) -> None:
        """The place is free."""
        self._open[organization_id] -= 1
        self._open += Counter()


@router.get(
    "/api/org/{orgId}/runs/{runId}/progress",
    summary="How far a run is, as it goes: server-sent events",
    response_class=Response,
    responses=EVENTS,
)
async def watch(org_id: OrgId, run_id: RunId, by: By, jobs: Jobs, request: Request) -> Response:
    run = await followed(by, to_id(run_id), jobs.known)
    # A stream is no measure of how quickly we answer.
    request.scope["inkloom.area"] = "live"
    return _Stream(request, by, run, jobs.known)


class _Stream(StreamingResponse):
    """Has a place while it lasts, however it ends."""

    def __init__(self, request: Request, by: Actor, run: RunView, starter: Starter | None) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        told = _told(request, by, run, starter)
        super().__init__(told, media_type="text/event-stream", headers=headers)
        self._streams: Streams = request.app.state.run_streams
        self._organization_id = by.organization_id
        self._streams.join(by.organization_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.leave(self._organization_id)


async def _told(
    request: Request, by: Actor, run: RunView, starter: Starter | None
) -> AsyncIterator[bytes]:
    live: Live = request.app.state.live
    clock = asyncio.get_running_loop().time
    spoken = begun = clock()
    yield f"retry: {AGAIN_MILLISECONDS}\n\n".encode()
    yield present_step(by, run)
    async with aclosing(_steps(request, by, run, starter)) as steps:
        async for step in steps:
            if clock() - begun > live.pace.longest:
                return
            if step is not None:
                yield present_step(by, step)
            elif clock() - spoken > live.pace.heartbeat:
                yield b": still here\n\n"
            else:
                continue
            spoken = clock()


async def _steps(
    request: Request, by: Actor, run: RunView, starter: Starter | None
) -> AsyncGenerator[RunView | None, None]:
    """The run whenever it is another one, else None, look by look until it is over."""
    live: Live = request.app.state.live
    clock = asyncio.get_running_loop().time
    checked = clock()
    while not run.is_over and not live.is_stopped:
        await asyncio.sleep(live.pace.look)
        try:
            if clock() - checked > live.pace.check:
                by, checked = await authenticate(request), clock()
            now = await followed(by, run.id, starter)
        except DatabaseAway:
            # Nothing can have been revoked meanwhile.
            yield None
            continue
        except (DomainError, HttpFault):
            return
        yield now if now != run else None
        run = now


def present_step(by: Actor, run: RunView) -> bytes:
    """The event."""
    name = "end" if run.is_over else "progress"
    told = present_run(by, run).model_dump_json(by_alias=True)
    return f"event: {name}\ndata: {told}\n\n".encode()
