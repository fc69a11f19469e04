"""Requests of clients: a form as RFC 6749 Appendix B spells it, and what has to be looked up."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from fastapi import Request

from activities.oauth.clients import FindClient, find_client
from activities.oauth.exchange import FindCode, find_code
from activities.oauth.tokens import FindToken, find_token
from api.oauth.adapter import Asked, Found, Pairs

MEDIA_TYPE = "application/x-www-form-urlencoded"
MOST_PARAMETERS = 50


def read_pairs(text: str) -> Pairs:
    """Parameters in their order; one without a value counts as left out (RFC 6749 3.1).

    Raises `InvalidRequestError` for more than anybody needs.
    """
    try:
        return parse_qsl(text, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise InvalidRequestError("Send fewer parameters.") from None


async def read_form(request: Request) -> Asked:
    """The form of a client, each parameter once. Raises `InvalidRequestError`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise InvalidRequestError(f"Send Content-Type {MEDIA_TYPE}.")
    pairs = read_pairs((await request.body()).decode("utf-8", "replace"))
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise InvalidRequestError("Send each parameter once.")
    return Asked(request.method, pairs, request.headers)


async def look_up(asked: Asked) -> Found:
    """All that authlib will ask for."""
    form = asked.form
    named = _client_id(asked)
    code, token = form.get("code"), form.get("refresh_token") or form.get("token")
    return Found(
        client=await find_client(FindClient(named)),
        code=await find_code(FindCode(code)) if code else None,
        token=await find_token(FindToken(token)) if token else None,
    )


def _client_id(asked: Asked) -> str:
    """The client that is named, in one way only (RFC 6749 2.3)."""
    form: Mapping[str, str] = asked.form
    try:
        named, secret = extract_basic_authorization(asked.headers)
    except ValueError:
        raise InvalidClientError from None
    if named is None:
        return form.get("client_id", "")
    if secret and "client_secret" in form:
        raise InvalidRequestError("Authenticate in one way, in the header or in the body.")
    if form.get("client_id", named) != named:
        raise InvalidRequestError("Name one client, in the header or in the body.")
    return str(named)
