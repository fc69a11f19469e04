"""How the studio dialect says no: `{"detail"}`, or `{field: [..]}` when fields are wrong."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import DomainError, InvalidFields, ShortCodeTaken
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields

STATUSES = {
    "credential_missing": 401,
    "credential_unknown": 401,
    "credential_revoked": 401,
    "credential_expired": 401,
    "not_found": 404,
    "invalid_fields": 400,
    "short_code_taken": 400,
    "no_workspace": 409,
    "wrong_fields": 400,
    "body_not_json": 400,
    "body_too_large": 413,
    "route_unknown": 404,
    "method_wrong": 405,
    "origin_refused": 403,
    "service_away": 503,
    "internal_fault": 500,
}

FIELDS = {"short_code": "short_id"}
"""What the domain calls a field -> what this dialect calls it."""


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    status = STATUSES[refusal.code]
    headers = dict(getattr(refusal, "headers", {}))
    match refusal:
        case InvalidFields(fields=fields):
            named = {FIELDS.get(name, name): list(sentences) for name, sentences in fields.items()}
            return Answer(status, named)
        case WrongFields(fields=fields):
            return Answer(status, {name: list(sentences) for name, sentences in fields.items()})
        case ShortCodeTaken():
            return Answer(status, {"short_id": [str(refusal)]})
    if status == 401:
        headers["WWW-Authenticate"] = "ApiKey"
    return Answer(status, {"detail": str(refusal)}, headers)


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
    return {"anyOf": [detail, fields]} if status == 400 else detail


REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
