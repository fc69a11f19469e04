"""The oauth dialect's application."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from api.dialect import Dialect, make_application
from api.oauth import authorize, metadata, token
from api.oauth.errors import REFUSALS, present

PREFIXES = ("/oauth", "/.well-known/oauth-authorization-server")

DESCRIPTION = """The authorization server for applications of others (RFC 6749, 9700).

Send the person's browser to `/oauth/authorize` with `response_type=code`, `client_id`,
`redirect_uri`, `scope` (`organization.read assets.read`), `state`, `code_challenge` and
`code_challenge_method=S256`. It comes back with `code`, `state` and `iss`, or with `error`.
A code is good once, for 60 seconds. Access tokens last an hour; a refresh token is good once, for
90 days, and each exchange gives the next one."""


class AnyOrigin(CORSMiddleware):
    """Pages of every origin may call it, without cookies; not the page for people (RFC 9700)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == authorize.PATH:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def make_oauth(public_url: str) -> Dialect:
    """The dialect with its routes; its issuer is `public_url`."""
    application = make_application(
        title="Inkloom OAuth 2 API",
        description=DESCRIPTION,
        routers=[metadata.router, authorize.router, token.router],
        present=present,
        refusals=REFUSALS,
    )
    application.add_middleware(
        AnyOrigin,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["Retry-After", "WWW-Authenticate", "X-Request-Id"],
        max_age=3600,
    )
    application.state.public_url = public_url
    return Dialect("oauth", PREFIXES, application, present)
