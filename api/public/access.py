"""`/api/public/access`: a visitor has the password of a protected code or link.

Access is a cookie of the host that was asked, so a browser gets it from the access page alone; the
page of another site cannot (CORS lets it ask, without cookies).
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from activities.rules.access_tokens import LASTS
from activities.rules.spelling import unprefixed
from activities.rules.throttles import PUBLIC_FORMS
from activities.visits.access import AskAccess, ask_access
from api.dialect import Text
from api.routers import make_public_router
from api.scalars import In, Moment, Out
from api.visit_cookies import keep_access

router = make_public_router(PUBLIC_FORMS, tags=["access"])

PREFIXES = {"qr": "qr", "link": "lnk"}

NOBODYS = UUID(int=0)
"""Stands for an id of no known spelling: it is looked for in vain."""


class AccessIn(In):
    """A password for one code or link, named by its id or by its slug."""

    type: Literal["qr", "link"] = Field(description="what is protected", examples=["qr", "link"])
    password: Text = Field(
        min_length=1,
        max_length=1000,
        repr=False,
        description="its password",
        examples=["open sesame"],
    )
    id: Text | None = Field(
        None,
        max_length=64,
        description="the id of the code or link, as its access page has it",
        examples=["qr_7c9e6679742540de944be07fc1f90ae7"],
    )
    slug: Text | None = Field(
        None,
        max_length=64,
        description="the short code of a QR code or the slug of a link, in place of `id`",
        examples=["summer24"],
    )
    domain: Text | None = Field(
        None,
        max_length=255,
        description="the custom domain that the slug is on; without it the default one",
        examples=["links.example.com"],
    )


class AccessOut(Out):
    """The cookie of this answer opens the code or link."""

    granted: Literal[True] = Field(description="always true", examples=[True])
    expires_at: Moment = Field(
        description="when the password is asked for again", examples=["2026-05-08T06:42:30.000Z"]
    )


@router.post("/api/public/access", summary="Open a protected QR code or link")
async def access(body: AccessIn, request: Request, response: Response) -> AccessOut:
    granted = await ask_access(to_command(body, str(request.state.scope)))
    public_url: str = request.app.state.public_url
    keep_access(response, request, public_url, granted.asset_id, granted.token, LASTS)
    return AccessOut(granted=True, expires_at=granted.expires_at)


def to_command(body: AccessIn, network: str) -> AskAccess:
    """The body as the domain takes it."""
    named = None if body.id is None else unprefixed(PREFIXES[body.type], body.id) or NOBODYS
    return AskAccess(body.type, body.password, network, named, body.slug, body.domain or "")
