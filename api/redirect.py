"""Scans: `GET /q/{short_code}` answers 302 to the live destination, after the scan is committed.

Plain ASGI, outside FastAPI (see the benchmark `redirect`). HEAD is answered alike and not counted.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import unquote

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from activities.readiness import DatabaseAway
from activities.redirects import FollowCode, follow_code
from activities.rules.destinations import location
from activities.rules.errors import NotFound
from activities.visitors import read_visitor
from api.status_pages import status_page

PREFIX = "/q/"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

log = structlog.get_logger("inkloom.redirect")


class Redirect:
    """The scan endpoint. Country headers are believed from `trusted_proxies` only."""

    def __init__(self, trusted_proxies: Sequence[Network] = ()) -> None:
        self._trusted_proxies = trusted_proxies

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
            method, headers, country_header_trusted=self._trusts(scope.get("client"))
        )
        try:
            destination = await follow_code(FollowCode(short_code=code, visitor=visitor))
        except NotFound:
            return status_page(404, headers)
        except DatabaseAway:
            return status_page(503, headers, retry_after=2)
        return Response(status_code=302, headers={"Location": location(destination.url)})

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        if not client or not self._trusted_proxies:
            return False
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        return any(address in network for network in self._trusted_proxies)
