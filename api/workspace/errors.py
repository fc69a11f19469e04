"""How the workspace dialect says no: `{"error": sentence, "code": CODE, "fields"?: {..}}`."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import DomainError, InvalidFields
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields

STATUSES = {
    "credential_missing": (401, "UNAUTHORIZED"),
    "credential_unknown": (401, "UNAUTHORIZED"),
    "credential_revoked": (401, "SESSION_REVOKED"),
    "credential_expired": (401, "SESSION_EXPIRED"),
    "not_found": (404, "NOT_FOUND"),
    "invalid_fields": (400, "VALIDATION_FAILED"),
    "short_code_taken": (409, "SHORT_CODE_TAKEN"),
    "no_workspace": (409, "NO_WORKSPACE"),
    "wrong_fields": (400, "VALIDATION_FAILED"),
    "body_not_json": (400, "INVALID_BODY"),
    "body_too_large": (413, "BODY_TOO_LARGE"),
    "route_unknown": (404, "NOT_FOUND"),
    "method_wrong": (405, "METHOD_NOT_ALLOWED"),
    "origin_refused": (403, "ORIGIN_REFUSED"),
    "service_away": (503, "SERVICE_UNAVAILABLE"),
    "internal_fault": (500, "INTERNAL_ERROR"),
}

FIELDS = {
    "destination_url": "destinationUrl",
    "short_code": "shortCode",
    "organization_id": "orgId",
    "size_px": "size",
}
"""What the domain calls a field -> what this dialect calls it."""


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    status, code = STATUSES[refusal.code]
    body: dict[str, Any] = {"error": str(refusal), "code": code}
    if isinstance(refusal, InvalidFields | WrongFields):
        fields = {FIELDS.get(name, name): list(told) for name, told in refusal.fields.items()}
        name, sentences = next(iter(fields.items()))
        body = {"error": f"{name}: {sentences[0]}", "code": code, "fields": fields}
    return Answer(status, body, dict(getattr(refusal, "headers", {})))


def shape(status: int) -> dict[str, Any]:
    """The JSON Schema of a refusal's body, with the codes that this status may carry."""
    sentences = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {
        "type": "object",
        "properties": {
            "error": {"type": "string"},
            "code": {"enum": sorted({code for at, code in STATUSES.values() if at == status})},
            "fields": {"type": "object", "additionalProperties": sentences, "minProperties": 1},
        },
        "required": ["error", "code"],
        "additionalProperties": False,
    }


REFUSALS = Refusals({name: status for name, (status, _) in STATUSES.items()}, shape)
"""What this dialect's document says about them."""
