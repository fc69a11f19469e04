"""The outermost layer: request id, body limit, security headers, one log line, metrics."""

from __future__ import annotations

import re
import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from activities.cause import Cause, caused_by
from api.faults import BodyTooLarge

MOST_BODY_BYTES = 1024 * 1024

_SANE = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
}

REQUESTS = Counter("inkloom_http_requests", "Answered requests", ["area", "method", "status"])
SECONDS = Histogram(
    "inkloom_http_seconds",
    "Time to answer",
    ["area"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

log = structlog.get_logger("inkloom.http")


class Edge:
    """Wraps the whole application. A client's own X-Request-Id is kept when it is sane."""

    def __init__(self, application: ASGIApp, *, body_limit: int = MOST_BODY_BYTES) -> None:
        self._application = application
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE.fullmatch(given) else str(ULID())
        began = time.perf_counter()
        status = 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        with (
            caused_by(Cause(request_id)),
            structlog.contextvars.bound_contextvars(request_id=request_id),
        ):
            try:
                await self._application(scope, self._limited(scope, receive), dressed)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Refuse a body over the limit, by its Content-Length or as it comes in."""
        seen = 0
        declared = Headers(scope=scope).get("content-length", "")

        async def limited() -> Message:
            nonlocal seen
            if declared.isdigit() and int(declared) > self._body_limit:
                raise BodyTooLarge(self._body_limit)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._body_limit:
                raise BodyTooLarge(self._body_limit)
            return message

        return limited

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        area = scope.get("inkloom.area", "none")
        REQUESTS.labels(area, scope["method"], str(status)).inc()
        SECONDS.labels(area).observe(seconds)
        if area not in ("redirect", "health"):
            log.info(
                "answered",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 1),
            )
