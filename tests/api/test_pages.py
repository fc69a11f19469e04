"""The pages: what they hold, what they allow, and the files they load."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from api.pages import assets
from api.pages.layout import page
from api.pages.words import INVITE, INVITE_LATER, SIGN_IN, SIGN_IN_LATER
from api.status_pages import LANGUAGES
from tests.api.conftest import Client, Tenant
from tests.api.test_business_invites import ACCEPT, invite

Said = Mapping[str, Mapping[str, str]]


def policy(header: str) -> dict[str, str]:
    """The directives of a Content-Security-Policy."""
    return dict(directive.strip().split(" ", 1) for directive in header.split(";"))


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@pytest.mark.parametrize(("path", "said"), [("/sign-in", SIGN_IN), ("/invite?token=x", INVITE)])
async def test_a_page_speaks_the_visitors_language(
    client: Client, language: str, path: str, said: Said
) -> None:
    answer = await client.get(path, headers={"Accept-Language": f"{language};q=0.9, nl"})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert f"<h1>{said[language]['title']}</h1>" in answer.text


@pytest.mark.parametrize(
    ("said", "later", "filled"),
    [
        (SIGN_IN, SIGN_IN_LATER, {"sent": "{email}", "slow_down": "{wait}"}),
        (INVITE, INVITE_LATER, {"welcome": "{organization}", "slow_down": "{wait}"}),
    ],
)
def test_every_language_says_the_same_things(
    said: Said, later: Sequence[str], filled: dict[str, str]
) -> None:
    assert said.keys() == set(LANGUAGES)
    for words in said.values():
        assert words.keys() == said["en"].keys()
        assert set(later) <= words.keys()
        braced = {name: "".join(re.findall(r"{.*?}", words[name])) for name in words}
        assert {name: found for name, found in braced.items() if found} == filled


@pytest.mark.parametrize("path", ["/sign-in", "/invite?token=inv_x", "/invite"])
async def test_no_page_runs_or_loads_what_is_not_ours(client: Client, path: str) -> None:
    answer = await client.get(path)
    allowed = policy(answer.headers["content-security-policy"])
    assert allowed["default-src"] == "'none'"
    assert {allowed[name] for name in ("script-src", "style-src", "worker-src")} == {"'self'"}
    assert allowed["frame-ancestors"] == "'none'"
    assert not re.search(
        r"<script(?! type=\"module\" src=\"/static/)|<style| style=| on\w+=", answer.text
    )
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "files"), [("/sign-in", 6), ("/invite?token=inv_x", 3)])
async def test_all_that_the_page_loads_is_there_and_may_be_kept(
    client: Client, path: str, files: int
) -> None:
    text = (await client.get(path)).text
    addresses = re.findall(r'"(/static/[^"]+)"', text)
    assert len(addresses) == files
    for address in map(unescape, addresses):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"] in assets.TYPES.values()
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["sign_in.js", "invite.js"])
async def test_what_a_script_imports_is_there_and_asked_for_each_time(
    client: Client, name: str
) -> None:
    (imported,) = re.findall(r'from "\./([^"]+)"', script(name))
    answer = await client.get(f"/static/{imported}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    ("name", "later"), [("sign_in.js", SIGN_IN_LATER), ("invite.js", INVITE_LATER)]
)
def test_every_word_that_a_script_says_is_there(name: str, later: Sequence[str]) -> None:
    said = set(re.findall(r"words\.(\w+)", script(name) + script("post.js")))
    assert {"slow_down", "away"} < said <= set(later)


def script(name: str) -> str:
    """The text of a script."""
    return assets.every_asset()[name].content.decode()


@pytest.mark.parametrize("token", ["inv_Ab-9_x", '"><script>alert(1)</script>', "{x}&amp;'"])
async def test_the_page_of_an_invitation_hands_its_token_to_the_script_and_to_nobody(
    client: Client, token: str
) -> None:
    answer = await client.get("/invite", params={"token": token})
    assert answer.status_code == 200
    assert [unescape(held) for held in re.findall(r'data-token="([^"]*)"', answer.text)] == [token]
    assert answer.text.count(escape(token)) == 1
    assert "<script>" not in answer.text
    assert token not in str(answer.headers)
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/invite", "/invite/", "/invite?token=", "/invite?token=%20"])
async def test_a_link_without_a_token_is_called_incomplete(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 400
    assert INVITE["en"]["incomplete"] in answer.text
    assert "<form" not in answer.text
    assert "<script" not in answer.text


async def test_looking_at_an_invitation_spends_nothing_and_tells_nothing(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    token = await invite(client, tenant, database)
    known = await client.get("/invite", params={"token": token})
    unknown = await client.get("/invite", params={"token": "inv_nobodys"})
    assert known.text == unknown.text.replace("inv_nobodys", token)
    assert (await client.head("/invite", params={"token": token})).status_code == 200
    assert (await client.post(ACCEPT, json={"token": token})).status_code == 200


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/qr/7?tab=scans", "/qr/7?tab=scans"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ('/"><script>alert(1)</script>', '/"><script>alert(1)</script>'),
    ],
)
async def test_next_is_a_path_of_ours_and_never_markup(
    client: Client, asked: str, kept: str
) -> None:
    text = (await client.get("/sign-in", params={"next": asked})).text
    assert re.findall(r'data-next="([^"]*)"', text, re.S) == [unescaped_back(kept)]
    assert "<script>" not in text


def unescaped_back(path: str) -> str:
    """The path as an attribute holds it."""
    return (
        path.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    )


async def test_who_comes_from_a_spent_link_is_told(client: Client) -> None:
    spent = SIGN_IN["en"]["spent"]
    assert spent in (await client.get("/sign-in?spent=1")).text
    assert spent not in (await client.get("/sign-in")).text


async def test_a_file_that_is_known_is_not_sent_again(client: Client) -> None:
    first = await client.get("/static/altcha.min.js")
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await client.get("/static/altcha.min.js", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = await client.get("/static/altcha.min.js", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_an_address_of_another_version_is_not_kept(client: Client) -> None:
    answer = await client.get("/static/page.css?v=old")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/nothing.js",
        "/static/../layout.py",
        "/static/..%2Flayout.py",
        "/static/%2Fetc%2Fpasswd",
    ],
)
async def test_nothing_else_is_a_file(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "ROUTE_UNKNOWN")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/", "/invite?token=x", "/static/page.css"])
async def test_pages_take_get_only(client: Client, path: str) -> None:
    looked = await client.head(path)
    assert (looked.status_code, looked.content) == (200, b"")
    answer = await client.post(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_widgets_licence_is_beside_it() -> None:
    licence = every_file()["altcha.LICENSE.txt"].read_text()
    assert "MIT License" in licence
    assert every_file().keys() == assets.every_asset().keys()


def every_file() -> dict[str, Path]:
    """The files of the folder."""
    return {path.name: path for path in (Path(assets.__file__).parent / "static").iterdir()}


def test_a_page_escapes_its_title() -> None:
    assert b"<h1>a &lt;b&gt;</h1>" in bytes(page("a <b>", "").body)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://app.example/callback?x=1", "https://app.example"),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1:8080"),
        ("com.example.app:/cb", "com.example.app:"),
        ("http://[::1]:8080/cb", "http:"),
        ("https://a.example;script-src *", "https:"),
    ],
)
def test_a_form_may_lead_to_where_the_page_says(address: str, source: str) -> None:
    allowed = policy(page("x", "", leads_to=[address]).headers["content-security-policy"])
    assert allowed["form-action"] == f"'self' {source}"
    assert allowed["script-src"] == "'self'"
