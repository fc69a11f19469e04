"""Visits: `GET /q/{short_code}` and `GET /{slug}` lead to the live destination of a code or link.

Plain ASGI, outside FastAPI (see the benchmark `redirect`). A scan is committed before its answer;
HEAD is answered alike and not counted. On a custom domain there is what its organization has.
"""

from __future__ import annotations

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from activities.meters import Take, take
from activities.readiness import DatabaseAway
from activities.rules import slugs
from activities.rules.errors import NotFound, RateLimited
from activities.rules.spelling import prefixed
from activities.rules.throttles import UNKNOWN_CODES
from activities.visitors import read_visitor
from activities.visits.following import (
    AppTrial,
    Follow,
    Gone,
    Outcome,
    PasswordNeeded,
    Preview,
    Redirection,
    follow,
)
from activities.visits.targets import FindHome, find_home, foreign_name
from api.edge import network_of
from api.pages.visits import access_page, app_page, domain_page, preview_page
from api.status_pages import choose_language, prefers_json, status_page
from api.visit_cookies import keep_visitor_id, read_access, read_visitor_id

PREFIX = "/q/"
ROOT = "/"

ID_PREFIXES = {"qr": "qr", "link": "lnk"}

log = structlog.get_logger("inkloom.redirect")


class Redirect:
    """What visitors meet. Country headers are believed behind a trusted proxy only.

    Visits to what exists are never throttled; guesses are, by network address. `front` answers the
    root of every host but the custom domains.
    """

    def __init__(self, *, front: ASGIApp, public_url: str = "") -> None:
        self._front = front
        self._public_url = public_url

    def owns(self, path: str) -> bool:
        """Whether the path is a code's, or could be a link's: our own words never are."""
        slug = path[1:].removesuffix("/")
        is_slug = slugs.could_exist(slug) and slug.lower() not in slugs.RESERVED
        return path.startswith(PREFIX) or is_slug

    def may_front(self, scope: Scope) -> bool:
        """Whether this is the root of a host that could be a custom domain."""
        return scope["path"] == ROOT and foreign_name(_headers(scope).get("host", "")) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        response: Response | None
        try:
            if scope["method"] not in ("GET", "HEAD"):
                response = status_page(405, headers, allow="GET, HEAD")
            elif scope["path"] == ROOT:
                response = await self._root(headers)
            else:
                response = await self._visit(scope, headers)
        except NotFound:
            response = await self._unknown(scope, headers)
        except DatabaseAway:
            response = status_page(503, headers, retry_after=2)
        if response is None:
            await self._front(scope, receive, send)
            return
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _root(self, headers: dict[str, str]) -> Response | None:
        home = await find_home(FindHome(headers.get("host", "")))
        return domain_page(choose_language(headers.get("accept-language", ""))) if home else None

    async def _visit(self, scope: Scope, headers: dict[str, str]) -> Response:
        asked = HTTPConnection(scope)
        path: str = scope["path"]
        is_code = path.startswith(PREFIX)
        outcome = await follow(
            Follow(
                kind="qr" if is_code else "link",
                slug=path.removeprefix(PREFIX if is_code else ROOT).removesuffix("/"),
                visitor=read_visitor(
                    scope["method"],
                    headers,
                    country_header_trusted=scope.get("inkloom.proxied", False),
                ),
                host=headers.get("host", ""),
                query=scope["query_string"].decode("utf-8", "surrogateescape"),
                access=read_access(asked.cookies),
                visitor_id=read_visitor_id(asked.cookies),
            )
        )
        response = _present(outcome, headers)
        if isinstance(outcome, Redirection | AppTrial) and outcome.new_visitor_id:
            keep_visitor_id(response, asked, self._public_url, outcome.new_visitor_id)
        return response

    async def _unknown(self, scope: Scope, headers: dict[str, str]) -> Response:
        try:
            await take(Take(UNKNOWN_CODES, network_of(HTTPConnection(scope))))
        except RateLimited as refusal:
            return status_page(429, headers, retry_after=refusal.standing.retry_after)
        return status_page(404, headers)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _present(outcome: Outcome, headers: dict[str, str]) -> Response:
    """What a visit comes to, as a response."""
    language = choose_language(headers.get("accept-language", ""))
    match outcome:
        case Redirection():
            return Response(status_code=302, headers={"Location": outcome.url})
        case AppTrial():
            return app_page(language, outcome)
        case Preview():
            return preview_page(outcome)
        case PasswordNeeded():
            return _ask(outcome, language, headers)
        case Gone():
            return status_page(410, headers)


def _ask(needed: PasswordNeeded, language: str, headers: dict[str, str]) -> Response:
    """The access page; a program is told what to send to `/api/public/access`."""
    asset = prefixed(ID_PREFIXES[needed.kind], needed.asset_id)
    if not prefers_json(headers):
        return access_page(language, needed.kind, asset)
    told = {
        "error": "This needs a password; send it to /api/public/access with this type and id.",
        "code": "PASSWORD_REQUIRED",
        "type": needed.kind,
        "id": asset,
    }
    return JSONResponse(told, 403)
