"""How the OAuth server says no: `{"error", "error_description"}` (RFC 6749 5.2)."""

from __future__ import annotations

from typing import Any

from activities.rules.errors import DomainError, InvalidFields
from api.dialect import Answer, Refusals
from api.faults import HttpFault, WrongFields
from api.statuses import ORDINARY

STATUSES = {**ORDINARY, "not_found": 404, "grant_spent": 400}

ERRORS = {
    401: "invalid_client",
    403: "access_denied",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
    500: "server_error",
}


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in the shape of RFC 6749."""
    status = STATUSES[refusal.code]
    error = "invalid_grant" if refusal.code == "grant_spent" else _error(status)
    headers = dict(getattr(refusal, "headers", {}))
    told = str(refusal)
    if isinstance(refusal, InvalidFields | WrongFields):
        told = " ".join(f"{name}: {' '.join(texts)}" for name, texts in refusal.fields.items())
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="inkloom"'
    return Answer(status, {"error": error, "error_description": told}, headers)


def _error(status: int) -> str:
    return ERRORS.get(status, "invalid_request")


def shape(status: int) -> dict[str, Any]:
    """The JSON Schema of a refusal's body."""
    return {
        "type": "object",
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
        "required": ["error"],
        "additionalProperties": False,
    }


REFUSALS = Refusals(STATUSES, shape)
"""What this document says about them."""
