"""For operators and load balancers: alive, ready, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from activities.readiness import DatabaseAway, read_backlog

PATHS = ("/api/health", "/api/status", "/metrics")
TemporalHere = Callable[[], Awaitable[bool]]


class Health:
    """`/api/health/` is alive, `/api/status/` is ready, `/metrics` is for Prometheus."""

    def __init__(self, temporal_here: TemporalHere) -> None:
        self._temporal_here = temporal_here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/")
        response: Response
        if scope["method"] not in ("GET", "HEAD"):
            response = JSONResponse(
                {"detail": "This path takes GET."}, 405, headers={"Allow": "GET, HEAD"}
            )
        elif path == "/api/health":
            response = JSONResponse({"status": "ok"})
        elif path == "/metrics":
            response = Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
        else:
            response = await self._status()
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _status(self) -> Response:
        """200 while requests can be served; Temporal being away only degrades, it delays events."""
        backlog, temporal = await asyncio.gather(_backlog(), self._temporal_here())
        here = {True: "ok", False: "away"}
        database = backlog is not None
        state = "ok" if database and temporal else "degraded" if database else "unavailable"
        body: dict[str, Any] = {
            "status": state,
            "checks": {"database": here[database], "temporal": here[temporal]},
            "outbox": backlog,
        }
        headers = {} if database else {"Retry-After": "2"}
        return JSONResponse(body, 200 if database else 503, headers=headers)


async def _backlog() -> dict[str, float] | None:
    try:
        backlog = await read_backlog()
    except DatabaseAway:
        return None
    return {
        "waiting_events": backlog.waiting_events,
        "lag_seconds": backlog.oldest_event_seconds,
        "waiting_batches": backlog.waiting_batches,
        "waiting_mails": backlog.waiting_mails,
        "undelivered": backlog.undelivered,
        "oldest_undelivered_seconds": backlog.oldest_undelivered_seconds,
    }
