"""Codes and tokens: good once, for a while, for one client, with what the person may do now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.accounts import OrganizationView
from activities.gateways.clock import FixedClock
from activities.oauth.clients import ClientView
from activities.oauth.exchange import (
    FindCode,
    RedeemCode,
    RefreshTokens,
    find_code,
    redeem_code,
    refresh_tokens,
)
from activities.oauth.tokens import (
    AuthenticateOAuth,
    FindToken,
    RevokeToken,
    authenticate_oauth,
    find_token,
    revoke_token,
)
from activities.rules.errors import (
    CredentialExpired,
    CredentialRevoked,
    CredentialUnknown,
    GrantSpent,
    InvalidFields,
)
from activities.rules.plans import FREE
from tests.builders.keys import an_actor
from tests.builders.oauth import CALLBACK, CHALLENGE, a_client, a_consent, some_tokens, the_owner
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

Home = tuple[OrganizationView, ClientView]


async def a_home() -> Home:
    home = await an_organization()
    return home, await a_client(await an_actor(home))


async def reuse_entries(database: AsyncConnection) -> list[str]:
    rows = await database.execute(
        text("SELECT detail FROM audit_entry WHERE action = 'grant.reuse_detected'")
    )
    return [row.detail["reused"] for row in rows]


async def test_a_code_is_good_once(database: AsyncConnection) -> None:
    home, client = await a_home()
    code = (await a_consent(the_owner(home), client, home)).code
    tokens = await redeem_code(RedeemCode(client.client_id, code))
    assert tokens.access_token.startswith("oat_")
    assert tokens.refresh_token.startswith("ort_")
    assert tokens.expires_in == 3600
    with pytest.raises(GrantSpent):
        await redeem_code(RedeemCode(client.client_id, code))


async def test_a_code_used_again_ends_the_grant_once(database: AsyncConnection) -> None:
    home, client = await a_home()
    code = (await a_consent(the_owner(home), client, home)).code
    tokens = await redeem_code(RedeemCode(client.client_id, code))
    for _ in range(2):
        with pytest.raises(GrantSpent):
            await redeem_code(RedeemCode(client.client_id, code))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))
    assert await reuse_entries(database) == ["code"]


async def test_a_code_is_good_for_a_minute(clock: FixedClock) -> None:
    home, client = await a_home()
    code = (await a_consent(the_owner(home), client, home)).code
    clock.moment += timedelta(seconds=60)
    with pytest.raises(GrantSpent):
        await redeem_code(RedeemCode(client.client_id, code))


async def test_a_code_or_token_of_another_client_is_refused_and_stays_good() -> None:
    home, client = await a_home()
    thief = await a_client(await an_actor(home))
    code = (await a_consent(the_owner(home), client, home)).code
    with pytest.raises(GrantSpent):
        await redeem_code(RedeemCode(thief.client_id, code))
    tokens = await redeem_code(RedeemCode(client.client_id, code))
    with pytest.raises(GrantSpent):
        await redeem_code(RedeemCode(thief.client_id, code))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(thief.client_id, tokens.refresh_token))
    await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))


async def test_a_code_tells_what_it_is_bound_to() -> None:
    home, client = await a_home()
    code = (await a_consent(the_owner(home), client, home)).code
    known = await find_code(FindCode(code))
    assert known is not None
    assert (known.client_id, known.redirect_uri) == (client.client_id, CALLBACK)
    assert (known.challenge, known.challenge_method) == (CHALLENGE, "S256")
    assert await find_code(FindCode("occ_invented")) is None


async def test_nothing_secret_is_stored(database: AsyncConnection) -> None:
    home, client = await a_home()
    given = await a_consent(the_owner(home), client, home)
    tokens = await redeem_code(RedeemCode(client.client_id, given.code))
    rows = await database.execute(
        text(
            "SELECT c::text FROM oauth_code c UNION ALL SELECT t::text FROM oauth_token t"
            " UNION ALL SELECT a::text FROM audit_entry a"
        )
    )
    stored = " ".join(row[0] for row in rows)
    for secret in (given.code, tokens.access_token, tokens.refresh_token):
        assert secret not in stored
        assert secret not in repr((given, tokens))


async def test_a_refresh_token_is_exchanged_for_another() -> None:
    home, client = await a_home()
    first = await some_tokens(the_owner(home), client, home)
    second = await refresh_tokens(RefreshTokens(client.client_id, first.refresh_token))
    assert second.refresh_token != first.refresh_token
    for tokens in (first, second):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))


async def test_a_refresh_token_used_again_ends_the_grant(database: AsyncConnection) -> None:
    home, client = await a_home()
    first = await some_tokens(the_owner(home), client, home)
    second = await refresh_tokens(RefreshTokens(client.client_id, first.refresh_token))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, first.refresh_token))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(second.access_token))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, second.refresh_token))
    assert await reuse_entries(database) == ["refresh token"]


async def test_a_refresh_token_is_good_for_ninety_days(clock: FixedClock) -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    clock.moment += timedelta(days=89)
    tokens = await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))
    clock.moment += timedelta(days=90)
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))


async def test_fewer_scopes_hold_for_one_access_token_and_more_for_none() -> None:
    home, client = await a_home()
    first = await some_tokens(the_owner(home), client, home, scopes=("assets.read",))
    with pytest.raises(InvalidFields):
        await refresh_tokens(
            RefreshTokens(client.client_id, first.refresh_token, ("organization.read",))
        )
    wide = await some_tokens(the_owner(home), client, home)
    narrow = await refresh_tokens(
        RefreshTokens(client.client_id, wide.refresh_token, ("assets.read",))
    )
    actor = await authenticate_oauth(AuthenticateOAuth(narrow.access_token))
    assert actor.permissions == {"assets.read"}
    again = await refresh_tokens(RefreshTokens(client.client_id, narrow.refresh_token))
    assert set(again.scopes) == {"assets.read", "organization.read"}


async def test_who_left_the_organization_refreshes_nothing(database: AsyncConnection) -> None:
    home, client = await a_home()
    code = (await a_consent(the_owner(home), client, home)).code
    tokens = await some_tokens(the_owner(home), client, home)
    await database.execute(text("DELETE FROM membership"))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))
    with pytest.raises(GrantSpent):
        await redeem_code(RedeemCode(client.client_id, code))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))


async def test_a_token_speaks_for_the_person_in_the_organization() -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home, workspace_id=home.workspace_id)
    actor = await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    assert (actor.kind, actor.dialect, actor.name) == ("oauth", "canva", "Ada")
    assert (actor.organization_id, actor.workspace_id) == (home.id, home.workspace_id)
    assert (actor.user_id, actor.role) == (home.owner_id, None)
    assert actor.permissions == {"organization.read", "assets.read"}
    assert actor.throttle == FREE.throttle


async def test_tokens_of_one_grant_share_a_credential() -> None:
    home, client = await a_home()
    first = await some_tokens(the_owner(home), client, home)
    second = await refresh_tokens(RefreshTokens(client.client_id, first.refresh_token))
    ids = {
        (await authenticate_oauth(AuthenticateOAuth(tokens.access_token))).credential_id
        for tokens in (first, second)
    }
    assert len(ids) == 1


async def test_a_token_ends_after_an_hour(clock: FixedClock) -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    clock.moment += timedelta(hours=1)
    with pytest.raises(CredentialExpired):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))


async def test_a_token_is_unknown_elsewhere_and_other_strings_are_everywhere() -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    for odd in (tokens.refresh_token, "oat_invented", ""):
        with pytest.raises(CredentialUnknown):
            await authenticate_oauth(AuthenticateOAuth(odd))
    with pytest.raises(CredentialUnknown):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token, "studio"))


async def test_a_token_ends_with_its_workspace(database: AsyncConnection) -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home, workspace_id=home.workspace_id)
    whole = await some_tokens(the_owner(home), client, home)
    await database.execute(text("UPDATE workspace SET deleted_at = now()"))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    await authenticate_oauth(AuthenticateOAuth(whole.access_token))


async def test_a_token_ends_with_its_client(database: AsyncConnection) -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    await database.execute(text("UPDATE oauth_client SET revoked_at = now()"))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    with pytest.raises(GrantSpent):
        await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))


async def test_an_access_token_given_back_ends_alone() -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    for _ in range(2):
        await revoke_token(RevokeToken(client.client_id, tokens.access_token))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    again = await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))
    await authenticate_oauth(AuthenticateOAuth(again.access_token))


async def test_a_refresh_token_given_back_ends_the_grant(database: AsyncConnection) -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    for _ in range(2):
        await revoke_token(RevokeToken(client.client_id, tokens.refresh_token))
    with pytest.raises(CredentialRevoked):
        await authenticate_oauth(AuthenticateOAuth(tokens.access_token))
    audited = text("SELECT actor_name FROM audit_entry WHERE action = 'grant.revoked'")
    assert (await database.execute(audited)).scalars().all() == ["Design Tool"]


async def test_another_clients_token_cannot_be_given_back() -> None:
    home, client = await a_home()
    thief = await a_client(await an_actor(home))
    tokens = await some_tokens(the_owner(home), client, home)
    for token in (tokens.access_token, tokens.refresh_token, "oat_invented"):
        await revoke_token(RevokeToken(thief.client_id, token))
    await authenticate_oauth(AuthenticateOAuth(tokens.access_token))


async def test_a_token_tells_what_it_is(clock: FixedClock) -> None:
    home, client = await a_home()
    tokens = await some_tokens(the_owner(home), client, home)
    access = await find_token(FindToken(tokens.access_token))
    refresh = await find_token(FindToken(tokens.refresh_token))
    assert access is not None
    assert refresh is not None
    assert (access.kind, access.active) == ("access_token", True)
    assert access.expires_at == clock.now() + timedelta(hours=1)
    assert (refresh.kind, refresh.active) == ("refresh_token", True)
    await refresh_tokens(RefreshTokens(client.client_id, tokens.refresh_token))
    refresh = await find_token(FindToken(tokens.refresh_token))
    assert refresh is not None
    assert not refresh.active
    assert await find_token(FindToken("ort_invented")) is None
