"""How the public dialect says no: `{"error": sentence, "code": CODE, "fields"?: {..}}`."""

from __future__ import annotations

from api.coded import USUAL, Coded
from api.dialect import Refusals
from api.statuses import ORDINARY

STATUSES = ORDINARY

CODES = USUAL
"""What this dialect calls a refusal where it is not the domain's code in capitals."""

FIELDS: dict[str, str] = {
    "org_id": "orgId",
    "source_id": "sourceId",
    "dedupe_key": "dedupeKey",
}
"""What the domain calls a field -> what this dialect calls it."""

_WORDS = Coded(STATUSES, CODES, FIELDS)
present = _WORDS.present
shape = _WORDS.shape

REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
