"""Confirming an address: by mail only, good once, and without taking anything back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.confirmations import (
    AskConfirmation,
    ConfirmAddress,
    ask_confirmation,
    confirm_address,
)
from activities.gateways.clock import FixedClock
from activities.key_ring import IssueKey, issue_key
from activities.keys import AuthenticateKey, authenticate_key
from activities.outside import Outside
from activities.rules.errors import (
    AddressTaken,
    CredentialRevoked,
    InvalidFields,
    LinkSpent,
    NotFound,
    RateLimited,
    SignInRefused,
)
from activities.sign_in_links import (
    OpenByLink,
    RequestSignIn,
    SignedIn,
    open_by_link,
    request_sign_in,
)
from activities.team_invites import InviteMember, invite_member
from activities.token_pairs import RefreshPair, refresh_pair
from schema.db import transaction
from tests.builders.accounts import ADDRESS, a_sign_in, an_account, behind
from tests.builders.captcha import a_captcha_token
from tests.builders.databases import a_database
from tests.builders.sign_in import a_link, a_visit, mailed_tokens, mailed_words
from tests.builders.tenants import a_key, an_organization
from workers.embedded_postgres import EmbeddedPostgres

bound = pytest.mark.usefixtures("database", "world")

USER = text("SELECT password_hash IS NOT NULL, proved_at FROM account_user")
PROOFS = text("SELECT target, detail FROM audit_entry WHERE action = 'account.proved'")


async def confirmations() -> list[str]:
    """The tokens that were mailed to confirm the address, in no order."""
    return [token for token in await mailed_tokens(ADDRESS) if token.startswith("cfa_")]


async def the_confirmation() -> str:
    (token,) = await confirmations()
    return token


async def confirm(token: str) -> None:
    await confirm_address(ConfirmAddress(token))


@bound
async def test_a_sign_up_mails_a_link_and_stores_its_hash_only(database: AsyncConnection) -> None:
    await an_account()
    (words,) = await mailed_words(ADDRESS)
    token = await the_confirmation()
    assert words == {"link": f"https://ink.test/api/auth/verify?token={token}", "days": "3"}
    assert len(token) == len("cfa_") + 43
    tables = ("sign_in_link", "mail", "audit_entry")
    dump = " UNION ALL ".join(f"SELECT t::text FROM {table} t" for table in tables)
    stored = " ".join(row[0] for row in await database.execute(text(dump)))
    assert token not in stored
    assert token.encode().hex() not in stored


@bound
async def test_a_refused_sign_up_mails_nothing() -> None:
    await an_account()
    with pytest.raises(AddressTaken):
        await an_account(name="Mallory")
    assert len(await mailed_words(ADDRESS)) == 1


@bound
async def test_who_confirms_keeps_password_keys_and_sign_in(
    database: AsyncConnection, clock: FixedClock
) -> None:
    made = await an_account()
    owner = await behind(made.pair)
    key = await issue_key(IssueKey(owner, "studio", "mine"))
    clock.moment += timedelta(minutes=5)
    await confirm(await the_confirmation())
    assert (await database.execute(USER)).one() == (True, clock.moment)
    for _ in range(2):
        assert (await behind(await a_sign_in())).user_id == owner.user_id
        await authenticate_key(AuthenticateKey("studio", key.secret or ""))
        await a_visit(ADDRESS)
    await refresh_pair(RefreshPair(made.pair.refresh))


@bound
async def test_a_confirmation_is_written_to_the_audit_log_once(database: AsyncConnection) -> None:
    made = await an_account()
    await confirm(await the_confirmation())
    await a_visit(ADDRESS)
    (act,) = await database.execute(PROOFS)
    assert act == (f"user {made.account.user_id}", {"by": "confirmation link"})


@bound
async def test_a_confirmation_opens_no_session(database: AsyncConnection) -> None:
    await an_account()
    token = await the_confirmation()
    with pytest.raises(LinkSpent):
        await open_by_link(OpenByLink(token))
    await confirm(token)
    with pytest.raises(LinkSpent):
        await open_by_link(OpenByLink(token))
    assert await database.scalar(text("SELECT count(*) FROM browser_session")) == 0


@bound
async def test_a_sign_in_link_confirms_nothing_and_stays_good(database: AsyncConnection) -> None:
    await an_account()
    token = await a_link(ADDRESS)
    with pytest.raises(LinkSpent):
        await confirm(token)
    assert (await database.execute(USER)).one() == (True, None)
    await open_by_link(OpenByLink(token))


@bound
async def test_a_confirmation_is_good_once(database: AsyncConnection, clock: FixedClock) -> None:
    await an_account()
    token, first = await the_confirmation(), clock.moment
    await confirm(token)
    clock.moment += timedelta(minutes=1)
    with pytest.raises(LinkSpent):
        await confirm(token)
    assert (await database.execute(USER)).one() == (True, first)


@bound
@pytest.mark.parametrize("late", [False, True])
async def test_a_confirmation_is_good_for_three_days(clock: FixedClock, late: bool) -> None:
    await an_account()
    clock.moment += timedelta(days=3) - timedelta(milliseconds=0 if late else 1)
    if late:
        with pytest.raises(LinkSpent):
            await confirm(await the_confirmation())
    else:
        await confirm(await the_confirmation())


@bound
@pytest.mark.parametrize("token", ["", "cfa_", "cfa_" + "A" * 43, "x" * 10_000, "\x00"])
async def test_an_invented_confirmation_is_refused(token: str) -> None:
    await an_account()
    with pytest.raises(LinkSpent):
        await confirm(token)


@bound
async def test_an_account_that_was_taken_back_is_not_confirmed_by_an_older_link(
    database: AsyncConnection, clock: FixedClock
) -> None:
    made = await an_account()
    key = await issue_key(IssueKey(await behind(made.pair), "studio", "theirs"))
    token, proved = await the_confirmation(), clock.moment
    await a_visit(ADDRESS)
    clock.moment += timedelta(minutes=1)
    with pytest.raises(LinkSpent):
        await confirm(token)
    assert (await database.execute(USER)).one() == (False, proved)
    with pytest.raises(SignInRefused):
        await a_sign_in()
    with pytest.raises(CredentialRevoked):
        await authenticate_key(AuthenticateKey("studio", key.secret or ""))
    (act,) = await database.execute(PROOFS)
    assert list(act[1]) == ["revoked"]


@bound
async def test_a_link_confirms_no_other_address(database: AsyncConnection) -> None:
    await an_account()
    other = (await an_account("grace@example.com", "Grace")).account
    await confirm(await the_confirmation())
    proved = text("SELECT email FROM account_user WHERE proved_at IS NOT NULL")
    assert (await database.scalars(proved)).all() == [ADDRESS]
    assert not other.email_confirmed


@bound
async def test_another_link_is_mailed_until_the_address_is_confirmed() -> None:
    by = await behind((await an_account()).pair)
    first = await the_confirmation()
    assert await ask_confirmation(AskConfirmation(by))
    (second,) = set(await confirmations()) - {first}
    await confirm(first)
    with pytest.raises(LinkSpent):
        await confirm(second)
    assert not await ask_confirmation(AskConfirmation(by))
    assert len(await confirmations()) == 2


@bound
async def test_who_asks_too_often_waits_and_leaves_the_owner_a_way_in(clock: FixedClock) -> None:
    by = await behind((await an_account()).pair)
    for _ in range(6):
        assert await ask_confirmation(AskConfirmation(by))
    with pytest.raises(RateLimited):
        await ask_confirmation(AskConfirmation(by))
    assert len(await confirmations()) == 7
    await request_sign_in(RequestSignIn(ADDRESS, await a_captcha_token()))
    clock.moment += timedelta(seconds=20)
    assert await ask_confirmation(AskConfirmation(by))


@bound
async def test_a_key_that_nobody_made_has_no_address_to_confirm() -> None:
    by = await authenticate_key(AuthenticateKey("studio", await a_key(await an_organization())))
    with pytest.raises(NotFound):
        await ask_confirmation(AskConfirmation(by))


@bound
async def test_nobody_is_invited_before_the_inviters_address_is_confirmed(
    database: AsyncConnection,
) -> None:
    by = await behind((await an_account()).pair)
    await database.execute(text("UPDATE organization SET plan = 'pro'"))
    invitation = InviteMember(by, "grace@example.com", "viewer")
    with pytest.raises(InvalidFields) as refused:
        await invite_member(invitation)
    (sentence,) = refused.value.fields["email"]
    assert sentence.startswith("Confirm your own address first; ")
    sent = text("SELECT kind FROM mail WHERE recipient = 'grace@example.com'")
    assert (await database.scalars(sent)).all() == []
    await confirm(await the_confirmation())
    await invite_member(invitation)
    assert (await database.scalars(sent)).all() == ["team_invite"]


@pytest.fixture
def server(postgres: EmbeddedPostgres, world: Outside) -> str:
    return postgres.url


@pytest.mark.parametrize("links", [1, 4])
async def test_of_many_confirmations_at_once_one_counts(server: str, links: int) -> None:
    async with a_database(server, connections=8):
        by = await behind((await an_account()).pair)
        for _ in range(links - 1):
            await ask_confirmation(AskConfirmation(by))
        tokens = await confirmations() * (8 // links)
        outcomes = await asyncio.gather(*map(confirm, tokens), return_exceptions=True)
        async with transaction() as session:
            assert len((await session.execute(PROOFS)).all()) == 1
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, LinkSpent) for outcome in outcomes) == 7


async def test_a_confirmation_and_a_sign_in_link_at_once_prove_the_address_once(
    server: str,
) -> None:
    async with a_database(server, connections=8):
        await an_account()
        token, link = await the_confirmation(), await a_link(ADDRESS)
        confirmed, signed_in = await asyncio.gather(
            confirm(token), open_by_link(OpenByLink(link)), return_exceptions=True
        )
        async with transaction() as session:
            keeps_password, proved_at = (await session.execute(USER)).one()
            (act,) = (await session.execute(PROOFS)).all()
    assert isinstance(signed_in, SignedIn)
    assert proved_at is not None
    assert keeps_password is (confirmed is None)
    assert list(act[1]) == (["by"] if confirmed is None else ["revoked"])
    assert confirmed is None or isinstance(confirmed, LinkSpent)
