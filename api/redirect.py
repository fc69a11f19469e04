"""Visits: `GET /q/{short_code}` and `GET /{slug}` lead to the live destination of a code or link.

Plain ASGI, outside FastAPI: everything a visit can meet. What is remembered and leads straight on
is answered before this is entered, where the server lets it (`api.visit_protocol`). A scan is
written before its answer; HEAD is answered alike and counted as a bot's. On a custom domain there
is what its organization has.
"""

from __future__ import annotations

from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from activities.outside import outside
from activities.readiness import DatabaseAway
from activities.rules import slugs
from activities.rules.errors import NotFound
from activities.rules.spelling import prefixed
from activities.visitors import read_headers, read_visitor
from activities.visits.leading import (
    AppTrial,
    Follow,
    Gone,
    Outcome,
    PasswordNeeded,
    Preview,
    Redirection,
)
from activities.visits.recorder import Overloaded
from activities.visits.targets import Home, Kind, foreign_name
from api.guesses import unknown_page
from api.pages.visits import access_page, app_page, domain_page, preview_page
from api.status_pages import choose_language, prefers_json, status_page
from api.visit_cookies import keep_visitor_id, read_access, read_visitor_id

PREFIX = "/q/"
ROOT = "/"

ID_PREFIXES = {"qr": "qr", "link": "lnk"}


class Desk(Protocol):
    """Where visits are decided and written: `activities.visits.desk`, or without its memory."""

    async def follow(self, command: Follow) -> Outcome: ...

    async def find_home(self, host: str) -> Home | None: ...

    def note_unknown(self, host: str) -> None: ...


class Redirect:
    """What visitors meet. Country headers are believed behind a trusted proxy only.

    Visits to what exists are never throttled; guesses are, by network address. `front` answers the
    root of every host but the custom domains.
    """

    def __init__(self, desk: Desk, *, front: ASGIApp, public_url: str = "") -> None:
        self._desk = desk
        self._front = front
        self._public_url = public_url

    def owns(self, path: str) -> bool:
        """Whether the path is a code's, or could be a link's: our own words never are."""
        return path.startswith(PREFIX) or is_slug(path[1:].removesuffix("/"))

    def may_front(self, scope: Scope) -> bool:
        """Whether this is the root of a host that could be a custom domain."""
        return scope["path"] == ROOT and foreign_name(headers_of(scope).get("host", "")) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        response: Response | None
        try:
            if scope["method"] not in ("GET", "HEAD"):
                response = status_page(405, headers, allow="GET, HEAD")
            elif scope["path"] == ROOT:
                response = await self._root(headers)
            else:
                response = await self._visit(scope)
        except NotFound:
            response = await self._unknown(scope, headers)
        except DatabaseAway:
            response = status_page(503, headers, retry_after=2)
        except Overloaded:
            response = status_page(503, headers, retry_after=1)
        if response is None:
            await self._front(scope, receive, send)
            return
        response.headers["Cache-Control"] = "no-store"
        await response(scope, receive, send)

    async def _root(self, headers: dict[str, str]) -> Response | None:
        home = await self._desk.find_home(headers.get("host", ""))
        return domain_page(choose_language(headers.get("accept-language", ""))) if home else None

    async def _visit(self, scope: Scope) -> Response:
        kind, slug = named(scope["path"])
        outcome = await self._desk.follow(visit_of(scope, kind, slug))
        return answer(outcome, scope, self._public_url)

    async def _unknown(self, scope: Scope, headers: dict[str, str]) -> Response:
        self._desk.note_unknown(headers.get("host", ""))
        return await unknown_page(scope, headers)


def visit_of(scope: Scope, kind: Kind, slug: str) -> Follow:
    """The visit that a request is."""
    asked, headers = HTTPConnection(scope), headers_of(scope)
    query = scope["query_string"].decode("utf-8", "surrogateescape")
    return Follow(
        kind=kind,
        slug=slug,
        visitor=read_visitor(
            scope["method"],
            read_headers(headers),
            address=asked.client.host if asked.client else "",
            query=query,
            country_header_trusted=scope.get("inkloom.proxied", False),
            now=outside().clock.now(),
        ),
        host=headers.get("host", ""),
        query=query,
        access=read_access(asked.cookies),
        visitor_id=read_visitor_id(asked.cookies),
    )


def answer(outcome: Outcome, scope: Scope, public_url: str) -> Response:
    """What a visit comes to, as a response; a new visitor is handed an id."""
    response = _present(outcome, headers_of(scope))
    if isinstance(outcome, Redirection | AppTrial) and outcome.new_visitor_id:
        keep_visitor_id(response, HTTPConnection(scope), public_url, outcome.new_visitor_id)
    return response


def named(path: str) -> tuple[Kind, str]:
    """What a path asks for: a code or a link, and its slug."""
    if path.startswith(PREFIX):
        return "qr", path[len(PREFIX) :].removesuffix("/")
    return "link", path[1:].removesuffix("/")


def is_slug(word: str) -> bool:
    """Whether a link may be called so."""
    return slugs.could_exist(word) and word.lower() not in slugs.RESERVED


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request, names in small letters; of one that comes twice the last."""
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
