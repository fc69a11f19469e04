"""How the workspace dialect says no: `{"error": sentence, "code": CODE, "fields"?: {..}}`."""

from __future__ import annotations

from api.coded import USUAL, Coded
from api.dialect import Refusals
from api.statuses import ORDINARY

STATUSES = ORDINARY

CODES = {
    **USUAL,
    "credential_revoked": "SESSION_REVOKED",
    "credential_expired": "SESSION_EXPIRED",
}
"""What this dialect calls a refusal where it is not the domain's code in capitals."""

FIELDS = {
    "destination_url": "destinationUrl",
    "short_code": "shortCode",
    "organization_id": "orgId",
    "size_px": "size",
    "redirect_uris": "redirectUris",
    "client_id": "clientId",
    "workspace_id": "workspaceId",
    "per_minute": "perMinute",
    "daily_cap": "dailyCap",
    "expires_at": "expiresAt",
    "grace_seconds": "graceSeconds",
}
"""What the domain calls a field -> what this dialect calls it."""

_WORDS = Coded(STATUSES, CODES, FIELDS)
present = _WORDS.present
shape = _WORDS.shape

REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
