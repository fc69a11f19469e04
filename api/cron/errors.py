"""How the cron dialect says no: `{"error": sentence, "code": CODE}`, as workspace does."""

from __future__ import annotations

from api.coded import USUAL, Coded
from api.dialect import Refusals
from api.statuses import ORDINARY

STATUSES = ORDINARY

_WORDS = Coded(STATUSES, USUAL, {})
present = _WORDS.present
shape = _WORDS.shape

REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
