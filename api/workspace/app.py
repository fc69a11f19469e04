"""The workspace dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.workspace import qr
from api.workspace.errors import REFUSALS, present

PREFIXES = ("/api/qr",)


def make_workspace(public_url: str) -> Dialect:
    """The dialect with its routes; cookie writes are taken from pages of `public_url` only."""
    application = make_application(
        title="Inkloom Workspace API",
        description="What the dashboard speaks. Credential: the ink_session cookie.",
        routers=[qr.router],
        present=present,
        refusals=REFUSALS,
    )
    application.state.public_url = public_url
    return Dialect("workspace", PREFIXES, application, present)
