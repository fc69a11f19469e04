"""The studio dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.studio import dynamic, generate, webhooks
from api.studio.errors import REFUSALS, present

PREFIXES = ("/api/v1/dynamic", "/api/v1/generate", "/api/v1/webhooks")


def make_studio() -> Dialect:
    """The dialect with its routes; every path ends in a slash, and one without is accepted."""
    application = make_application(
        title="Inkloom Studio API",
        description="Dynamic QR codes, rendering and webhooks. Credential: the X-Api-Key header.",
        routers=[dynamic.router, generate.router, webhooks.router],
        present=present,
        refusals=REFUSALS,
    )
    return Dialect("studio", PREFIXES, application, present, slash_ended=True)
