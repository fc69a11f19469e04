"""How the tracking dialect says no: `{"error": sentence, "code": CODE}` (seed 004)."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import DomainError, InvalidFields
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields
from api.statuses import ORDINARY

STATUSES = ORDINARY

CODES = {
    "credential_missing": "UNAUTHORIZED",
    "credential_unknown": "INVALID_API_KEY",
    "credential_revoked": "API_KEY_REVOKED",
    "credential_expired": "API_KEY_EXPIRED",
    "plan_limit_reached": "PLAN_LIMIT",
    "plan_without_api": "PLAN_LIMIT",
    "invalid_fields": "INVALID_PARAMETER",
    "wrong_fields": "INVALID_PARAMETER",
    "body_not_json": "INVALID_BODY",
    "route_unknown": "NOT_FOUND",
    "method_wrong": "METHOD_NOT_ALLOWED",
    "service_away": "SERVICE_UNAVAILABLE",
    "internal_fault": "INTERNAL_ERROR",
}
"""The codes of seed 004; the domain's in capitals where it has none."""

FIELDS = {"destination_url": "destinationUrl", "workspace_id": "workspaceId"}
"""What the domain calls a field -> what this dialect calls it."""


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in this dialect's shape."""
    status = STATUSES[refusal.code]
    code = CODES.get(refusal.code, refusal.code.upper())
    body = {"error": str(refusal), "code": code}
    if isinstance(refusal, InvalidFields | WrongFields):
        told = (
            f"{FIELDS.get(name, name)}: {' '.join(sentences)}"
            for name, sentences in refusal.fields.items()
        )
        body["error"] = " ".join(told)
    return Answer(status, body, dict(getattr(refusal, "headers", {})))


def shape(status: int) -> dict[str, Any]:
    """The JSON Schema of a refusal's body, with the codes that this status may carry."""
    return {
        "type": "object",
        "properties": {
            "error": {"type": "string"},
            "code": {
                "enum": sorted(
                    {CODES.get(code, code.upper()) for code, at in STATUSES.items() if at == status}
                )
            },
        },
        "required": ["error", "code"],
        "additionalProperties": False,
    }


REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
