"""How the tracking dialect says no: `{"error": sentence, "code": CODE}` (seed 004)."""

from __future__ import annotations

from api.coded import USUAL, Coded
from api.dialect import Refusals
from api.statuses import ORDINARY

STATUSES = ORDINARY

CODES = {
    **USUAL,
    "credential_unknown": "INVALID_API_KEY",
    "credential_revoked": "API_KEY_REVOKED",
    "credential_expired": "API_KEY_EXPIRED",
    "invalid_fields": "INVALID_PARAMETER",
    "wrong_fields": "INVALID_PARAMETER",
    "cursor_invalid": "INVALID_CURSOR",
}
"""What this dialect calls a refusal where it is not the domain's code in capitals."""

FIELDS = {
    "destination_url": "destinationUrl",
    "workspace_id": "workspaceId",
    "folder_id": "folderId",
    "short_code": "shortCode",
    "style": "styleConfig",
    "first": "from",
    "last": "to",
}
"""What the domain calls a field -> what this dialect calls it."""

_WORDS = Coded(STATUSES, CODES, FIELDS, lists_fields=False)
present = _WORDS.present
shape = _WORDS.shape

REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
