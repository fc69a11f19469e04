"""A client of somebody else: what it registers, and the browser that it sends over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.integrations.httpx_client import AsyncOAuth2Client

from tests.api.conftest import Client, Tenant

CALLBACK = "https://app.example.com/callback"
AUTHORIZE = "https://ink.test/oauth/authorize"
TOKEN = "https://ink.test/oauth/token"
REVOKE = "https://ink.test/oauth/revoke"
INTROSPECT = "https://ink.test/oauth/introspect"
SCOPE = "organization.read assets.read"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
HERE = {"Origin": "https://ink.test"}


@dataclass(frozen=True)
class App:
    """A registered application, and authlib's own client of it."""

    client_id: str
    secret: str | None
    own: Any

    def request(self, **changes: str | None) -> str:
        """The address that a browser is sent to; None leaves a parameter out."""
        url, _ = self.own.create_authorization_url(AUTHORIZE, code_verifier=VERIFIER, state="s 1")
        given = dict(parse_qsl(urlsplit(url).query)) | changes
        kept = {name: value for name, value in given.items() if value is not None}
        return f"{AUTHORIZE}?{httpx.QueryParams(kept)}"

    async def tokens(self, landed: str, verifier: str = VERIFIER) -> dict[str, Any]:
        """The exchange of the code in the address that the browser landed at."""
        got: dict[str, Any] = await self.own.fetch_token(
            TOKEN, authorization_response=landed, code_verifier=verifier
        )
        return got

    def proof(self) -> dict[str, str]:
        """The client's own parameters of a form."""
        return {"client_id": self.client_id} | (
            {"client_secret": self.secret} if self.secret else {}
        )


async def an_app(
    client: Client,
    tenant: Tenant,
    *,
    confidential: bool = True,
    redirect_uri: str = CALLBACK,
    method: str = "client_secret_basic",
) -> App:
    made = await client.post(
        f"/api/org/{tenant.organization}/oauth-clients",
        json={"name": "Design Tool", "redirectUris": [redirect_uri], "confidential": confidential},
        headers=tenant.workspace,
    )
    assert made.status_code == 201, made.text
    known = made.json()
    own = AsyncOAuth2Client(
        known["clientId"],
        known["clientSecret"],
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method=method if confidential else "none",
        revocation_endpoint_auth_method=method if confidential else "none",
        transport=client._transport,
    )
    return App(known["clientId"], known["clientSecret"], own)


async def shown(client: Client, tenant: Tenant, url: str) -> httpx.Response:
    """The consent page, or what is shown instead."""
    return await client.get(url, headers=tenant.workspace)


def fields_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """The action of the page's form, and what it sends as the page comes."""
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
    place = re.search(r'<option value="([^"]+)"', page.text)
    assert action
    assert ticket
    assert place
    return unescape(action[1]), {"ticket": ticket[1], "where": place[1]}


async def press(
    client: Client, tenant: Tenant, url: str, decision: str = "allow", **changes: str
) -> httpx.Response:
    """The answer to a button of the consent page, in a browser that is signed in."""
    action, form = fields_of(await shown(client, tenant, url))
    return await client.post(
        action, data=form | {"decision": decision} | changes, headers=tenant.workspace | HERE
    )


async def landed(client: Client, tenant: Tenant, app: App) -> str:
    """The address of the client that a browser comes back to with a code."""
    return (await press(client, tenant, app.request())).headers["Location"]


def told(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))
