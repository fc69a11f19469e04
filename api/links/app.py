"""The links dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.links import analytics, links, webhook_deliveries, webhooks, workspaces
from api.links.errors import REFUSALS, present

PREFIXES = ("/api/v1/links", "/api/v1/workspaces", "/api/v1/analytics")


def make_links() -> Dialect:
    """The dialect with its routes."""
    application = make_application(
        title="Inkloom Links API",
        description="Short links. Credential: the x-api-key header.",
        routers=[
            *(links.router, webhooks.router, webhook_deliveries.router),
            *(workspaces.router, analytics.router),
        ],
        present=present,
        refusals=REFUSALS,
    )
    return Dialect("links", PREFIXES, application, present)
