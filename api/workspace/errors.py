"""How the workspace dialect says no: `{"error": sentence, "code": CODE, "fields"?: {..}}`."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import DomainError, InvalidFields
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields
from api.statuses import ORDINARY

STATUSES = ORDINARY

CODES = {
    "credential_missing": "UNAUTHORIZED",
    "credential_unknown": "UNAUTHORIZED",
    "credential_revoked": "SESSION_REVOKED",
    "credential_expired": "SESSION_EXPIRED",
    "plan_limit_reached": "PLAN_LIMIT",
    "plan_without_api": "PLAN_LIMIT",
    "invalid_fields": "VALIDATION_FAILED",
    "wrong_fields": "VALIDATION_FAILED",
    "body_not_json": "INVALID_BODY",
    "route_unknown": "NOT_FOUND",
    "method_wrong": "METHOD_NOT_ALLOWED",
    "service_away": "SERVICE_UNAVAILABLE",
    "internal_fault": "INTERNAL_ERROR",
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


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    status = STATUSES[refusal.code]
    code = CODES.get(refusal.code, refusal.code.upper())
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
            "code": {
                "enum": sorted(
                    {CODES.get(code, code.upper()) for code, at in STATUSES.items() if at == status}
                )
            },
            "fields": {"type": "object", "additionalProperties": sentences, "minProperties": 1},
        },
        "required": ["error", "code"],
        "additionalProperties": False,
    }


REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
