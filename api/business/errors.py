"""How the business dialect says no: `{"message"}`, and `errors` for wrong fields (seed 001)."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import (
    CaptchaRefused,
    DomainError,
    InvalidFields,
    InviteSpent,
    ShortCodeTaken,
)
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields
from api.statuses import ORDINARY

STATUSES = {
    **ORDINARY,
    "invalid_fields": 422,
    "wrong_fields": 422,
    "captcha_refused": 422,
    "invite_spent": 422,
    "short_code_taken": 422,
    "already_member": 422,
    "last_owner": 422,
    "no_workspace": 422,
}

FIELDS = {
    "short_code": "slug",
    "destination_url": "destination",
    "workspace_id": "business_id",
    "organization_id": "orgId",
    "per_minute": "rate_per_minute",
    "first": "from",
    "last": "to",
}
"""What the domain calls a field -> what this dialect calls it."""


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    body: dict[str, Any] = {"message": str(refusal)}
    match refusal:
        case InvalidFields(fields=fields) | WrongFields(fields=fields):
            errors = {FIELDS.get(name, name): list(told) for name, told in fields.items()}
            body = {"message": next(iter(errors.values()))[0], "errors": errors}
        case ShortCodeTaken():
            body["errors"] = {"slug": [str(refusal)]}
        case CaptchaRefused():
            body["errors"] = {"captcha": [str(refusal)]}
        case InviteSpent():
            body["errors"] = {"token": [str(refusal)]}
    return Answer(STATUSES[refusal.code], body, dict(getattr(refusal, "headers", {})))


def shape(status: int) -> dict[str, Any]:
    """The JSON Schema of a refusal's body."""
    sentences = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": sentences, "minProperties": 1},
        },
        "required": ["message"],
        "additionalProperties": False,
    }


REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
