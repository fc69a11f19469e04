"""The canva dialect's application."""

from __future__ import annotations

from api.canva import barcode, folders, me, qr
from api.canva.errors import REFUSALS, present
from api.dialect import Dialect, make_application

PREFIXES = ("/api/canva",)


def make_canva() -> Dialect:
    """The dialect with its routes."""
    application = make_application(
        title="Inkloom Canva Library API",
        description="Reads for a design tool. Credential: an OAuth bearer token or an ink_ key.",
        routers=[me.router, folders.router, qr.router, barcode.router],
        present=present,
        refusals=REFUSALS,
        any_origin=True,
    )
    return Dialect("canva", PREFIXES, application, present)
