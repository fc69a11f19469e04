"""The links dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.links import links, workspaces
from api.links.errors import REFUSALS, present

PREFIXES = ("/api/v1/links", "/api/v1/workspaces")


def make_links() -> Dialect:
    """The dialect with its routes."""
    application = make_application(
        title="Inkloom Links API",
        description="Short links. Credential: the x-api-key header.",
        routers=[links.router, workspaces.router],
        present=present,
        refusals=REFUSALS,
    )
    return Dialect("links", PREFIXES, application, present)
