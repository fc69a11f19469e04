"""The cookies of visitors: who they are to A/B tests, and which protected assets they may open.

Both are of the host that was visited, hidden from scripts, and sent along by other sites' links but
not by their forms or pictures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from starlette.requests import HTTPConnection
from starlette.responses import Response

VISITOR = "ink_visitor"
ACCESS = "ink_access_"
"""What is before the id of the asset, in hex."""

VISITOR_LASTS = timedelta(days=365)

_ACCESS_NAME = re.compile(ACCESS + "[0-9a-f]{32}")


def read_visitor_id(cookies: Mapping[str, str]) -> UUID | None:
    """The id of the visitor; None for none, and for what we never gave."""
    try:
        return UUID(cookies.get(VISITOR, ""))
    except ValueError:
        return None


def read_access(cookies: Mapping[str, str]) -> dict[str, str]:
    """The tokens for protected assets, by the id of the asset in hex."""
    return {
        name.removeprefix(ACCESS): token
        for name, token in cookies.items()
        if _ACCESS_NAME.fullmatch(name)
    }


def keep_visitor_id(response: Response, asked: HTTPConnection, public_url: str, id: UUID) -> None:
    """Hand the browser its id, for a year."""
    _keep(response, VISITOR, str(id), VISITOR_LASTS, is_secure(asked, public_url))


def keep_access(
    response: Response,
    asked: HTTPConnection,
    public_url: str,
    asset_id: UUID,
    token: str,
    lasts: timedelta,
) -> None:
    """Hand the browser its token for an asset."""
    _keep(response, f"{ACCESS}{asset_id.hex}", token, lasts, is_secure(asked, public_url))


def is_secure(asked: HTTPConnection, public_url: str) -> bool:
    """Whether a cookie may go over TLS only; a proxy may have taken that off on the way here."""
    return "https" in (asked.url.scheme, urlsplit(public_url).scheme)


def _keep(response: Response, name: str, value: str, lasts: timedelta, secure: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
