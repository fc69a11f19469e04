"""`/.well-known/oauth-authorization-server`: where everything is, for clients (RFC 8414)."""

from __future__ import annotations

from fastapi import Request, Response
from pydantic import BaseModel

from activities.rules.oauth import DIALECT
from activities.rules.permissions import SCOPES
from activities.rules.throttles import API
from api.oauth.adapter import ANY_METHOD, WITH_SECRET
from api.routers import make_public_router

router = make_public_router(API, tags=["oauth"])


class MetadataOut(BaseModel):
    """The server's metadata; addresses are whole."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    service_documentation: str
    ui_locales_supported: list[str]


@router.get("/.well-known/oauth-authorization-server", summary="Where everything is")
async def metadata(request: Request, response: Response) -> MetadataOut:
    response.headers["Cache-Control"] = "public, max-age=3600"
    return present_metadata(request.app.state.public_url)


def present_metadata(issuer: str) -> MetadataOut:
    """What a server at this public address offers."""
    return MetadataOut(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/oauth/authorize",
        token_endpoint=f"{issuer}/oauth/token",
        revocation_endpoint=f"{issuer}/oauth/revoke",
        introspection_endpoint=f"{issuer}/oauth/introspect",
        scopes_supported=list(SCOPES[DIALECT]),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported=list(ANY_METHOD),
        revocation_endpoint_auth_methods_supported=list(ANY_METHOD),
        introspection_endpoint_auth_methods_supported=list(WITH_SECRET),
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
        service_documentation=f"{issuer}/docs",
        ui_locales_supported=["en", "es", "fr", "de"],
    )
