"""The pages: what they hold, what they allow, and the files they load."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from api.pages import assets
from api.pages.layout import page
from api.pages.words import SAID_LATER, SIGN_IN
from tests.api.conftest import Client


def policy(header: str) -> dict[str, str]:
    """The directives of a Content-Security-Policy."""
    return dict(directive.strip().split(" ", 1) for directive in header.split(";"))


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
async def test_sign_in_speaks_the_visitors_language(client: Client, language: str) -> None:
    answer = await client.get("/sign-in", headers={"Accept-Language": f"{language};q=0.9, nl"})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert f"<h1>{SIGN_IN[language]['title']}</h1>" in answer.text


def test_every_language_says_the_same_things() -> None:
    for words in SIGN_IN.values():
        assert words.keys() == SIGN_IN["en"].keys()
        assert set(SAID_LATER) <= words.keys()
        assert ("{email}" in words["sent"], "{wait}" in words["slow_down"]) == (True, True)


async def test_no_page_runs_or_loads_what_is_not_ours(client: Client) -> None:
    answer = await client.get("/sign-in")
    allowed = policy(answer.headers["content-security-policy"])
    assert allowed["default-src"] == "'none'"
    assert {allowed[name] for name in ("script-src", "style-src", "worker-src")} == {"'self'"}
    assert allowed["frame-ancestors"] == "'none'"
    assert not re.search(
        r"<script(?! type=\"module\" src=\"/static/)|<style| style=| on\w+=", answer.text
    )
    assert answer.headers["cache-control"] == "no-store"


async def test_all_that_the_page_loads_is_there_and_may_be_kept(client: Client) -> None:
    text = (await client.get("/sign-in")).text
    addresses = re.findall(r'"(/static/[^"]+)"', text)
    assert len(addresses) == 6
    for address in map(unescape, addresses):
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"] in assets.TYPES.values()
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_every_word_that_the_script_says_is_there() -> None:
    script = assets.every_asset()["sign_in.js"].content.decode()
    assert set(re.findall(r"words\.(\w+)", script)) <= set(SAID_LATER)


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


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/", "/static/page.css"])
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
