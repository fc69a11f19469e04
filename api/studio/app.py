"""The studio dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.studio import (
    account,
    analytics,
    bulk,
    confirmation,
    dynamic,
    generate,
    keys,
    me,
    tokens,
    usage,
    webhook_deliveries,
    webhooks,
)
from api.studio.errors import REFUSALS, present

PREFIXES = (
    *("/api/v1/dynamic", "/api/v1/generate", "/api/v1/validate", "/api/v1/webhooks"),
    *("/api/auth/signup", "/api/auth/login"),
    *("/api/auth/token", "/api/auth/me", "/api/auth/confirm"),
    *("/api/v1/keys", "/api/v1/usage"),
)


def make_studio() -> Dialect:
    """The dialect with its routes; every path ends in a slash, and one without is accepted."""
    application = make_application(
        title="Inkloom Studio API",
        description="Dynamic QR codes, rendering, webhooks and accounts. Credential: the X-Api-Key "
        "header, or the access token of a sign-in as a bearer.",
        routers=[
            *(dynamic.router, analytics.router, generate.router, webhooks.router),
            *(bulk.paid, bulk.router),
            webhook_deliveries.router,
            *(account.router, tokens.router, me.router, confirmation.router),
            *(keys.router, usage.of_keys, usage.router),
        ],
        present=present,
        refusals=REFUSALS,
    )
    return Dialect("studio", PREFIXES, application, present, slash_ended=True)
