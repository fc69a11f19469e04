"""What is kept for a time, and forgotten after it, kind by kind in the order of work."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

Kind = Literal[
    "sign_in_links",
    "browser_sessions",
    "refresh_tokens",
    "token_families",
    "invitations",
    "oauth_codes",
    "oauth_tokens",
    "mails",
    "import_lines",
    "imports",
    "attempts",
    "deliveries",
    "delivery_batches",
    "events",
    "barcodes",
    "link_pages",
    "links",
    "qr_codes",
    "expiry_notices",
    "fetched_logos",
    "notifications",
    "digests",
    "alert_firings",
    "alerts",
    "job_runs",
    "idempotency_keys",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""What refers to something else is before it. New ones come last: nights under way go on."""

KINDS_BEFORE = KINDS[: KINDS.index("notifications")]
"""Those of a night that began under a version before notifications."""

KEPT_AFTER_ITS_END = timedelta(days=30)
"""How long links, sessions, refresh tokens and imports stay readable after they ended."""

TOLD_KEPT = timedelta(days=90)
"""How long notifications and runs of jobs can be looked at."""

RECOVERABLE = timedelta(days=31)
"""How long events and deliveries stay at least, whatever the plan: a recovery reaches back 30 days
(`activities.deliveries.recovering`), and one may be under way.
"""

TRASH = timedelta(days=31)
"""A day longer than assets can be restored, so that none goes from under who takes it back."""

NOTICES_KEPT = timedelta(days=400)
"""After that an end that comes back is announced once more."""

UNUSED_PICTURES_KEPT = timedelta(days=30)
"""How long a logo that was fetched stays since it was last looked for."""
