"""What ended long ago: links, sessions, tokens, invitations, mails, imports, notifications."""

from __future__ import annotations

from collections.abc import Mapping

from activities.rules.retention import Kind

# A day later than a preview can be started, so that none goes from under its first part.
_IMPORT_OVER = (
    "(status IN ('done', 'cancelled') AND finished_at < :long_ago OR status = 'previewed' "
    "AND created_at < CAST(:long_ago AS timestamptz) - interval '1 day')"
)

_PASSED: Mapping[Kind, tuple[str, str]] = {
    "sign_in_links": ("sign_in_link", "expires_at < :long_ago"),
    "browser_sessions": ("browser_session", "expires_at < :long_ago"),
    "refresh_tokens": ("refresh_token", "expires_at < :long_ago"),
    "token_families": (
        "token_family",
        "created_at < :long_ago "
        "AND NOT EXISTS (SELECT FROM refresh_token WHERE family_id = token_family.id)",
    ),
    "invitations": ("team_invite", "expires_at < :long_ago AND accepted_at IS NULL"),
    "oauth_codes": ("oauth_code", "expires_at < :long_ago"),
    "oauth_tokens": ("oauth_token", "refresh_expires_at < :long_ago"),
    "mails": ("mail", "created_at < :long_ago"),
    "notifications": ("notification", "created_at < :told"),
    "digests": ("digest", "created_at < :known"),
    "alert_firings": ("alert_firing", "created_at < :known"),
    "alerts": ("alert", "deleted_at < :trashed"),
    "job_runs": ("job_run", "created_at < :told"),
    "idempotency_keys": ("idempotency_key", "expires_at < :now"),
    "import_lines": (
        "import_item",
        f"import_id IN (SELECT id FROM import_job WHERE {_IMPORT_OVER})",  # noqa: S608
    ),
    "imports": (
        "import_job",
        f"{_IMPORT_OVER} AND NOT EXISTS (SELECT FROM import_item WHERE import_id = import_job.id)",
    ),
}
"""Each table and what of it is over."""

# Names and conditions are those above; only values come from outside.
OVER: Mapping[Kind, str] = {
    kind: f"DELETE FROM {table} WHERE ctid = ANY (ARRAY("  # noqa: S608
    f"SELECT ctid FROM {table} WHERE {over} LIMIT :most)) RETURNING 1"
    for kind, (table, over) in _PASSED.items()
}
"""A statement for each kind; `long_ago` and `most` are its values."""
