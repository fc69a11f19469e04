"""Consent and what people gave: the choices, the code, the list, the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import CreateOrganization, create_organization
from activities.gateways.clock import FixedClock
from activities.oauth.clients import RevokeClient, revoke_client
from activities.oauth.consent import (
    CheckConsent,
    GiveConsent,
    OfferConsent,
    check_consent,
    give_consent,
    offer_consent,
)
from activities.oauth.exchange import RefreshTokens, refresh_tokens
from activities.oauth.grants import ListGrants, RevokeGrant, list_grants, revoke_grant
from activities.oauth.tokens import AuthenticateOAuth, authenticate_oauth
from activities.rules.errors import (
    ClientUnknown,
    CredentialRevoked,
    GrantSpent,
    InvalidFields,
    NotFound,
)
from tests.builders.keys import a_workspace, an_actor
from tests.builders.oauth import CALLBACK, CHALLENGE, a_client, a_consent, some_tokens, the_owner
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def test_a_person_chooses_among_their_own_organizations_and_workspaces() -> None:
    home = await an_organization("acme")
    await an_organization("stranger")
    await create_organization(CreateOrganization("Beta", "beta", "acme@example.com", "Ada"))
    kept = await a_workspace(home)
    await a_workspace(home, deleted=True)
    offer = await offer_consent(OfferConsent(the_owner(home), "client_id=a"))
    assert [choice.name for choice in offer.organizations] == ["Acme", "Beta"]
    assert {place.id for place in offer.organizations[0].workspaces} == {kept, home.workspace_id}


async def test_a_ticket_is_of_its_session_request_and_time(clock: FixedClock) -> None:
    person = the_owner(await an_organization())
    ticket = (await offer_consent(OfferConsent(person, "client_id=a"))).ticket
    assert await check_consent(CheckConsent(person, "client_id=a", ticket))
    assert not await check_consent(CheckConsent(person, "client_id=b", ticket))
    elsewhere = replace(person, session_id=uuid4())
    assert not await check_consent(CheckConsent(elsewhere, "client_id=a", ticket))
    clock.moment += timedelta(minutes=10)
    assert not await check_consent(CheckConsent(person, "client_id=a", ticket))


async def test_a_grant_is_audited_where_it_is_given(database: AsyncConnection) -> None:
    publisher, home = await an_organization("publisher"), await an_organization("acme")
    client = await a_client(await an_actor(publisher))
    given = await a_consent(the_owner(home), client, home)
    row = (
        await database.execute(text("SELECT * FROM audit_entry WHERE action = 'grant.given'"))
    ).one()
    assert (row.organization_id, row.target) == (home.id, f"grant {given.grant_id}")
    assert row.detail["client"] == client.client_id


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"client_id": "oac_none"}, ClientUnknown),
        ({"redirect_uri": "https://evil.example/cb"}, InvalidFields),
        ({"scopes": ()}, InvalidFields),
        ({"scopes": ("assets.write",)}, InvalidFields),
        ({"organization_id": uuid4()}, NotFound),
        ({"workspace_id": uuid4()}, NotFound),
    ],
)
async def test_consent_to_anything_else_is_refused(
    wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    home = await an_organization()
    client = await a_client(await an_actor(home))
    sound: dict[str, Any] = {
        "client_id": client.client_id,
        "organization_id": home.id,
        "workspace_id": home.workspace_id,
        "scopes": ("assets.read",),
        "redirect_uri": CALLBACK,
        "redirect_uri_given": True,
        "challenge": CHALLENGE,
    }
    await give_consent(GiveConsent(the_owner(home), **sound))
    with pytest.raises(refusal):
        await give_consent(GiveConsent(the_owner(home), **(sound | wrong)))


async def test_nobody_consents_for_an_organization_or_workspace_of_others() -> None:
    home, other = await an_organization("acme"), await an_organization("other")
    client = await a_client(await an_actor(home))
    with pytest.raises(NotFound, match="organization"):
        await a_consent(the_owner(home), client, other)
    with pytest.raises(NotFound, match="workspace"):
        await a_consent(the_owner(home), client, home, workspace_id=other.workspace_id)
    gone = await a_workspace(home, deleted=True)
    with pytest.raises(NotFound, match="workspace"):
        await a_consent(the_owner(home), client, home, workspace_id=gone)


async def test_a_revoked_client_is_given_nothing() -> None:
    home = await an_organization()
    by = await an_actor(home)
    client = await a_client(by)
    await revoke_client(RevokeClient(by, client.client_id))
    with pytest.raises(ClientUnknown):
        await a_consent(the_owner(home), client, home)


async def test_a_person_lists_what_clients_can_still_use(clock: FixedClock) -> None:
    home = await an_organization()
    client = await a_client(await an_actor(home))
    await a_consent(the_owner(home), client, home)
    assert await list_grants(ListGrants(the_owner(home))) == ()
    await some_tokens(
        the_owner(home), client, home, scopes=("assets.read",), workspace_id=home.workspace_id
    )
    (grant,) = await list_grants(ListGrants(the_owner(home)))
    assert (grant.client_name, grant.organization_name) == ("Design Tool", "Acme")
    assert (grant.scopes, grant.workspace_id) == (("assets.read",), home.workspace_id)
    clock.moment += timedelta(days=90)
    assert await list_grants(ListGrants(the_owner(home))) == ()


async def test_a_person_sees_and_ends_only_their_own_grants() -> None:
    home, other = await an_organization("acme"), await an_organization("other")
    client = await a_client(await an_actor(home))
    tokens = await some_tokens(the_owner(home), client, home)
    (grant,) = await list_grants(ListGrants(the_owner(home)))
    assert await list_grants(ListGrants(the_owner(other))) == ()
    with pytest.raises(NotFound):
        await revoke_grant(RevokeGrant(the_owner(other), grant.id))
    await authenticate_oauth(AuthenticateOAuth(tokens.access_token))


async def test_a_revoked_grant_ends_its_tokens(database: AsyncConnection) -> None:
    home = await an_organization()
    client = await a_client(await an_actor(home))
    tokens = await some_tokens(the_owner(home), client, home)
    (grant,) = await list_grants(ListGrants(the_owner(home)))
    await revoke_grant(RevokeGrant(the_owner(home), grant.id))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))
    assert await list_grants(ListGrants(the_owner(home))) == ()
    with pytest.raises(NotFound):
        await revoke_grant(RevokeGrant(the_owner(home), grant.id))
    audited = text("SELECT count(*) FROM audit_entry WHERE action = 'grant.revoked'")
    assert await database.scalar(audited) == 1
