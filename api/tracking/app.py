"""The tracking dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.tracking import document, qr_codes, stats, verify
from api.tracking.errors import REFUSALS, present

PREFIXES = ("/v1",)


def make_tracking() -> Dialect:
    """The dialect with its routes."""
    application = make_application(
        title="Inkloom Tracking API",
        description="QR codes and their statistics. Credential: `Authorization: Bearer qrt_...`. "
        "This document is at `/v1/openapi.json`.",
        routers=[verify.router, qr_codes.router, stats.router, document.router],
        present=present,
        refusals=REFUSALS,
    )
    return Dialect("tracking", PREFIXES, application, present)
