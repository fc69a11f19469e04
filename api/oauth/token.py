"""`/oauth/token`, `/oauth/revoke`, `/oauth/introspect`: what clients ask, in forms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from activities.oauth.exchange import (
    IssuedTokens,
    RedeemCode,
    RefreshTokens,
    redeem_code,
    refresh_tokens,
)
from activities.oauth.tokens import RevokeToken, revoke_token
from activities.rules.throttles import TOKENS
from api.oauth.adapter import Introspection, RefreshGrant, Revocation, Server
from api.oauth.documented import INTROSPECT, REVOKE, TOKEN
from api.oauth.errors import UNKEPT, refuse
from api.oauth.forms import look_up, read_form
from api.routers import make_public_router

router = make_public_router(TOKENS, tags=["oauth"], default_response_class=Response)

Told = Mapping[str, Any]


@router.post("/oauth/token", summary="Exchange a code or a refresh token for tokens", **TOKEN)
async def token(request: Request) -> Response:
    return await _answer(request, _exchange)


@router.post("/oauth/revoke", summary="Give a token back", **REVOKE)
async def revoke(request: Request) -> Response:
    return await _answer(request, _revoke)


@router.post("/oauth/introspect", summary="Ask what a token is good for", **INTROSPECT)
async def introspect(request: Request) -> Response:
    return await _answer(request, _introspect)


async def _answer(request: Request, act: Callable[[Request], Awaitable[Told]]) -> Response:
    try:
        return JSONResponse(dict(await act(request)), headers=UNKEPT)
    except OAuth2Error as error:
        return refuse(error)


async def _exchange(request: Request) -> Told:
    asked = await read_form(request)
    if not asked.payload.grant_type:
        raise InvalidRequestError("Send a grant_type.")
    grant = Server(await look_up(asked)).get_token_grant(asked)
    grant.validate_token_request()
    client_id: str = asked.client.client_id
    if isinstance(grant, RefreshGrant):
        scopes = tuple((asked.payload.scope or "").split())
        given = asked.form["refresh_token"]
        return _tokens(await refresh_tokens(RefreshTokens(client_id, given, scopes)))
    return _tokens(await redeem_code(RedeemCode(client_id, asked.form["code"])))


async def _revoke(request: Request) -> Told:
    asked = await read_form(request)
    endpoint = Revocation(Server(await look_up(asked)))
    client = endpoint.authenticate_endpoint_client(asked)
    if endpoint.authenticate_token(asked, client):
        await revoke_token(RevokeToken(client.client_id, asked.form["token"]))
    return {}


async def _introspect(request: Request) -> Told:
    asked = await read_form(request)
    issuer: str = request.app.state.public_url
    _, told, _ = Introspection(Server(await look_up(asked), issuer))(asked)
    return dict(told)


def _tokens(issued: IssuedTokens) -> Told:
    """The pair as RFC 6749 5.1 spells it."""
    return {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
        "refresh_token": issued.refresh_token,
        "scope": " ".join(issued.scopes),
    }
