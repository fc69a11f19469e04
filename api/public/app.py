"""The public dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.public import access, captcha, charts, conversions, unsubscribe, webhook_keys
from api.public.errors import REFUSALS, present

PREFIXES = ("/api/public", webhook_keys.PATH)


def make_public(public_url: str) -> Dialect:
    """The dialect with its routes."""
    application = make_application(
        title="Inkloom Public API",
        description="For public pages; it needs no credential.",
        routers=[
            access.router,
            captcha.router,
            charts.router,
            conversions.router,
            unsubscribe.router,
            webhook_keys.router,
        ],
        present=present,
        refusals=REFUSALS,
        any_origin=True,
    )
    application.state.public_url = public_url
    return Dialect("public", PREFIXES, application, present)
