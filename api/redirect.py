"""Scans: `GET /q/{short_code}` answers 302 to the live destination, after the scan is committed.

Plain ASGI, outside FastAPI (see the benchmark `redirect`). HEAD is answered alike and not counted.
"""

from __future__ import annotations

from urllib.parse import unquote

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from activities.meters import Take, take
from activities.readiness import DatabaseAway
from activities.redirects import FollowCode, follow_code
from activities.rules.destinations import location
from activities.rules.errors import NotFound, RateLimited
from activities.rules.throttles import UNKNOWN_CODES
from activities.visitors import read_visitor
from api.edge import network_of
from api.status_pages import status_page

PREFIX = "/q/"

log = structlog.get_logger("inkloom.redirect")


class Redirect:
    """The scan endpoint. Country headers are believed behind a trusted proxy only.

    Visits to codes that exist are never throttled; guesses are, by network address.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(scope)
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        method: str = scope["method"]
        if method not in ("GET", "HEAD"):
            return status_page(405, headers, allow="GET, HEAD")
        code = unquote(scope["path"][len(PREFIX) :]).removesuffix("/")
        visitor = read_visitor(
            method, headers, country_header_trusted=scope.get("inkloom.proxied", False)
        )
        try:
            destination = await follow_code(FollowCode(short_code=code, visitor=visitor))
        except NotFound:
            return await self._unknown(scope, headers)
        except DatabaseAway:
            return status_page(503, headers, retry_after=2)
        return Response(status_code=302, headers={"Location": location(destination.url)})

    async def _unknown(self, scope: Scope, headers: dict[str, str]) -> Response:
        try:
            await take(Take(UNKNOWN_CODES, network_of(HTTPConnection(scope))))
        except RateLimited as refusal:
            return status_page(429, headers, retry_after=refusal.standing.retry_after)
        return status_page(404, headers)
