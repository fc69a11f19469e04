"""The workspace dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.workspace import (
    account,
    audit,
    barcode,
    barcode_scans,
    bulk,
    domains,
    exports,
    folders,
    grants,
    imports,
    inventory,
    keys,
    links,
    members,
    oauth_clients,
    org,
    org_workspaces,
    orgs,
    pages,
    qr,
    sign_in,
    tags,
    team_invites,
    utm_templates,
)
from api.workspace.errors import REFUSALS, present

PREFIXES = (
    "/api/qr",
    "/api/links",
    "/api/barcode",
    "/api/inventory",
    "/api/imports",
    "/api/pages",
    "/api/folders",
    "/api/tags",
    "/api/utm-templates",
    "/api/domains",
    "/api/org",
    "/api/auth",
)


def make_workspace(public_url: str) -> Dialect:
    """The dialect with its routes; cookie writes are taken from pages of `public_url` only."""
    application = make_application(
        title="Inkloom Workspace API",
        description="What the dashboard speaks. Credential: the ink_session cookie.",
        routers=[
            keys.router,
            # Before those that take an id in the same place.
            bulk.router,
            exports.router,
            imports.router,
            qr.router,
            links.router,
            barcode.router,
            barcode_scans.router,
            inventory.router,
            pages.router,
            folders.router,
            tags.router,
            utm_templates.router,
            domains.router,
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
