"""How the studio dialect says no: `{"detail"}`, or `{field: [..]}` when fields are wrong.

Of many things it says `{"errors": {index: sentence}, "rendered_before_failure"}`.
"""

from __future__ import annotations

import re
from typing import Any

from activities.rules.errors import (
    AddressTaken,
    DomainError,
    InvalidFields,
    ItemsRefused,
    ShortCodeTaken,
)
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields
from api.statuses import ORDINARY

STATUSES = {**ORDINARY, "short_code_taken": 400, "address_taken": 400}

FIELDS = {
    "short_code": "short_id",
    "first": "from",
    "last": "to",
    "time_zone": "tz",
    "logo.url": "logo_url",
}
"""What the domain calls a field -> what this dialect calls it."""


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    status = STATUSES[refusal.code]
    headers = dict(getattr(refusal, "headers", {}))
    match refusal:
        case InvalidFields(fields=fields):
            named = {_field(name): list(sentences) for name, sentences in fields.items()}
            return Answer(status, named)
        case WrongFields(fields=fields):
            return Answer(status, {name: list(sentences) for name, sentences in fields.items()})
        case ItemsRefused(errors=errors, done=done):
            told = {str(index): sentence for index, sentence in errors.items()}
            return Answer(status, {"errors": told, "rendered_before_failure": done})
        case ShortCodeTaken():
            return Answer(status, {"short_id": [str(refusal)]})
        case AddressTaken():
            return Answer(status, {"email": [str(refusal)]})
    if status == 401:
        headers["WWW-Authenticate"] = 'ApiKey, Bearer realm="inkloom"'
    return Answer(status, {"detail": str(refusal)}, headers)


def _field(name: str) -> str:
    """The field in this dialect's words; what is kept in JSON is in camelCase there."""
    return FIELDS.get(name) or re.sub(r"(?<=[a-z])[A-Z]", lambda big: f"_{big[0].lower()}", name)


def shape(status: int) -> dict[str, Any]:
    """The JSON Schema of a refusal's body; 400 is also the answer to wrong fields."""
    detail = {
        "type": "object",
        "properties": {"detail": {"type": "string"}},
        "required": ["detail"],
        "additionalProperties": False,
    }
    fields = {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "minProperties": 1,
    }
    items = {
        "type": "object",
        "properties": {
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "minProperties": 1,
            },
            "rendered_before_failure": {"type": "integer", "minimum": 0},
        },
        "required": ["errors", "rendered_before_failure"],
        "additionalProperties": False,
    }
    return {"anyOf": [detail, fields, items]} if status == 400 else detail


REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
