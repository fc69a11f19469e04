"""How the links dialect says no: `{"error": {"message", "code"}}` (seed 002)."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import DomainError, InvalidFields, SlugTaken
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields
from api.statuses import ORDINARY

STATUSES = ORDINARY


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    message = str(refusal)
    if isinstance(refusal, SlugTaken):
        message = f"code: The code '{refusal.slug}' is taken; choose another."
    if isinstance(refusal, InvalidFields | WrongFields):
        message = " ".join(
            f"{name}: {' '.join(sentences)}" for name, sentences in refusal.fields.items()
        )
    body = {"error": {"message": message, "code": refusal.code}}
    return Answer(STATUSES[refusal.code], body, dict(getattr(refusal, "headers", {})))


def shape(status: int) -> dict[str, Any]:
    """The JSON Schema of a refusal's body, with the codes that this status may carry."""
    return {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "code": {"enum": sorted(c for c, at in STATUSES.items() if at == status)},
                },
                "required": ["message", "code"],
                "additionalProperties": False,
            }
        },
        "required": ["error"],
        "additionalProperties": False,
    }


REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
