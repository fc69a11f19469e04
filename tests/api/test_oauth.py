"""The authorization server as clients meet it: authlib's own client, a browser, a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc9207.discovery import AuthorizationServerMetadata as WithIssuer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant
from tests.api.oauth import (
    INTROSPECT,
    REVOKE,
    SCOPE,
    TOKEN,
    VERIFIER,
    App,
    an_app,
    landed,
    press,
    told,
)

ME = "/api/canva/me"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code_form(app: App, address: str, **changes: str) -> dict[str, str]:
    """The form that exchanges the code in an address, with the client's proof in it."""
    return {
        "grant_type": "authorization_code",
        "code": told(address)["code"],
        "redirect_uri": "https://app.example.com/callback",
        "code_verifier": VERIFIER,
        **app.proof(),
        **changes,
    }


def refresh_form(app: App, token: str, **changes: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token, **app.proof(), **changes}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
async def test_a_client_gets_tokens_and_reads_with_them(
    client: Client, tenant: Tenant, stranger: Tenant, method: str
) -> None:
    app = await an_app(client, stranger, confidential=method != "none", method=method)
    address = await landed(client, tenant, app)
    assert address.startswith("https://app.example.com/callback?code=occ_")
    assert (told(address)["state"], told(address)["iss"]) == ("s 1", "https://ink.test")
    tokens = await app.tokens(address)
    assert tokens["token_type"] == "Bearer"
    assert (tokens["expires_in"], tokens["scope"]) == (3600, SCOPE)
    me = await client.get(ME, headers=bearer(tokens["access_token"]))
    assert me.status_code == 200, me.text
    again = await app.own.refresh_token(TOKEN, refresh_token=tokens["refresh_token"])
    assert (await client.get(ME, headers=bearer(again["access_token"]))).status_code == 200


async def test_a_token_reads_what_its_scopes_allow_and_writes_nothing(
    client: Client, tenant: Tenant
) -> None:
    app = await an_app(client, tenant)
    tokens = await app.tokens(await landed(client, tenant, app))
    for path in ("/api/v1/dynamic/", "/api/qr"):
        answer = await client.get(path, headers=bearer(tokens["access_token"]))
        assert answer.status_code == 401


async def test_an_answer_with_tokens_is_kept_by_nobody(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    form = code_form(app, await landed(client, tenant, app))
    answer = await client.post(TOKEN, data=form, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    again = await client.post(TOKEN, data=form, headers={"Idempotency-Key": "k"})
    assert again.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("verifier", ["x" * 43, "x", "", VERIFIER + "x", "é" * 43])
async def test_a_wrong_verifier_gets_nothing_and_leaves_the_code_good(
    client: Client, tenant: Tenant, verifier: str
) -> None:
    app = await an_app(client, tenant, confidential=False)
    address = await landed(client, tenant, app)
    wrong = await client.post(TOKEN, data=code_form(app, address, code_verifier=verifier))
    assert wrong.status_code == 400
    assert wrong.json()["error"] in ("invalid_grant", "invalid_request")
    assert (await client.post(TOKEN, data=code_form(app, address))).status_code == 200


async def test_a_code_played_again_revokes_what_it_gave(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    app = await an_app(client, tenant)
    address = await landed(client, tenant, app)
    tokens = await app.tokens(address)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await app.tokens(address)
    assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401
    refreshed = await client.post(TOKEN, data=refresh_form(app, tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    entries = text("SELECT count(*) FROM audit_entry WHERE action = 'grant.reuse_detected'")
    assert await database.scalar(entries) == 1


async def test_a_code_played_again_without_its_verifier_revokes_nothing(
    client: Client, tenant: Tenant
) -> None:
    app = await an_app(client, tenant, confidential=False)
    address = await landed(client, tenant, app)
    tokens = await app.tokens(address)
    await client.post(TOKEN, data=code_form(app, address, code_verifier="x" * 43))
    assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 200


async def test_a_refresh_token_played_again_revokes_the_grant(
    client: Client, tenant: Tenant
) -> None:
    app = await an_app(client, tenant)
    first = await app.tokens(await landed(client, tenant, app))
    form = refresh_form(app, first["refresh_token"])
    second = (await client.post(TOKEN, data=form)).json()
    again = await client.post(TOKEN, data=form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await client.get(ME, headers=bearer(second["access_token"]))).status_code == 401


async def test_a_code_ends_after_a_minute_and_an_access_token_after_an_hour(
    client: Client, tenant: Tenant, clock: FixedClock
) -> None:
    app = await an_app(client, tenant)
    late = await landed(client, tenant, app)
    tokens = await app.tokens(await landed(client, tenant, app))
    clock.moment += timedelta(seconds=60)
    answer = await client.post(TOKEN, data=code_form(app, late))
    assert answer.json()["error"] == "invalid_grant"
    clock.moment += timedelta(hours=1)
    assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401


async def test_another_clients_code_and_token_are_refused(client: Client, tenant: Tenant) -> None:
    app, thief = await an_app(client, tenant), await an_app(client, tenant)
    address = await landed(client, tenant, app)
    stolen = await client.post(TOKEN, data=code_form(app, address) | thief.proof())
    assert stolen.json()["error"] == "invalid_grant"
    tokens = await app.tokens(address)
    stolen = await client.post(TOKEN, data=refresh_form(thief, tokens["refresh_token"]))
    assert stolen.json()["error"] == "invalid_grant"
    await app.own.refresh_token(TOKEN, refresh_token=tokens["refresh_token"])


async def test_the_redirect_uri_is_repeated_exactly(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    address = await landed(client, tenant, app)
    for other in ("https://app.example.com/callback/", ""):
        answer = await client.post(TOKEN, data=code_form(app, address, redirect_uri=other))
        assert answer.json()["error"] == "invalid_grant"


async def test_an_address_that_was_left_out_is_left_out_again(
    client: Client, tenant: Tenant
) -> None:
    app = await an_app(client, tenant)
    answer = await press(client, tenant, app.request(redirect_uri=None))
    form = code_form(app, answer.headers["Location"])
    del form["redirect_uri"]
    assert (await client.post(TOKEN, data=form)).status_code == 200


async def test_a_native_application_listens_on_any_port(client: Client, tenant: Tenant) -> None:
    app = await an_app(
        client, tenant, confidential=False, redirect_uri="http://127.0.0.1:1/cb?from=ink"
    )
    here = "http://127.0.0.1:51004/cb?from=ink"
    answer = await press(client, tenant, app.request(redirect_uri=here))
    address = answer.headers["Location"]
    assert address.startswith(f"{here}&code=occ_")
    form = code_form(app, address, redirect_uri=here)
    assert (await client.post(TOKEN, data=form)).status_code == 200


async def test_less_may_be_asked_for_and_more_may_not(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant)
    answer = await press(client, tenant, app.request(scope="assets.read"))
    tokens = await app.tokens(answer.headers["Location"])
    assert tokens["scope"] == "assets.read"
    more = await client.post(TOKEN, data=refresh_form(app, tokens["refresh_token"], scope=SCOPE))
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    assert (
        await client.post(TOKEN, data=refresh_form(app, tokens["refresh_token"]))
    ).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "ocs_wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "oac_" + "x" * 22}, 401, "invalid_client"),
        ({"client_id": "oac_\0"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": 'o"dd\\'}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"code": ""}, 400, "invalid_request"),
        ({"code": "occ_invented"}, 400, "invalid_grant"),
        ({"code": "\0é"}, 400, "invalid_grant"),
    ],
)
async def test_a_wrong_token_request_gets_the_code_of_its_fault(
    client: Client, tenant: Tenant, changes: dict[str, str], status: int, error: str
) -> None:
    app = await an_app(client, tenant)
    form = code_form(app, await landed(client, tenant, app), **changes)
    answer = await client.post(TOKEN, data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{}", {"Content-Type": "application/json"}),
        (b"grant_type=refresh_token&grant_type=refresh_token", {}),
        (b"&".join(b"a%d=1" % n for n in range(51)), {}),
        (b"\xff\xfe=\xff", {}),
    ],
)
async def test_what_is_no_form_is_an_invalid_request(
    client: Client, content: bytes, headers: dict[str, str]
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    answer = await client.post(TOKEN, content=content, headers=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("basic", ["!!!", "/////w==", "Og==", "b2FjXzpcAA=="])
async def test_an_odd_basic_header_is_an_invalid_client(client: Client, basic: str) -> None:
    headers = {"Authorization": f"Basic {basic}"}
    answer = await client.post(TOKEN, data={"grant_type": "refresh_token"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


async def test_a_client_proves_itself_in_one_way(client: Client, tenant: Tenant) -> None:
    app, other = await an_app(client, tenant), await an_app(client, tenant)
    assert app.secret is not None
    for form in (refresh_form(app, "ort_x"), {"grant_type": "refresh_token"} | other.proof()):
        answer = await client.post(TOKEN, data=form, auth=(app.client_id, app.secret))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_confidential_client_without_its_secret_is_refused(
    client: Client, tenant: Tenant
) -> None:
    app = await an_app(client, tenant)
    form = code_form(app, await landed(client, tenant, app))
    del form["client_secret"]
    answer = await client.post(TOKEN, data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("confidential", [True, False])
async def test_a_client_gives_a_token_back(
    client: Client, tenant: Tenant, kind: str, confidential: bool
) -> None:
    app = await an_app(client, tenant, confidential=confidential)
    tokens = await app.tokens(await landed(client, tenant, app))
    answer = await app.own.revoke_token(REVOKE, token=tokens[kind], token_type_hint=kind)
    assert answer.status_code == 200
    assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 401
    refreshed = await client.post(TOKEN, data=refresh_form(app, tokens["refresh_token"]))
    assert refreshed.status_code == (200 if kind == "access_token" else 400)


async def test_any_token_may_be_given_back_and_only_ones_own_ends(
    client: Client, tenant: Tenant
) -> None:
    app, other = await an_app(client, tenant), await an_app(client, tenant)
    tokens = await app.tokens(await landed(client, tenant, app))
    for token in (tokens["access_token"], tokens["refresh_token"], "oat_invented", "\0"):
        form = {"token": token, "token_type_hint": "odd", **other.proof()}
        answer = await client.post(REVOKE, data=form)
        assert (answer.status_code, answer.json()) == (200, {})
    assert (await client.get(ME, headers=bearer(tokens["access_token"]))).status_code == 200


async def test_a_client_asks_about_its_own_tokens(
    client: Client, tenant: Tenant, clock: FixedClock
) -> None:
    app, other = await an_app(client, tenant), await an_app(client, tenant)
    tokens = await app.tokens(await landed(client, tenant, app))

    async def ask(by: App, token: str) -> dict[str, Any]:
        answer = await client.post(INTROSPECT, data={"token": token, **by.proof()})
        assert answer.status_code == 200
        known: dict[str, Any] = answer.json()
        return known

    now = int(clock.now().timestamp())
    assert await ask(app, tokens["access_token"]) == {
        "active": True,
        "scope": SCOPE,
        "client_id": app.client_id,
        "token_type": "Bearer",
        "iss": "https://ink.test",
        "sub": (await ask(app, tokens["refresh_token"]))["sub"],
        "iat": now,
        "exp": now + 3600,
    }
    inactive = {"active": False}
    assert await ask(other, tokens["access_token"]) == inactive
    assert await ask(app, "oat_invented") == inactive
    await client.post(TOKEN, data=refresh_form(app, tokens["refresh_token"]))
    assert await ask(app, tokens["refresh_token"]) == inactive
    clock.moment += timedelta(hours=1)
    assert await ask(app, tokens["access_token"]) == inactive


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
async def test_nobody_asks_without_proof_or_without_a_token(
    client: Client, tenant: Tenant, path: str
) -> None:
    app = await an_app(client, tenant)
    proofless = await client.post(path, data={"token": "x", "client_id": app.client_id})
    assert (proofless.status_code, proofless.json()["error"]) == (401, "invalid_client")
    tokenless = await client.post(path, data=app.proof())
    assert (tokenless.status_code, tokenless.json()["error"]) == (400, "invalid_request")


async def test_a_public_client_asks_about_no_token(client: Client, tenant: Tenant) -> None:
    app = await an_app(client, tenant, confidential=False)
    tokens = await app.tokens(await landed(client, tenant, app))
    form = {"token": tokens["access_token"], **app.proof()}
    answer = await client.post(INTROSPECT, data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_the_metadata_is_sound_and_true(client: Client, tenant: Tenant) -> None:
    answer = await client.get("/.well-known/oauth-authorization-server")
    metadata = AuthorizationServerMetadata(answer.json())
    metadata.validate(metadata_classes=[WithIssuer])
    assert metadata["issuer"] == "https://ink.test"
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    app = await an_app(client, tenant)
    for name in ("token", "revocation", "introspection"):
        asked = await client.post(metadata[f"{name}_endpoint"], data=app.proof())
        assert asked.json()["error"] == "invalid_request"
    assert (await client.get(metadata["authorization_endpoint"])).status_code == 400


async def test_pages_of_every_origin_reach_all_but_the_consent_page(client: Client) -> None:
    elsewhere = {"Origin": "https://spa.example"}
    token = await client.post(TOKEN, data={}, headers=elsewhere)
    assert token.headers["Access-Control-Allow-Origin"] == "*"
    page = await client.get("/oauth/authorize", headers=elsewhere)
    assert "Access-Control-Allow-Origin" not in page.headers


async def test_many_tries_from_one_network_are_slowed_down(client: Client) -> None:
    answers = [await client.post(TOKEN, data={"grant_type": "x"}) for _ in range(121)]
    assert answers[-2].json()["error"] == "unsupported_grant_type"
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
