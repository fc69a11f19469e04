"""`/api/org/{orgId}/scans/live`: scans as they come in, as server-sent events (WHATWG HTML 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

import orjson
from fastapi import Header, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from activities.readiness import DatabaseAway
from activities.rules.actors import Actor
from activities.rules.errors import DomainError
from activities.statistics.fresh import BeginToWatch, Fresh, begin_to_watch
from activities.statistics.live import Live, Watcher
from api.faults import HttpFault
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.org import OrgId
from api.workspace.scan_words import FIELDS, scan_object
from api.workspace.streams import events

AGAIN_MILLISECONDS = 3000
"""After what a browser comes back when the stream ended."""

LONGEST_NUMBER = 15

EVENTS = events(
    "Events named `scans`, one a second at most. Their data is JSON: `count`, "
    "how many scans are new, `more`, how many of them are left out, and `scans`, the newest "
    "hundred with "
    + "; ".join(f"`{name}`: {meaning}" for name, meaning in FIELDS.items())
    + ". The stream ends after 15 minutes, or when the credential does; come back with the id "
    "of the last event as Last-Event-ID, and what came meanwhile is told, of 30 seconds at "
    "most.",
    "scans",
)

router = make_router(authenticate, dependencies=[documented], tags=["statistics"])


@router.get(
    "/api/org/{orgId}/scans/live",
    summary="Scans as they come in: server-sent events",
    response_class=Response,
    responses=EVENTS,
)
async def watch(
    org_id: OrgId,
    by: By,
    request: Request,
    last_event_id: Annotated[
        str, Header(alias="Last-Event-ID", description="the id of the last event that was read")
    ] = "",
) -> Response:
    live: Live = request.app.state.live
    await begin_to_watch(BeginToWatch(by))
    # A stream is no measure of how quickly we answer.
    request.scope["inkloom.area"] = "live"
    return _Stream(request, by, live, live.join(by.organization_id, _place(last_event_id)))


class _Stream(StreamingResponse):
    """Gives its place back when it ends, however that comes."""

    def __init__(self, request: Request, by: Actor, live: Live, watcher: Watcher) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        told = _told(request, by, live, watcher)
        super().__init__(told, media_type="text/event-stream", headers=headers)
        self._leave = partial(live.leave, watcher)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


async def _told(request: Request, by: Actor, live: Live, watcher: Watcher) -> AsyncIterator[bytes]:
    pace, clock = live.pace, asyncio.get_running_loop().time
    spoken = clock()
    check, end = spoken + pace.check, spoken + pace.longest
    yield f"retry: {AGAIN_MILLISECONDS}\n\n".encode()
    while clock() < end:
        if clock() >= check:
            if not await _may_still(request, by):
                return
            check = clock() + pace.check
        part = await watcher.next(min(check, end, spoken + pace.heartbeat) - clock())
        if watcher.is_over:
            return
        if part is not None:
            yield present_fresh(part)
        elif clock() >= spoken + pace.heartbeat:
            yield b": still here\n\n"
        else:
            continue
        spoken = clock()


async def _may_still(request: Request, by: Actor) -> bool:
    """Whether the credential still stands for a member who may see this."""
    try:
        now = await authenticate(request)
        await begin_to_watch(BeginToWatch(now))
    except DatabaseAway:
        # Nothing can have been revoked meanwhile, and nothing new is told.
        return True
    except (DomainError, HttpFault):
        return False
    return now.organization_id == by.organization_id


def present_fresh(part: Fresh) -> bytes:
    """The event; its id is where the next one begins."""
    data = {
        "count": part.total,
        "more": part.total - len(part.scans),
        "scans": [scan_object(scan) for scan in part.scans],
    }
    return f"id: {part.until}\nevent: scans\ndata: {orjson.dumps(data).decode()}\n\n".encode()


def _place(text: str) -> int | None:
    """The millisecond that an id of ours says; None for anything else."""
    is_ours = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_ours else None
