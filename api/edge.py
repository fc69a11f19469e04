"""The outermost layer: request id, body limit, security headers, one log line, metrics."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Sequence

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from activities.cause import Cause, caused_by
from activities.rules.discretion import discreet
from api.faults import BodyTooLarge

MOST_BODY_BYTES = 1024 * 1024
LARGER_BODIES = {
    "/api/imports": 8 * 1024 * 1024,
    "/api/images": 3 * 1024 * 1024,
    "/api/v1/generate/bulk": 8 * 1024 * 1024,
    **{f"/api/{noun}/bulk": 4 * 1024 * 1024 for noun in ("qr", "links", "barcode")},
}
"""Paths that take files or many things; they read them only from who is known."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SANE = re.compile(r"[A-Za-z0-9._:-]{8,64}")
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
HSTS = "max-age=31536000"

REQUESTS = Counter("inkloom_http_requests", "Answered requests", ["area", "method", "status"])
SECONDS = Histogram(
    "inkloom_http_seconds",
    "Time to answer",
    ["area"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

log = structlog.get_logger("inkloom.http")


class Edge:
    """Wraps the whole application. A client's own X-Request-Id is kept when it is sane and no
    credential: it goes into logs and histories.

    From `trusted_proxies` X-Forwarded-For and -Proto are believed: then the scope has the client's
    own address and scheme, and `inkloom.proxied` is true.
    """

    def __init__(
        self,
        application: ASGIApp,
        *,
        trusted_proxies: Sequence[Network] = (),
        body_limit: int = MOST_BODY_BYTES,
    ) -> None:
        self._application = application
        self._trusted_proxies = trusted_proxies
        self._body_limit = body_limit
        if trusted_proxies:
            trusted = [str(network) for network in trusted_proxies]
            self._application = ProxyHeadersMiddleware(application, trusted)  # type: ignore[arg-type, assignment]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        scope["inkloom.proxied"] = _inside(scope.get("client"), self._trusted_proxies)
        request_id = request_id_of(Headers(scope=scope).get("x-request-id", ""))
        began = time.perf_counter()
        status = 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", HSTS)
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
        limit = max(self._body_limit, LARGER_BODIES.get(scope["path"].rstrip("/"), 0))
        declared = Headers(scope=scope).get("content-length", "")

        async def limited() -> Message:
            nonlocal seen
            if declared.isdigit() and int(declared) > limit:
                raise BodyTooLarge(limit)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(limit)
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


def request_id_of(given: str) -> str:
    """The id of a request: what the client gave if that is sane, or a ULID."""
    sane = _SANE.fullmatch(given) and discreet(given) == given
    return given if sane else str(ULID())


def network_of(connection: HTTPConnection) -> str:
    """The network address that throttles count: an IPv4 address, or the /64 of an IPv6 one."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _inside(client: tuple[str, int] | None, networks: Sequence[Network]) -> bool:
    if not client or not networks:
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    return any(address in network for network in networks)
