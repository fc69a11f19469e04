"""Signing in over HTTP: one answer for every address, cookies that only a browser of ours sends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import structlog
from httpx import Response
from structlog.testing import CapturingLogger

from activities.gateways.clerk import Clerk
from activities.gateways.clock import FixedClock
from activities.outside import Outside, install
from api.workspace.sign_in import SENT
from tests.api.conftest import Client, Tenant
from tests.builders.captcha import a_captcha_token
from tests.builders.sign_in import a_link, mailed_words
from tests.builders.tenants import an_organization
from tests.fakes.jwks import ISSUER, claims_at, publishing, rsa_key, signed
from tests.fakes.jwks import published as entry

AUTH = "/api/auth"
VERIFY = f"{AUTH}/verify"
ADA = "ada@example.com"
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


async def ask(client: Client, email: str = ADA, **more: Any) -> Response:
    body = {"email": email, "captcha": await a_captcha_token()} | more
    return await client.post(f"{AUTH}/email", json=body)


async def sign_in(client: Client, email: str = ADA, next_path: str = "/") -> Response:
    token = await a_link(email, next_path)
    headers = {"User-Agent": FIREFOX, **JSON}
    return await client.get(VERIFY, params={"token": token}, headers=headers)


async def test_known_and_unknown_addresses_get_the_same_answer(client: Client) -> None:
    await an_organization("acme")
    known, unknown = [await ask(client, f"{name}@example.com") for name in ("acme", "new")]
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content
    assert known.json() == {"sent": True, "message": SENT}
    own = {"x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset"}
    told = [{k: v for k, v in one.headers.items() if k not in own} for one in (known, unknown)]
    assert told[0] == told[1]
    for name in ("acme", "new"):
        assert len(await mailed_words(f"{name}@example.com")) == 1


async def test_a_link_signs_a_browser_in_and_sends_it_on(client: Client) -> None:
    answer = await client.get(
        VERIFY, params={"token": await a_link(ADA, "/qr?page=2")}, headers=HTML
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/qr?page=2")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("ink_session=ses_")
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert attributes == {"HttpOnly", "Max-Age=34560000", "Path=/", "SameSite=lax", "Secure"}
    assert (await client.get(f"{AUTH}/session")).json()["user"]["email"] == ADA


async def test_a_link_answers_json_to_who_wants_it(client: Client) -> None:
    answer = await sign_in(client, next_path="/qr")
    assert (answer.status_code, answer.json()) == (200, {"signedIn": True, "next": "/qr"})
    assert "ink_session=ses_" in answer.headers["set-cookie"]


@pytest.mark.parametrize("headers", [HTML, JSON])
async def test_what_has_the_token_in_its_address_is_kept_nowhere(
    client: Client, headers: dict[str, str]
) -> None:
    token = await a_link(ADA)
    for method in ("HEAD", "GET"):
        answer = await client.request(method, f"{VERIFY}?token={token}", headers=headers)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert token not in str(answer.headers) + answer.text


async def test_a_look_at_a_link_does_not_spend_it(client: Client) -> None:
    token = await a_link(ADA)
    look = await client.head(f"{VERIFY}?token={token}")
    assert (look.status_code, look.content) == (200, b"")
    assert "set-cookie" not in look.headers
    assert (await client.get(f"{VERIFY}?token={token}", headers=JSON)).status_code == 200


@pytest.mark.parametrize("query", ["", "?token=", "?token=sil_invented"])
async def test_a_spent_link_leads_to_a_new_one(client: Client, query: str) -> None:
    page = await client.get(VERIFY + query, headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?spent=1")
    told = await client.get(VERIFY + query, headers=JSON)
    assert told.status_code >= 400
    assert told.json()["code"] == "LINK_SPENT"
    assert not client.cookies


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example/"])
async def test_a_link_leads_to_no_other_site(client: Client, path: str) -> None:
    assert (await ask(client, next=path)).status_code == 202
    (words,) = await mailed_words(ADA)
    answer = await client.get(words["link"], headers=HTML)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "ada"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"email": 7}, "email"),
        ({"next": 7}, "next"),
        ({"captcha": None}, "captcha"),
        ({"redirect": "/"}, "redirect"),
    ],
)
async def test_a_wrong_field_is_named(client: Client, body: dict[str, Any], field: str) -> None:
    answer = await ask(client, **body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_a_link_needs_a_captcha(client: Client) -> None:
    answer = await ask(client, captcha="cap_invented")
    assert (answer.status_code >= 400, answer.json()["code"]) == (True, "CAPTCHA_REFUSED")
    assert await mailed_words(ADA) == []


async def test_one_address_and_one_network_are_throttled(client: Client) -> None:
    answers = [await ask(client) for _ in range(7)]
    assert [one.status_code for one in answers] == [202] * 6 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    guesses = [await client.get(f"{VERIFY}?token=sil_{n}", headers=JSON) for n in range(40)]
    assert guesses[-1].status_code == 429


async def test_an_account_is_told_with_its_organizations(client: Client) -> None:
    home = await an_organization("acme")
    await sign_in(client, "acme@example.com")
    answer = await client.get(f"{AUTH}/session")
    assert answer.json() == {
        "user": {"id": f"usr_{home.owner_id.hex}", "name": "Ada", "email": "acme@example.com"},
        "organizations": [
            {
                "id": f"org_{home.id.hex}",
                "name": "Acme",
                "slug": "acme",
                "role": "owner",
                "plan": "free",
            }
        ],
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_signing_out_ends_the_session_and_takes_the_cookie_back(client: Client) -> None:
    await sign_in(client)
    kept = {"Cookie": f"ink_session={client.cookies['ink_session']}"}
    answer = await client.post(f"{AUTH}/logout")
    assert answer.status_code == 204
    assert 'ink_session=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    again = await client.get(f"{AUTH}/session", headers=kept)
    assert (again.status_code, again.json()["code"]) == (401, "SESSION_REVOKED")


async def test_browsers_are_listed_and_signed_out(client: Client) -> None:
    await sign_in(client)
    old = {"Cookie": f"ink_session={client.cookies['ink_session']}"}
    await sign_in(client)
    listed = (await client.get(f"{AUTH}/sessions")).json()
    assert listed["total"] == 2
    assert {one["agent"] for one in listed["items"]} == {"Firefox on Linux"}
    (other,) = [one["id"] for one in listed["items"] if not one["current"]]
    assert (await client.delete(f"{AUTH}/sessions/{other}")).status_code == 204
    client.cookies.clear()
    assert (await client.get(f"{AUTH}/session", headers=old)).status_code == 401
    await sign_in(client)
    assert (await client.delete(f"{AUTH}/sessions")).json() == {"revoked": 1}
    assert (await client.get(f"{AUTH}/sessions")).json()["total"] == 1


async def test_the_browser_of_another_is_not_there(client: Client, stranger: Tenant) -> None:
    theirs = await client.get(f"{AUTH}/sessions", headers=stranger.workspace)
    await sign_in(client)
    for id_ in (theirs.json()["items"][0]["id"], "nonsense", "sid_" + "0" * 32):
        answer = await client.delete(f"{AUTH}/sessions/{id_}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert (await client.get(f"{AUTH}/session", headers=stranger.workspace)).status_code == 200


FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_site_signs_nobody_out(client: Client, headers: dict[str, str]) -> None:
    await sign_in(client)
    for method, path in (
        ("POST", "logout"),
        ("DELETE", "sessions/sid_" + "0" * 32),
        ("DELETE", "sessions"),
    ):
        answer = await client.request(method, f"{AUTH}/{path}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")
    assert (await client.get(f"{AUTH}/session", headers=headers)).status_code == 200
    ours = {"Origin": "https://ink.test"}
    assert (await client.post(f"{AUTH}/logout", headers=ours)).status_code == 204


async def test_who_is_not_signed_in_is_told_so(client: Client) -> None:
    for method, path in (("GET", "session"), ("GET", "sessions"), ("POST", "logout")):
        answer = await client.request(method, f"{AUTH}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_no_line_of_the_log_holds_the_link(client: Client) -> None:
    token = await a_link(ADA)
    heard = CapturingLogger()
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("debug"),
        logger_factory=lambda *_: heard,
        cache_logger_on_first_use=False,
    )
    try:
        await ask(client)
        await client.get(f"{VERIFY}?token={token}", headers=HTML)
        await client.get(f"{VERIFY}?token={token}", headers=HTML)
    finally:
        structlog.configure(**before)
    told = str(heard.calls)
    assert VERIFY in told
    assert "sil_" not in told
    assert "ses_" not in told
    assert ADA not in told


@pytest_asyncio.fixture
async def clerk(world: Outside, clock: FixedClock) -> AsyncIterator[str]:
    """A token of Clerk, taken here from now on."""
    async with publishing(entry(rsa_key(), "rsa")) as jwks:
        install(replace(world, clerk=Clerk(clock, jwks_url=jwks.url, issuer=ISSUER)))
        yield signed(rsa_key(), "rsa", claims_at(clock.now()))


QR = {"destinationUrl": "https://example.com/menu"}


async def test_a_token_of_clerk_signs_its_bearer_in(client: Client, clerk: str) -> None:
    bearer = {"Authorization": f"Bearer {clerk}"}
    told = (await client.get(f"{AUTH}/session", headers=bearer)).json()
    assert told["user"]["email"] == ADA
    organization = told["organizations"][0]["id"]
    made = await client.post(f"/api/qr?orgId={organization}", json=QR, headers=bearer)
    assert made.status_code == 201
    foreign = {**bearer, "Origin": "https://app.example"}
    assert (await client.post("/api/qr", json=QR, headers=foreign)).status_code == 201


async def test_the_cookie_of_clerk_is_taken_from_our_own_pages(client: Client, clerk: str) -> None:
    cookie = {"Cookie": f"__session={clerk}"}
    assert (await client.get(f"{AUTH}/session", headers=cookie)).status_code == 200
    assert (await client.post("/api/qr", json=QR, headers=cookie)).status_code == 201
    for foreign in FOREIGN:
        answer = await client.post("/api/qr", json=QR, headers={**cookie, **foreign})
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_REFUSED")


async def test_a_forged_token_does_not_fall_back_on_the_cookie(
    client: Client, tenant: Tenant, clerk: str
) -> None:
    forged = {**tenant.workspace, "Authorization": f"Bearer {clerk[:-8]}AAAAAAAA"}
    answer = await client.get("/api/qr", headers=forged)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_the_organization_of_another_is_not_there_for_clerk_either(
    client: Client, tenant: Tenant, clerk: str
) -> None:
    bearer = {"Authorization": f"Bearer {clerk}"}
    for named in (tenant.organization, "org_nonsense"):
        answer = await client.get(f"/api/qr?orgId={named}", headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_keys_that_cannot_be_had_are_503_not_401(
    client: Client, world: Outside, clock: FixedClock
) -> None:
    away = Clerk(clock, jwks_url="http://127.0.0.1:1/jwks.json", issuer=ISSUER)
    install(replace(world, clerk=away))
    token = signed(rsa_key(), "rsa", claims_at(clock.now()))
    answer = await client.get(f"{AUTH}/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.usefixtures("database", "world")
async def test_tokens_of_clerk_are_nothing_while_it_is_off(client: Client, tenant: Tenant) -> None:
    stray = {"Authorization": "Bearer a.b.c", "Cookie": "__session=a.b.c"}
    assert (await client.get("/api/qr", headers=stray)).status_code == 401
    with_ours = {**stray, "Cookie": f"__session=a.b.c; {tenant.workspace['Cookie']}"}
    assert (await client.get("/api/qr", headers=with_ours)).status_code == 200
