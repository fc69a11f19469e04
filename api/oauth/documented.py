"""What the document says about the forms, which FastAPI does not read itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.oauth.forms import MEDIA_TYPE

_TEXT = {"type": "string", "maxLength": 2048}
_CLIENT = {
    "client_id": {**_TEXT, "description": "left out with HTTP Basic"},
    "client_secret": {**_TEXT, "description": "of a confidential client, without HTTP Basic"},
}
_SOME_TOKEN = {"token": {**_TEXT, "example": "ort_a-token"}, **_CLIENT}


def _route(
    form: Mapping[str, Any], answer: Mapping[str, Any], *, required: Sequence[str]
) -> dict[str, Any]:
    """The options of a route that takes this form and answers these fields."""
    body = {"type": "object", "properties": form, "required": list(required)}
    fields = {"type": "object", "properties": answer}
    return {
        "openapi_extra": {
            "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": body}}}
        },
        "responses": {
            200: {
                "description": "As RFC 6749, 7009 or 7662 says.",
                "content": {"application/json": {"schema": fields}},
            }
        },
    }


TOKEN = _route(
    {
        "grant_type": {**_TEXT, "enum": ["authorization_code", "refresh_token"]},
        "code": {**_TEXT, "description": "with authorization_code"},
        "code_verifier": {**_TEXT, "description": "with authorization_code (RFC 7636)"},
        "redirect_uri": {**_TEXT, "description": "as in the authorization request"},
        "refresh_token": {**_TEXT, "description": "with refresh_token"},
        "scope": {**_TEXT, "description": "with refresh_token: less than was granted"},
        **_CLIENT,
    },
    {
        "access_token": {"type": "string"},
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"},
        "refresh_token": {"type": "string"},
        "scope": {"type": "string"},
    },
    required=["grant_type"],
)
REVOKE = _route(_SOME_TOKEN, {}, required=["token"])
INTROSPECT = _route(_SOME_TOKEN, {"active": {"type": "boolean"}}, required=["token"])
