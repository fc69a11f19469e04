"""The cron dialect's application."""

from __future__ import annotations

from api.cron import jobs
from api.cron.errors import REFUSALS, present
from api.dialect import Dialect, make_application

PREFIXES = ("/api/cron",)


def make_cron(secret: str) -> Dialect:
    """The dialect with its routes; without a `secret` it lets nobody in."""
    application = make_application(
        title="Inkloom Cron API",
        description="Regular jobs, started from outside besides their schedules. Credential: "
        "CRON_SECRET as `Authorization: Bearer`, `x-cron-secret` or `?secret=`.",
        routers=[jobs.router],
        present=present,
        refusals=REFUSALS,
    )
    application.state.cron_secret = secret
    return Dialect("cron", PREFIXES, application, present)
