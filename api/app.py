"""The whole HTTP surface: sends each request to its dialect by longest path prefix.

Several dialects share `/api` and `/api/v1`, so mounting does not do: a prefix owns whole path
segments below it, and the longest that fits wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.rules.errors import DomainError
from activities.rules.inboxes import inbox_name
from activities.statistics.live import Live
from activities.visits.following import Straight
from api.business.app import make_business
from api.canva.app import make_canva
from api.cron.app import make_cron
from api.dialect import Answer, Dialect, Present, respond, to_refusal
from api.digital_links import DigitalLinks
from api.documents import Documents
from api.edge import Edge, Network
from api.faults import HttpFault, RouteUnknown
from api.health import PATHS as HEALTH_PATHS
from api.health import Health, TemporalHere
from api.inbox import inbox
from api.links.app import make_links
from api.mailbox import mailbox
from api.mailbox import owns as mailbox_owns
from api.oauth.app import make_oauth
from api.pages.app import Pages
from api.pages.link_page import PREFIX as PAGE_PREFIX
from api.pages.link_page import link_page
from api.public.app import make_public
from api.redirect import PREFIX as SCAN_PREFIX
from api.redirect import Desk, Redirect
from api.studio.app import make_studio
from api.tracking.app import make_tracking
from api.workspace.app import make_workspace
from workflows.starter import Starter


def make_app(
    *,
    temporal_here: TemporalHere,
    trusted_proxies: Sequence[Network] = (),
    public_url: str = "",
    cron_secret: str = "",
    starter: Starter | None = None,
    desk: Desk | None = None,
    live: Live | None = None,
) -> ASGIApp:
    """Everything under one ASGI application. It has no lifespan: the caller opens and closes.

    Visits go to the `desk` that is given, or straight to the database. Streams of scans are those
    of `live`: who stops the application stops it first, for they would not end by themselves.
    """
    dialects = (
        make_workspace(public_url, live),
        make_canva(),
        make_public(public_url),
        make_studio(),
        make_links(),
        make_business(public_url),
        make_tracking(),
        make_oauth(public_url),
        make_cron(cron_secret),
    )
    for dialect in dialects:
        dialect.application.state.starter = starter
    documents = Documents(dialects)
    desk = desk or Straight()
    dispatcher = Dispatcher(
        dialects=dialects,
        redirect=Redirect(desk, front=documents, public_url=public_url),
        digital_links=DigitalLinks(desk, public_url=public_url),
        health=Health(temporal_here),
        documents=documents,
        pages=Pages(),
    )
    return Edge(dispatcher, trusted_proxies=trusted_proxies)


class Dispatcher:
    """Chooses who answers, and answers what escapes them."""

    def __init__(
        self,
        *,
        dialects: Sequence[Dialect],
        redirect: Redirect,
        digital_links: DigitalLinks,
        health: ASGIApp,
        documents: Documents,
        pages: Pages,
    ) -> None:
        by_length = sorted(
            ((prefix, dialect) for dialect in dialects for prefix in dialect.prefixes),
            key=lambda entry: -len(entry[0]),
        )
        self.dialects = dialects
        self._prefixes = by_length
        self._redirect = redirect
        self._digital_links = digital_links
        self._health = health
        self._documents = documents
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        area, answer, present = self._choose(scope)
        scope["inkloom.area"] = area
        try:
            await answer(scope, receive, watched)
        except Exception as fault:
            # Starlette raises what a dialect's handler for Exception has answered once more.
            if not begun:
                await respond(present(to_refusal(fault)))(scope, receive, send)

    def _choose(self, scope: Scope) -> tuple[str, ASGIApp, Present]:
        """Who answers: its area for logs and metrics, its application, and how it says no."""
        path: str = scope["path"]
        if path.startswith(SCAN_PREFIX) or self._redirect.may_front(scope):
            return "redirect", self._redirect, _present
        if self._digital_links.owns(path):
            return "redirect", self._digital_links, _present
        if path.startswith(PAGE_PREFIX):
            return "link_page", link_page, _present
        if path.rstrip("/") in HEALTH_PATHS:
            return "health", self._health, _present
        if dialect := self.dialect_of(path):
            if dialect.slash_ended and not path.endswith("/"):
                scope["path"] += "/"
            return dialect.name, dialect.application, dialect.present
        if mailbox_owns(path):
            return "mailbox", mailbox, _present
        if inbox_name(path) is not None:
            return "inbox", inbox, _present
        if self._pages.owns(path):
            return "pages", self._pages, _present
        if self._documents.owns(path):
            return "documents", self._documents, _present
        if self._redirect.owns(path):
            return "redirect", self._redirect, _present
        return "none", _nobody, _present

    def dialect_of(self, path: str) -> Dialect | None:
        """The dialect that owns the path, by its longest prefix of whole segments."""
        for prefix, dialect in self._prefixes:
            if path == prefix or path.startswith(f"{prefix}/"):
                return dialect
        return None


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise RouteUnknown


def _present(refusal: DomainError | HttpFault) -> Answer:
    """A refusal where no dialect is spoken."""
    status = {"route_unknown": 404, "service_away": 503}.get(refusal.code, 500)
    body = {"error": str(refusal), "code": refusal.code.upper()}
    return Answer(status, body, dict(getattr(refusal, "headers", {})))
