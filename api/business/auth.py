"""Where the business dialect carries its credential: a bearer token, or a browser's session.

An automation sends `Authorization: Bearer qsi_...`, an assistant `qsm_...`; people have the session
cookie. A token of ours counts before the cookie.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from activities.clerk import clerk_is_on
from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.actors import Actor
from activities.rules.credentials import key_prefix
from activities.rules.errors import CredentialMissing, NotFound
from activities.rules.spelling import unprefixed
from api.bearer import bearer_of
from api.browser import COOKIE, read_member

DIALECT = "business"

_TOKENS = (key_prefix(DIALECT), key_prefix(DIALECT, "mcp"))
_bearer = HTTPBearer(description="an API token (qsi_) or MCP token (qsm_)", auto_error=False)
_cookie = APIKeyCookie(name=COOKIE, auto_error=False)


def _either(_: Annotated[Any, Security(_bearer)], __: Annotated[Any, Security(_cookie)]) -> None:
    """Nothing to do: the router authenticates; this names both in the document."""


documented = Depends(_either)


async def authenticate(request: Request) -> Actor:
    """The actor behind a token or a session.

    Raises the `Credential...` refusals, `PlanWithoutApi`, what `api.browser.read_member` does, and
    `NotFound` when `?orgId=` names an organization that the token is not of.
    """
    secret = bearer_of(request)
    # Where Clerk signs people in, a bearer that is none of ours may be a session of theirs.
    if secret.startswith(_TOKENS) or (secret and not clerk_is_on()):
        return _of_its_own(request, await authenticate_key(AuthenticateKey(DIALECT, secret)))
    try:
        return await read_member(request)
    except CredentialMissing:
        raise CredentialMissing("an API or MCP token as a bearer, or sign in") from None


def _of_its_own(request: Request, actor: Actor) -> Actor:
    """The actor, unless `?orgId=` names another organization than that of its token."""
    named = request.query_params.get("orgId")
    if named and unprefixed("org", named) != actor.organization_id:
        raise NotFound("organization")
    return actor
