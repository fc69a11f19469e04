"""The business dialect's application."""

from __future__ import annotations

from api.business import (
    gs1,
    integration_deliveries,
    integrations,
    qr_links,
    stats,
    team_invites,
    tokens,
)
from api.business.errors import REFUSALS, present
from api.dialect import Dialect, make_application

PREFIXES = (
    *("/api/tokens", "/api/team-invites", "/api/qr-links", "/api/gs1"),
    "/api/integrations",
)


def make_business(public_url: str) -> Dialect:
    """The dialect with its routes; cookie writes are taken from pages of `public_url` only."""
    application = make_application(
        title="Inkloom Business API",
        description="For automations. Credential: an API or MCP token, or the session cookie.",
        routers=[
            *(tokens.router, team_invites.router, qr_links.router, stats.router, gs1.router),
            *(integrations.router, integration_deliveries.router),
        ],
        present=present,
        refusals=REFUSALS,
    )
    application.state.public_url = public_url
    return Dialect("business", PREFIXES, application, present)
