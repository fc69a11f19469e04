"""The access page, and what it asks: a password for a cookie."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest

from activities.gateways.clock import FixedClock
from activities.keys import AuthenticateKey, authenticate_key
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.rules.actors import Actor
from activities.rules.throttles import ACCESS_NETWORK
from api.pages import assets
from api.pages.visit_words import ACCESS, ACCESS_LATER, APP, DOMAIN
from api.status_pages import LANGUAGES
from tests.api.conftest import Client, Tenant
from tests.builders.tenants import a_code
from tests.builders.visits import a_domain, a_link

PATH = "/api/public/access"
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130.0.0.0 Mobile"}
JSON = {"Accept": "application/json"}


@pytest.fixture
async def by(tenant: Tenant) -> Actor:
    return await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"]))


async def test_the_right_password_sets_a_cookie_that_opens_the_code(
    client: Client, by: Actor, clock: FixedClock
) -> None:
    code = await a_code(by, password="sesame")
    asked = {"type": "qr", "id": f"qr_{code.id.hex}", "password": "sesame"}
    answer = await client.post(PATH, json=asked)
    assert answer.status_code == 200
    assert answer.json() == {"granted": True, "expiresAt": "2026-11-22T00:00:00.000Z"}
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == f"ink_access_{code.id.hex}"
    assert "; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure" in rest
    assert "argon2" not in rest
    led = await client.get(f"/q/{code.short_code}", headers=PHONE)
    assert (led.status_code, led.headers["location"]) == (302, "https://example.com/a")
    clock.moment += timedelta(hours=12)
    assert (await client.get(f"/q/{code.short_code}", headers=PHONE)).status_code == 200


async def test_a_changed_password_is_asked_for_again(client: Client, by: Actor) -> None:
    code = await a_code(by, password="sesame", short_code="safe")
    asked = {"type": "qr", "slug": "safe", "password": "sesame"}
    assert (await client.post(PATH, json=asked)).status_code == 200
    assert (await client.get("/q/safe", headers=PHONE)).status_code == 302
    await update_qr_code(UpdateQrCode(by, id=code.id, password="walnut"))
    assert "<form" in (await client.get("/q/safe", headers=PHONE)).text
    assert (await client.post(PATH, json=asked)).status_code == 403


async def test_a_link_on_a_custom_domain_is_opened_there(client: Client, by: Actor) -> None:
    await a_domain(by)
    link = await a_link(by, slug="safe", domain="links.acme.com", password="sesame")
    host = {"Host": "links.acme.com"}
    page = (await client.get("/safe", headers={**PHONE, **host})).text
    assert f'data-type="link" data-id="lnk_{link.id.hex}"' in page
    asked = {"type": "link", "id": f"lnk_{link.id.hex}", "password": "sesame"}
    answer = await client.post(PATH, json=asked, headers=host)
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    led = await client.get("/safe", headers={**PHONE, **host, **cookie})
    assert led.status_code == 302
    named = {"type": "link", "slug": "safe", "domain": "links.acme.com", "password": "sesame"}
    assert (await client.post(PATH, json=named)).status_code == 200


async def test_a_wrong_password_is_refused_in_words(client: Client, by: Actor) -> None:
    await a_code(by, password="sesame", short_code="safe")
    asked = {"type": "qr", "slug": "safe", "password": "Sesame"}
    answer = await client.post(PATH, json=asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_REFUSED")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "named",
    [{"slug": "open"}, {"slug": "none"}, {"id": "qr_x"}, {"id": "qr_" + "0" * 32}, {"slug": ""}],
)
async def test_what_is_open_or_not_there_answers_alike(
    client: Client, by: Actor, named: dict[str, str]
) -> None:
    await a_code(by, short_code="open")
    answer = await client.post(PATH, json={"type": "qr", "password": "sesame", **named})
    if named == {"slug": ""}:
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["id"])
    else:
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        assert answer.json()["error"] == "There is no such protected code or link here."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "page", "slug": "safe", "password": "x"}, "type"),
        ({"type": "qr", "slug": "safe"}, "password"),
        ({"type": "qr", "slug": "safe", "password": ""}, "password"),
        ({"type": "qr", "slug": "safe", "password": "a\0b"}, "password"),
        ({"type": "qr", "slug": "s" * 65, "password": "x"}, "slug"),
        ({"type": "qr", "password": "x"}, "id"),
        ({"type": "qr", "slug": "safe", "password": "x", "code": "x"}, "code"),
    ],
)
async def test_a_wrong_field_is_named(client: Client, body: dict[str, str], field: str) -> None:
    answer = await client.post(PATH, json=body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_tries_are_throttled_with_the_time_to_come_back(client: Client, by: Actor) -> None:
    await a_code(by, password="sesame", short_code="safe")
    asked = {"type": "qr", "slug": "safe", "password": "wrong"}
    for _ in range(ACCESS_NETWORK.burst):
        assert (await client.post(PATH, json=asked)).status_code == 403
    answer = await client.post(PATH, json={**asked, "password": "sesame"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_access_page_speaks_the_visitors_language_and_tells_nothing(
    client: Client, by: Actor, language: str
) -> None:
    code = await a_code(by, "https://secret.example/", password="sesame", name="Payroll")
    path = f"/q/{code.short_code}"
    answer = await client.get(path, headers={**PHONE, "Accept-Language": language})
    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    assert answer.headers["cache-control"] == "no-store"
    assert f"<h1>{ACCESS[language]['title']}</h1>" in answer.text
    (words,) = re.findall(r'data-words="([^"]*)"', answer.text)
    assert json.loads(unescape(words))["wrong"] == ACCESS[language]["wrong"]
    assert f'data-type="qr" data-id="qr_{code.id.hex}"' in answer.text
    for told in ("secret.example", "Payroll", "argon2"):
        assert told not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert not re.search(r"<script(?! type=\"module\" src=\"/static/)|<style| on\w+=", answer.text)
    (script,) = re.findall(r'src="(/static/access\.js[^"]*)"', answer.text)
    assert (await client.get(script)).status_code == 200


async def test_a_program_is_told_what_to_send(client: Client, by: Actor) -> None:
    code = await a_code(by, password="sesame", short_code="safe")
    answer = await client.get("/q/safe", headers=JSON)
    assert answer.status_code == 403
    told = answer.json()
    assert told["code"] == "PASSWORD_REQUIRED"
    assert (told["type"], told["id"]) == ("qr", f"qr_{code.id.hex}")


def test_every_language_says_the_same_things() -> None:
    for said in (ACCESS, APP, DOMAIN):
        assert said.keys() == set(LANGUAGES)
        for words in said.values():
            assert words.keys() == said["en"].keys()
    assert ACCESS["en"].keys() >= set(ACCESS_LATER)


def test_every_word_that_the_script_says_is_there() -> None:
    script = assets.every_asset()["access.js"].content.decode()
    shared = assets.every_asset()["post.js"].content.decode()
    assert set(re.findall(r"words\.(\w+)", script + shared)) == set(ACCESS_LATER)
