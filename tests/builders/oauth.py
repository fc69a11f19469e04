"""OAuth clients, what people allowed them, and their tokens, in one line each."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from uuid import UUID, uuid4

from activities.accounts import OrganizationView
from activities.oauth.clients import ClientView, RegisterClient, register_client
from activities.oauth.consent import GiveConsent, GivenConsent, give_consent
from activities.oauth.exchange import IssuedTokens, RedeemCode, redeem_code
from activities.rules.actors import Actor, Person

CALLBACK = "https://app.example.com/callback"
READS = ("organization.read", "assets.read")
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


def the_owner(organization: OrganizationView) -> Person:
    """The owner, signed in."""
    return Person(organization.owner_id, uuid4(), "Ada", f"{organization.slug}@example.com")


async def a_client(
    by: Actor,
    *,
    redirect_uris: Sequence[str] = (CALLBACK,),
    scopes: tuple[str, ...] = READS,
    confidential: bool = True,
) -> ClientView:
    return await register_client(
        RegisterClient(by, "Design Tool", tuple(redirect_uris), scopes, confidential)
    )


async def a_consent(
    by: Person,
    client: ClientView,
    organization: OrganizationView,
    *,
    scopes: tuple[str, ...] = READS,
    workspace_id: UUID | None = None,
) -> GivenConsent:
    return await give_consent(
        GiveConsent(
            by=by,
            client_id=client.client_id,
            organization_id=organization.id,
            workspace_id=workspace_id,
            scopes=scopes,
            redirect_uri=client.redirect_uris[0],
            redirect_uri_given=True,
            challenge=CHALLENGE,
        )
    )


async def some_tokens(
    by: Person,
    client: ClientView,
    organization: OrganizationView,
    *,
    scopes: tuple[str, ...] = READS,
    workspace_id: UUID | None = None,
) -> IssuedTokens:
    given = await a_consent(by, client, organization, scopes=scopes, workspace_id=workspace_id)
    return await redeem_code(RedeemCode(client.client_id, given.code))
