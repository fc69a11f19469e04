"""The oauth dialect's application."""

from __future__ import annotations

from api.dialect import Dialect, make_application
from api.oauth import token
from api.oauth.errors import REFUSALS, present

PREFIXES = ("/oauth", "/.well-known/oauth-authorization-server")


def make_oauth(public_url: str) -> Dialect:
    """The dialect with its routes; its issuer is `public_url`."""
    application = make_application(
        title="Inkloom OAuth 2 API",
        description="The authorization server for applications of others.",
        routers=[token.router],
        present=present,
        refusals=REFUSALS,
        any_origin=True,
    )
    application.state.public_url = public_url
    return Dialect("oauth", PREFIXES, application, present)
