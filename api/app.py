"""The whole HTTP surface: sends each request to its dialect by longest path prefix.

Several dialects share `/api` and `/api/v1`, so mounting does not do: a prefix owns whole path
segments below it, and the longest that fits wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.dialect import Dialect, respond, to_refusal
from api.documents import Documents
from api.edge import Edge
from api.faults import RouteUnknown
from api.health import PATHS as HEALTH_PATHS
from api.health import Health, TemporalHere
from api.redirect import PREFIX as SCAN_PREFIX
from api.redirect import Network, Redirect
from api.studio.app import make_studio
from api.workspace.app import make_workspace


def make_app(
    *,
    temporal_here: TemporalHere,
    trusted_proxies: Sequence[Network] = (),
    public_url: str = "",
) -> ASGIApp:
    """Everything under one ASGI application. It has no lifespan: the caller opens and closes."""
    dialects = (make_studio(), make_workspace(public_url))
    dispatcher = Dispatcher(
        dialects=dialects,
        redirect=Redirect(trusted_proxies),
        health=Health(temporal_here),
        documents=Documents(dialects),
    )
    return Edge(dispatcher)


class Dispatcher:
    """Chooses who answers; marks the scope's `inkloom.area` for logs and metrics."""

    def __init__(
        self,
        *,
        dialects: Sequence[Dialect],
        redirect: ASGIApp,
        health: ASGIApp,
        documents: Documents,
    ) -> None:
        by_length = sorted(
            ((prefix, dialect) for dialect in dialects for prefix in dialect.prefixes),
            key=lambda entry: -len(entry[0]),
        )
        self._prefixes = by_length
        self._redirect = redirect
        self._health = health
        self._documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith(SCAN_PREFIX):
            scope["inkloom.area"] = "redirect"
            await self._redirect(scope, receive, send)
        elif path.rstrip("/") in HEALTH_PATHS:
            scope["inkloom.area"] = "health"
            await self._health(scope, receive, send)
        elif dialect := self.dialect_of(path):
            await _speak(dialect, scope, receive, send)
        elif self._documents.owns(path):
            scope["inkloom.area"] = "documents"
            await self._documents(scope, receive, send)
        else:
            body = {"error": str(RouteUnknown()), "code": "NOT_FOUND"}
            await JSONResponse(body, 404)(scope, receive, send)

    def dialect_of(self, path: str) -> Dialect | None:
        """The dialect that owns the path, by its longest prefix of whole segments."""
        for prefix, dialect in self._prefixes:
            if path == prefix or path.startswith(f"{prefix}/"):
                return dialect
        return None


async def _speak(dialect: Dialect, scope: Scope, receive: Receive, send: Send) -> None:
    """Let a dialect answer. What escapes it is answered here, in its own error shape."""
    scope["inkloom.area"] = dialect.name
    if dialect.slash_ended and not scope["path"].endswith("/"):
        scope["path"] += "/"
    begun = False

    async def watched(message: Message) -> None:
        nonlocal begun
        begun = begun or message["type"] == "http.response.start"
        await send(message)

    try:
        await dialect.application(scope, receive, watched)
    except Exception as fault:
        # Starlette raises what its handler for Exception has answered once more.
        if not begun:
            await respond(dialect.present(to_refusal(fault)))(scope, receive, send)
