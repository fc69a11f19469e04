"""What visitors of addresses meet that nobody has: a page, and a limit to guessing."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from activities.meters import Take, take
from activities.rules.errors import RateLimited
from activities.rules.throttles import UNKNOWN_CODES
from api.edge import network_of
from api.status_pages import status_page


async def unknown_page(scope: Scope, headers: dict[str, str]) -> Response:
    """404, or 429 for a network address that guesses."""
    try:
        await take(Take(UNKNOWN_CODES, network_of(HTTPConnection(scope))))
    except RateLimited as refusal:
        return status_page(429, headers, retry_after=refusal.standing.retry_after)
    return status_page(404, headers)
