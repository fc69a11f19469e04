"""The workspace dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.workspace import (
    account,
    audit,
    grants,
    keys,
    members,
    oauth_clients,
    org,
    org_workspaces,
    orgs,
    qr,
    sign_in,
    team_invites,
)
from api.workspace.errors import REFUSALS, present

PREFIXES = ("/api/qr", "/api/org", "/api/auth")


def make_workspace(public_url: str) -> Dialect:
    """The dialect with its routes; cookie writes are taken from pages of `public_url` only."""
    application = make_application(
        title="Inkloom Workspace API",
        description="What the dashboard speaks. Credential: the ink_session cookie.",
        routers=[
            keys.router,
            qr.router,
            sign_in.router,
            account.router,
            oauth_clients.router,
            grants.router,
            orgs.router,
            org.router,
            org_workspaces.router,
            members.router,
            team_invites.router,
            audit.router,
        ],
        present=present,
        refusals=REFUSALS,
    )
    application.state.public_url = public_url
    return Dialect("workspace", PREFIXES, application, present)
