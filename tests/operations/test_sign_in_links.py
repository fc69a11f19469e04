"""Sign-in links: the same for every address, good once, and only for who reads the mail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.browsers import ListSessions, list_sessions
from activities.gateways.clock import FixedClock
from activities.keys import AuthenticateKey, authenticate_key
from activities.outside import Outside
from activities.people import ProveAddress, canonical_address, prove_address
from activities.rules.errors import (
    CaptchaRefused,
    CredentialRevoked,
    InvalidFields,
    LinkSpent,
    RateLimited,
)
from activities.sessions import (
    AuthenticatePerson,
    AuthenticateSession,
    OpenSession,
    authenticate_person,
    authenticate_session,
    open_session,
)
from activities.sign_in_links import (
    OpenByLink,
    RequestSignIn,
    SignedIn,
    open_by_link,
    own_path,
    request_sign_in,
)
from tests.builders.captcha import a_captcha_token
from tests.builders.databases import a_database
from tests.builders.sign_in import a_link, a_visit, mailed_tokens, mailed_words
from tests.builders.tenants import a_key, an_organization
from workers.embedded_postgres import EmbeddedPostgres

ADA = "ada@example.com"

bound = pytest.mark.usefixtures("database", "world")


async def opened(token: str) -> SignedIn:
    return await open_by_link(OpenByLink(token, "Firefox on Linux"))


@bound
async def test_a_first_link_makes_an_account_with_an_organization() -> None:
    signed_in = await opened(await a_link("Ada@Example.COM", "/links?page=2"))
    assert signed_in.next_path == "/links?page=2"
    person = await authenticate_person(AuthenticatePerson(signed_in.token))
    assert (person.email, person.name) == (ADA, "ada")
    actor = await authenticate_session(AuthenticateSession(signed_in.token))
    assert (actor.role, actor.plan, actor.kind) == ("owner", "free", "session")
    (browser,) = await list_sessions(ListSessions(person))
    assert browser.agent == "Firefox on Linux"


@bound
async def test_a_later_link_finds_the_same_account() -> None:
    first, _ = await a_visit(ADA)
    second, _ = await a_visit("ADA@example.com")
    assert second.user_id == first.user_id
    assert second.session_id != first.session_id


@bound
async def test_a_sign_in_is_written_to_the_audit_log(database: AsyncConnection) -> None:
    await a_visit(ADA)
    rows = await database.execute(text("SELECT action, target, detail FROM audit_entry"))
    acts = {action: f"{target} {detail}" for action, target, detail in rows}
    assert set(acts) == {"organization.created", "session.opened"}
    assert acts["session.opened"].startswith("session ")
    assert "ses_" not in str(acts)
    assert "sil_" not in str(acts)


@bound
async def test_the_mail_holds_the_link_and_the_table_only_its_hash(
    database: AsyncConnection,
) -> None:
    token = await a_link(ADA)
    (words,) = await mailed_words(ADA)
    assert words == {"link": f"https://ink.test/api/auth/verify?token={token}", "minutes": "15"}
    assert len(token) == len("sil_") + 43
    rows = await database.execute(
        text("SELECT l::text FROM sign_in_link l UNION ALL SELECT m::text FROM mail m")
    )
    stored = " ".join(row[0] for row in rows)
    assert ADA in stored
    assert token not in stored
    assert token.encode().hex() not in stored


@bound
async def test_a_link_is_good_once() -> None:
    token = await a_link(ADA)
    await opened(token)
    with pytest.raises(LinkSpent):
        await opened(token)


@bound
async def test_a_link_is_good_for_fifteen_minutes(clock: FixedClock) -> None:
    in_time, late = await a_link(ADA), await a_link(ADA)
    clock.moment += timedelta(minutes=15) - timedelta(milliseconds=1)
    await opened(in_time)
    clock.moment += timedelta(milliseconds=1)
    with pytest.raises(LinkSpent):
        await opened(late)


@bound
@pytest.mark.parametrize("token", ["", "sil_", "sil_" + "A" * 43, "x" * 10_000])
async def test_an_invented_link_is_refused(token: str) -> None:
    with pytest.raises(LinkSpent):
        await opened(token)


@bound
async def test_asking_again_leaves_earlier_links_good() -> None:
    first, second = await a_link(ADA), await a_link(ADA)
    await opened(second)
    await opened(first)


@bound
async def test_a_link_is_asked_for_with_a_captcha_that_was_not_spent() -> None:
    captcha = await a_captcha_token()
    await request_sign_in(RequestSignIn(ADA, captcha))
    for spent in (captcha, "", "cap_invented"):
        with pytest.raises(CaptchaRefused):
            await request_sign_in(RequestSignIn(ADA, spent))
    assert len(await mailed_tokens(ADA)) == 1


@bound
async def test_one_address_is_not_flooded_however_it_is_spelled(clock: FixedClock) -> None:
    for spelling in (ADA, "ADA@example.com", "Ada@EXAMPLE.com", ADA, ADA, ADA):
        await request_sign_in(RequestSignIn(spelling, await a_captcha_token()))
    captcha = await a_captcha_token()
    with pytest.raises(RateLimited):
        await request_sign_in(RequestSignIn(" ada@example.com ", captcha))
    await request_sign_in(RequestSignIn("bob@example.com", await a_captcha_token()))
    clock.moment += timedelta(seconds=20)
    await request_sign_in(RequestSignIn(ADA, captcha))
    assert len(await mailed_tokens(ADA)) == 7


@bound
async def test_who_has_no_captcha_takes_nothing_from_the_address() -> None:
    for _ in range(10):
        with pytest.raises(CaptchaRefused):
            await request_sign_in(RequestSignIn(ADA, "cap_invented"))
    await request_sign_in(RequestSignIn(ADA, await a_captcha_token()))


@pytest.fixture
def statements(database: AsyncConnection) -> Callable[[], list[str]]:
    """What was sent to the database since it was last asked."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(database.sync_connection, "before_cursor_execute", note)

    def taken() -> list[str]:
        found = [s for s in seen if "SAVEPOINT" not in s]
        seen.clear()
        return found

    return taken


@pytest.mark.usefixtures("world")
async def test_known_and_unknown_addresses_cost_the_same_statements(
    statements: Callable[[], list[str]],
) -> None:
    await a_visit(ADA)
    costs = []
    for email in (ADA, "new@example.com"):
        captcha = await a_captcha_token()
        statements()
        await request_sign_in(RequestSignIn(email, captcha))
        costs.append(statements())
    assert costs[0] == costs[1]
    assert len(costs[0]) == 4
    assert "account_user" not in " ".join(costs[0])


@bound
@pytest.mark.parametrize(
    "text",
    ["", "ada", "ada@", "@example.com", "a b@example.com", "a@b", "a@example.com\nBcc: x@y.zz"],
)
async def test_what_is_no_address_is_refused_and_spends_no_captcha(text: str) -> None:
    captcha = await a_captcha_token()
    with pytest.raises(InvalidFields) as refused:
        await request_sign_in(RequestSignIn(text, captcha))
    assert list(refused.value.fields) == ["email"]
    await request_sign_in(RequestSignIn(ADA, captcha))


def test_an_address_has_one_spelling() -> None:
    assert canonical_address(" Ada@BÜCHER.example ") == "ada@xn--bcher-kva.example"
    assert canonical_address("ada@xn--bcher-kva.example") == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/", "/"),
        ("/qr?page=2#top", "/qr?page=2#top"),
        ("", "/"),
        ("qr", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("\t//evil.example", "/"),
        (" //evil.example", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("https://evil.example/", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/ü", "/"),
        ("/" + "a" * 4096, "/"),
    ],
)
def test_only_paths_of_this_site_are_followed(asked: str, given: str) -> None:
    assert own_path(asked) == given


async def a_squatter(database: AsyncConnection) -> tuple[str, str]:
    """Somebody signed up with a password as the owner of acme@example.com: a cookie and a key."""
    home = await an_organization("acme")
    cookie = (await open_session(OpenSession(home.owner_id))).token
    secret = await a_key(home)
    for statement in (
        "UPDATE account_user SET password_hash = 'theirs'",
        "UPDATE api_key SET made_by = :owner",
        "INSERT INTO token_family (id, created_at, user_id, organization_id) "
        "VALUES (gen_random_uuid(), now(), :owner, :home)",
        "INSERT INTO oauth_client (id, created_at, organization_id, client_id, name, "
        "redirect_uris, scopes) VALUES (:home, now(), :home, 'c', 'C', '{}', '{}')",
        "INSERT INTO oauth_grant (id, created_at, client_row_id, user_id, organization_id, scopes) "
        "VALUES (gen_random_uuid(), now(), :home, :owner, :home, '{}')",
    ):
        await database.execute(text(statement), {"owner": home.owner_id, "home": home.id})
    return cookie, secret


@bound
async def test_who_squatted_on_an_address_loses_everything_when_its_owner_comes(
    database: AsyncConnection,
) -> None:
    cookie, secret = await a_squatter(database)
    person, own_cookie = await a_visit("acme@example.com")
    with pytest.raises(CredentialRevoked):
        await authenticate_person(AuthenticatePerson(cookie))
    with pytest.raises(CredentialRevoked):
        await authenticate_key(AuthenticateKey("studio", secret))
    assert (await authenticate_person(AuthenticatePerson(own_cookie))) == person
    left = "SELECT count(*) FROM {} WHERE revoked_at IS NULL"
    for table in ("token_family", "oauth_grant"):
        assert await database.scalar(text(left.format(table))) == 0
    (user,) = await database.execute(text("SELECT password_hash, proved_at FROM account_user"))
    assert user[0] is None
    assert user[1] is not None
    act = await database.scalar(
        text("SELECT detail FROM audit_entry WHERE action = 'account.proved'")
    )
    assert act == {"revoked": {"sessions": 1, "token_families": 1, "grants": 1, "keys": 1}}


@bound
async def test_what_was_made_after_the_address_was_proved_stays(database: AsyncConnection) -> None:
    home = await an_organization("acme")
    _, cookie = await a_visit("acme@example.com")
    secret = await a_key(home)
    await database.execute(text("UPDATE account_user SET password_hash = 'mine'"))
    await database.execute(text("UPDATE api_key SET made_by = :me"), {"me": home.owner_id})
    await a_visit("acme@example.com")
    await authenticate_person(AuthenticatePerson(cookie))
    await authenticate_key(AuthenticateKey("studio", secret))
    assert await database.scalar(text("SELECT password_hash FROM account_user")) == "mine"


@bound
async def test_keys_that_others_made_survive_the_proof() -> None:
    secret = await a_key(await an_organization("acme"))
    await a_visit("acme@example.com")
    await authenticate_key(AuthenticateKey("studio", secret))


@pytest.fixture
def server(postgres: EmbeddedPostgres, world: Outside) -> str:
    return postgres.url


async def test_of_many_who_open_one_link_at_once_one_gets_in(server: str) -> None:
    async with a_database(server, connections=8):
        token = await a_link(ADA)
        outcomes = await asyncio.gather(*(opened(token) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, SignedIn) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LinkSpent) for outcome in outcomes) == 7


async def test_many_first_sign_ins_at_once_make_one_account(server: str) -> None:
    async with a_database(server, connections=8):
        tokens = [await a_link(ADA) for _ in range(6)]
        outcomes = await asyncio.gather(*(opened(token) for token in tokens))
        cookies = [AuthenticateSession(outcome.token) for outcome in outcomes]
        actors = [await authenticate_session(cookie) for cookie in cookies]
        people = await asyncio.gather(*(prove_address(ProveAddress(ADA)) for _ in range(4)))
    assert len({(actor.user_id, actor.organization_id) for actor in actors}) == 1
    assert {person.id for person in people} == {actors[0].user_id}
