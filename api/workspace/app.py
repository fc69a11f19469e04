"""The workspace dialect's application."""

from __future__ import annotations

from activities.statistics.live import Live
from api.dialect import Dialect, make_application
from api.workspace import (
    ab_tests,
    account,
    alerts,
    audit,
    barcode,
    barcode_scans,
    bulk,
    domains,
    exports,
    folders,
    grants,
    images,
    imports,
    inventory,
    keys,
    labels,
    links,
    links_health,
    members,
    notification_preferences,
    notifications,
    oauth_clients,
    org,
    org_stats,
    org_workspaces,
    orgs,
    pages,
    preview,
    qr,
    qr_health,
    runs,
    runs_live,
    scans_export,
    scans_live,
    sign_in,
    stats,
    style_presets,
    tags,
    team_invites,
    utm_templates,
    webhook_deliveries,
    webhook_events,
    webhooks,
)
from api.workspace.errors import REFUSALS, present

PREFIXES = (
    "/api/qr",
    "/api/links",
    "/api/barcode",
    "/api/inventory",
    "/api/imports",
    "/api/images",
    "/api/labels",
    "/api/style-presets",
    "/api/pages",
    "/api/folders",
    "/api/tags",
    "/api/utm-templates",
    "/api/domains",
    "/api/webhooks/endpoints",
    "/api/webhooks/events",
    "/api/org",
    "/api/auth",
)

ROUTERS = (
    keys.router,
    # Before those that take an id in the same place.
    bulk.router,
    exports.router,
    imports.router,
    preview.router,
    labels.router,
    qr.router,
    qr_health.router,
    links.router,
    links_health.router,
    barcode.router,
    barcode_scans.router,
    inventory.router,
    pages.router,
    folders.router,
    tags.router,
    utm_templates.router,
    images.router,
    style_presets.router,
    domains.router,
    webhooks.router,
    webhook_deliveries.router,
    webhook_events.router,
    stats.router,
    ab_tests.router,
    org_stats.router,
    scans_export.router,
    scans_live.router,
    sign_in.router,
    account.router,
    oauth_clients.router,
    grants.router,
    orgs.router,
    org.router,
    org_workspaces.router,
    members.router,
    notifications.router,
    notification_preferences.router,
    team_invites.router,
    audit.router,
    alerts.router,
    runs.router,
    runs_live.router,
)


def make_workspace(public_url: str, live: Live | None = None) -> Dialect:
    """The dialect with its routes; cookie writes are taken from pages of `public_url` only.

    Streams of scans end when `live` is stopped.
    """
    application = make_application(
        title="Inkloom Workspace API",
        description="What the dashboard speaks. Credential: the ink_session cookie.",
        routers=ROUTERS,
        present=present,
        refusals=REFUSALS,
    )
    application.state.public_url = public_url
    application.state.live = live or Live()
    application.state.run_streams = runs_live.Streams()
    return Dialect("workspace", PREFIXES, application, present)
