"""How the OAuth server says no: `{"error", "error_description"}` (RFC 6749 5.2)."""

from __future__ import annotations

import re
from typing import Any

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidClientError
from fastapi.responses import JSONResponse

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

UNKEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""On every answer that holds a token or says why there is none (RFC 6749 5.1)."""

CHALLENGE = 'Basic realm="inkloom"'

_NOT_PLAIN = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""What an error_description cannot hold (RFC 6749 5.2)."""


def present(refusal: DomainError | HttpFault) -> Answer:
    """The refusal in the shape of RFC 6749."""
    status = STATUSES[refusal.code]
    told = str(refusal)
    if isinstance(refusal, InvalidFields | WrongFields):
        told = " ".join(f"{name}: {' '.join(why)}" for name, why in refusal.fields.items())
    error = "invalid_grant" if refusal.code == "grant_spent" else _error(status)
    headers = {**UNKEPT, **getattr(refusal, "headers", {})}
    if status == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    return Answer(status, {"error": error, "error_description": _plain(told)}, headers)


def refuse(error: OAuth2Error) -> JSONResponse:
    """What authlib refused. Why a client was not believed is not told apart."""
    if isinstance(error, InvalidClientError):
        body = {"error": "invalid_client", "error_description": "Client authentication failed."}
        return JSONResponse(body, 401, headers={**UNKEPT, "WWW-Authenticate": CHALLENGE})
    return JSONResponse(parameters_of(error), 400, headers=UNKEPT)


def parameters_of(error: OAuth2Error) -> dict[str, str]:
    """The error as parameters, of a body or of a redirect."""
    told = {"error": error.error, "error_description": _plain(error.get_error_description())}
    return {name: value for name, value in told.items() if value}


def _plain(sentence: str) -> str:
    return _NOT_PLAIN.sub("?", sentence)


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
