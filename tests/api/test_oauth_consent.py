"""`/oauth/authorize`: who is asked what, and where a browser is never sent."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant
from tests.api.oauth import (
    AUTHORIZE,
    CALLBACK,
    HERE,
    TOKEN,
    VERIFIER,
    an_app,
    fields_of,
    press,
    shown,
    told,
)


async def test_who_is_not_signed_in_signs_in_and_comes_back(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    for cookie in ({}, {"Cookie": "ink_session=ses_invented"}):
        answer = await client.get(app.request(), headers=cookie)
        assert answer.status_code == 303
        where = urlsplit(answer.headers["Location"])
        assert where.path == "/sign-in"
        back = dict(parse_qsl(where.query))["next"]
        assert back.startswith("/oauth/authorize?")
        assert "Allow Design Tool?" in (await shown(client, tenant, back)).text


async def test_the_page_says_who_wants_what_of_whom(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    app = await an_app(client, stranger)
    page = await shown(client, tenant, app.request())
    assert page.status_code == 200
    for fact in (
        "Design Tool, registered by Stranger",
        "see the names of your organization",
        "see your codes, links and barcodes",
        "acme@example.com",
        "app.example.com",
        "Acme: all workspaces",
    ):
        assert fact in page.text
    assert "Stranger: " not in page.text


async def test_the_page_cannot_be_framed_kept_or_sent_elsewhere(
    client: Client, tenant: Tenant
) -> None:
    page = await shown(client, tenant, (await an_app(client, tenant)).request())
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' https://app.example.com")
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Design Tool erlauben?"),
        ("fr", "Autoriser Design Tool ?"),
        ("es", "¿Permitir Design Tool?"),
        ("ja", "Allow Design Tool?"),
    ],
)
async def test_the_page_speaks_the_visitors_language(
    client: Client, tenant: Tenant, language: str, title: str
) -> None:
    app = await an_app(client, tenant)
    headers = tenant.workspace | {"Accept-Language": language}
    assert f"<h1>{title}</h1>" in (await client.get(app.request(), headers=headers)).text


async def test_a_name_is_text_and_never_markup(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    app = await an_app(client, tenant)
    odd = text("UPDATE oauth_client SET name = '<script>alert(1)</script> {owner}'")
    await database.execute(odd)
    page = (await shown(client, tenant, app.request(state='"><script>'))).text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {owner}" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "oac_" + "x" * 22},
        {"client_id": "oac_\0"},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": f"{CALLBACK}/.."},
        {"redirect_uri": f"{CALLBACK}#x"},
        {"redirect_uri": "\0é"},
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_an_unknown_client_or_address_is_told_on_a_page_and_sent_nowhere(
    client: Client, tenant: Tenant, changes: dict[str, str | None], signed_in: bool
) -> None:
    app = await an_app(client, tenant)
    headers = tenant.workspace if signed_in else {}
    for answer in (
        await client.get(app.request(**changes), headers=headers),
        await client.post(app.request(**changes), headers=headers | HERE),
    ):
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Location" not in answer.headers
        assert "evil.example" not in answer.text


@pytest.mark.parametrize("again", ["client_id=oac_x", f"redirect_uri={CALLBACK}"])
async def test_a_client_or_address_named_twice_is_sent_nowhere(
    client: Client, tenant: Tenant, again: str
) -> None:
    app = await an_app(client, tenant)
    answer = await shown(client, tenant, f"{app.request()}&{again}")
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": 'o"dd\\ é'}, "unsupported_response_type"),
        ({"scope": "assets.read assets.write"}, "invalid_scope"),
        ({"scope": 'o"dd'}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "é" * 43}, "invalid_request"),
        ({"code_challenge": "x" * 42 + "\n"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_any_other_fault_is_told_to_the_client(
    client: Client, tenant: Tenant, changes: dict[str, str | None], error: str
) -> None:
    app = await an_app(client, tenant)
    answer = await shown(client, tenant, app.request(**changes))
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert address.startswith(f"{CALLBACK}?error={error}")
    assert (told(address)["state"], told(address)["iss"]) == ("s 1", "https://ink.test")
    stranger = await client.get(app.request(**changes))
    assert stranger.headers["Location"].startswith("/sign-in?")


async def test_a_parameter_sent_twice_is_an_invalid_request(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    for again in ("state=2", "scope=assets.read", "code_challenge=x", "other=1&other=2"):
        answer = await shown(client, tenant, f"{app.request()}&{again}")
        assert told(answer.headers["Location"])["error"] == "invalid_request"


async def test_no_scope_asks_for_all_that_the_client_registered(
    client: Client, tenant: Tenant
) -> None:
    app = await an_app(client, tenant)
    answer = await press(client, tenant, app.request(scope=None))
    tokens = await app.tokens(answer.headers["Location"])
    assert tokens["scope"] == "organization.read assets.read"


async def test_no_is_told_to_the_client_and_gives_nothing(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    app = await an_app(client, tenant)
    answer = await press(client, tenant, app.request(), "deny")
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert told(address)["error"] == "access_denied"
    assert (told(address)["state"], told(address)["iss"]) == ("s 1", "https://ink.test")
    assert await database.scalar(text("SELECT count(*) FROM oauth_grant")) == 0


async def test_the_answer_is_kept_by_nobody_and_tells_no_referrer(
    client: Client, tenant: Tenant
) -> None:
    answer = await press(client, tenant, (await an_app(client, tenant)).request())
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_without_its_ticket_nothing_is_allowed(
    client: Client, tenant: Tenant, stranger: Tenant, clock: FixedClock, database: AsyncConnection
) -> None:
    app = await an_app(client, tenant)
    action, form = fields_of(await shown(client, tenant, app.request()))
    _, theirs = fields_of(await shown(client, stranger, app.request()))
    _, other = fields_of(await shown(client, tenant, app.request(scope="assets.read")))
    allow = form | {"decision": "allow"}
    headers = tenant.workspace | HERE
    for wrong in ("", "1.x", theirs["ticket"], other["ticket"]):
        answer = await client.post(action, data=allow | {"ticket": wrong}, headers=headers)
        assert answer.status_code == 403
        assert "Location" not in answer.headers
    clock.moment += timedelta(minutes=10)
    assert (await client.post(action, data=allow, headers=headers)).status_code == 403
    assert await database.scalar(text("SELECT count(*) FROM oauth_grant")) == 0


async def test_a_page_of_another_site_allows_nothing(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    app = await an_app(client, tenant)
    action, form = fields_of(await shown(client, tenant, app.request()))
    for origin in ("https://evil.example", "https://app.example.com", "null"):
        headers = tenant.workspace | {"Origin": origin}
        answer = await client.post(action, data=form | {"decision": "allow"}, headers=headers)
        assert answer.status_code == 403
    assert await database.scalar(text("SELECT count(*) FROM oauth_grant")) == 0


async def test_whoever_signed_out_meanwhile_signs_in_first(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    action, form = fields_of(await shown(client, tenant, app.request()))
    answer = await client.post(action, data=form | {"decision": "allow"}, headers=HERE)
    assert answer.headers["Location"].startswith("/sign-in?")


@pytest.mark.parametrize("kind", ["nonsense", "organization", "workspace"])
async def test_nobody_allows_what_is_not_theirs(
    client: Client, tenant: Tenant, stranger: Tenant, database: AsyncConnection, kind: str
) -> None:
    app = await an_app(client, tenant)
    theirs = stranger.organization.removeprefix("org_")
    inside = await database.scalar(
        text("SELECT id FROM workspace WHERE organization_id = :id"), {"id": theirs}
    )
    where = {
        "nonsense": "x.y",
        "organization": theirs,
        "workspace": f"{tenant.organization.removeprefix('org_')}.{inside}",
    }
    answer = await press(client, tenant, app.request(), where=where[kind])
    assert (answer.status_code, "Location" in answer.headers) == (403, False)
    assert await database.scalar(text("SELECT count(*) FROM oauth_grant")) == 0


async def test_a_grant_may_be_for_one_workspace(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    app = await an_app(client, tenant)
    place = tenant.organization.removeprefix("org_")
    inside = await database.scalar(
        text("SELECT id FROM workspace WHERE organization_id = :id"), {"id": place}
    )
    answer = await press(client, tenant, app.request(), where=f"{place}.{inside}")
    await app.tokens(answer.headers["Location"])
    grants = (await client.get("/api/auth/grants", headers=tenant.workspace)).json()
    assert grants["items"][0]["workspaceId"] == f"wsp_{inside.hex}"


async def test_the_ticket_of_a_page_is_not_a_code(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    _, form = fields_of(await shown(client, tenant, app.request()))
    exchange = {"grant_type": "authorization_code", "code": form["ticket"], **app.proof()}
    answer = await client.post(TOKEN, data=exchange | {"code_verifier": VERIFIER})
    assert answer.json()["error"] == "invalid_grant"


async def test_the_form_says_what_it_decides(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    action, form = fields_of(await shown(client, tenant, app.request()))
    answer = await client.post(action, data=form, headers=tenant.workspace | HERE)
    assert told(answer.headers["Location"])["error"] == "access_denied"
    assert action.startswith(urlsplit(AUTHORIZE).path)
