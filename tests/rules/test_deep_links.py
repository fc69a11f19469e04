"""Deep links into apps."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.deep_links import (
    DENIED_SCHEMES,
    DeepLink,
    for_visit,
    normalised_deep_links,
)
from activities.rules.errors import InvalidFields

APPLE = "https://apps.apple.com/app/id1"
PLAY = "https://play.google.com/store/apps/details?id=com.example"
IOS = {"url": "myapp://item/1", "storeUrl": APPLE}
ANDROID = {"url": "myapp://item/1?a=b;c", "package": "com.example", "storeUrl": PLAY}
PAGE = "https://example.com/item/1?a=b#top"


def refused(deep_links: Any) -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        normalised_deep_links(deep_links)
    return list(refusal.value.fields)


def link(os: str, **deep_links: Any) -> DeepLink:
    found = for_visit(normalised_deep_links(deep_links), os)
    assert found is not None
    return found


def test_deep_links_are_stored_without_what_is_unset() -> None:
    given = {"ios": IOS | {"storeUrl": None}, "android": ANDROID | {"url": ""}}
    assert normalised_deep_links(given) == {
        "ios": {"url": "myapp://item/1"},
        "android": {"package": "com.example", "storeUrl": PLAY},
    }
    assert normalised_deep_links({}) == {}
    assert normalised_deep_links({"ios": None, "android": None}) == {}


def test_normalising_again_changes_nothing() -> None:
    once = normalised_deep_links({"ios": IOS, "android": ANDROID})
    assert normalised_deep_links(once) == once == {"ios": IOS, "android": ANDROID}


@pytest.mark.parametrize("scheme", sorted(DENIED_SCHEMES) + ["JavaScript", "DATA", "BLOB"])
def test_a_scheme_that_does_more_than_open_an_app_is_refused(scheme: str) -> None:
    url = f"{scheme}://x%0Aalert(1)"
    assert refused({"ios": {"url": url}}) == ["deep_links.ios.url"]
    assert refused({"android": ANDROID | {"url": url}}) == ["deep_links.android.url"]


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", " javascript://x", "java\nscript://x", "data:text/html,x"),
        *("about:blank", "myapp:item", "myapp://", "://x", "//x", "1app://x", "my app://x"),
        *("my_app://x", "x" * 65 + "://x", "a://" + "x" * 2045, 7, [], "a://b\n", "a://b c"),
        *('a://"onload', "a://<b>", "a://b\\c", "a://ü"),
        *("https://", "https://user:pw@example.com/", "HTTPS://user@example.com/"),
    ],
)
def test_what_is_no_address_of_an_app_is_refused(url: object) -> None:
    assert refused({"ios": {"url": url}}) == ["deep_links.ios.url"]


@pytest.mark.parametrize(
    "url", ["myapp://x", "https://example.com/x", "com.a-b+c://y", "a://?b=#c"]
)
def test_an_app_is_opened_by_its_scheme_or_a_universal_link(url: str) -> None:
    assert normalised_deep_links({"ios": {"url": url}}) == {"ios": {"url": url}}


@pytest.mark.parametrize(
    "package", [None, "", "example", "com.", ".com.a", "com.1a", "com.a;end", 7]
)
def test_android_needs_the_package_of_the_app(package: object) -> None:
    assert refused({"android": {"package": package}}) == ["deep_links.android.package"]


@pytest.mark.parametrize("store", ["http://apps.apple.com/a", "market://details?id=a", "x", 7])
def test_a_store_has_an_https_address(store: object) -> None:
    assert refused({"ios": IOS | {"storeUrl": store}}) == ["deep_links.ios.storeUrl"]


@pytest.mark.parametrize(
    ("deep_links", "path"),
    [
        ({"ios": {"storeUrl": APPLE}}, "deep_links.ios.url"),
        ({"windows": {}}, "deep_links.windows"),
        ({"ios": IOS | {"package": "com.a"}}, "deep_links.ios.package"),
        ({"android": ANDROID | {"url": "a://b#Intent;component=x"}}, "deep_links.android.url"),
        ([], "deep_links"),
    ],
)
def test_anything_else_is_refused_at_its_path(deep_links: Any, path: str) -> None:
    assert refused(deep_links) == [path]


@pytest.mark.parametrize("os", ["Windows", "Mac OS X", "Linux", "Windows Phone", None])
def test_other_systems_have_no_deep_link(os: str | None) -> None:
    assert for_visit({"ios": IOS, "android": ANDROID}, os) is None


def test_a_platform_without_a_deep_link_has_none() -> None:
    assert for_visit({"ios": IOS}, "Android") is None
    assert for_visit({"android": ANDROID}, "iOS") is None


def test_on_ios_a_page_tries_the_app_and_goes_on_to_the_store() -> None:
    found = link("iOS", ios=IOS)
    assert found.needs_page
    assert found.app_address(PAGE) == "myapp://item/1"
    assert found.fallback(PAGE) == APPLE


def test_a_universal_link_needs_no_page() -> None:
    assert not link("iOS", ios={"url": "HTTPS://example.com/x"}).needs_page


def test_without_a_store_the_fallback_is_the_destination() -> None:
    assert link("iOS", ios={"url": "a://b"}).fallback("https://example.com/ü") == (
        "https://example.com/%C3%BC"
    )


def test_on_android_an_intent_names_app_and_fallback() -> None:
    found = link("Android", android=ANDROID)
    assert not found.needs_page
    assert found.app_address(PAGE) == (
        "intent://item/1?a=b;c#Intent;scheme=myapp;package=com.example;"
        "S.browser_fallback_url=https%3A%2F%2Fplay.google.com%2Fstore%2Fapps%2Fdetails"
        "%3Fid%3Dcom.example;end"
    )


def test_an_android_app_without_an_address_of_its_own_is_opened_with_the_destination() -> None:
    assert link("Android", android={"package": "com.example"}).app_address(PAGE) == (
        "intent://example.com/item/1?a=b#Intent;scheme=https;package=com.example;"
        "S.browser_fallback_url=https%3A%2F%2Fexample.com%2Fitem%2F1%3Fa%3Db%23top;end"
    )


@given(st.text(max_size=30), st.text("ab;#=&%é/", max_size=20))
def test_an_intent_says_only_what_we_say(rest: str, tail: str) -> None:
    """Whatever a tenant writes, the part that Android reads as orders is ours."""
    destination = f"https://example.com/{tail}"
    try:
        found = link("Android", android={"url": f"app://{rest}", "package": "com.example"})
    except InvalidFields:
        found = link("Android", android={"package": "com.example"})
    address = found.app_address(destination)
    assert address.isascii()
    data, *orders = address.split("#")
    assert data.startswith("intent://")
    [order] = orders
    intent, scheme, package, fallback, end = order.split(";")
    assert (intent, package, end) == ("Intent", "package=com.example", "end")
    assert scheme in ("scheme=app", "scheme=https")
    assert unquote(unquote(fallback)).startswith("S.browser_fallback_url=https://example.com/")
