"""What headers say about a visitor."""

from __future__ import annotations

import pytest

from activities.visitors import Visitor, read_visitor

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


def visit(**headers: str) -> Visitor:
    return behind(True, **headers)


def behind(trusted: bool, **headers: str) -> Visitor:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_visitor("GET", {"user-agent": IPHONE} | named, country_header_trusted=trusted)


def test_a_person_with_a_phone_counts() -> None:
    visitor = visit()
    assert (visitor.device, visitor.os, visitor.counts) == ("mobile", "iOS", True)
    assert (visitor.region, visitor.is_preview, visitor.has_opted_out) == (None, False, False)


def test_country_and_region_are_believed_behind_a_trusted_proxy() -> None:
    visitor = visit(cf_ipcountry="US", cf_region_code="CA")
    assert (visitor.country, visitor.region) == ("US", "US-CA")


def test_without_a_trusted_proxy_neither_is_believed() -> None:
    visitor = behind(False, cf_ipcountry="US", cf_region_code="CA")
    assert (visitor.country, visitor.region) == (None, None)


@pytest.mark.parametrize(
    ("country", "part"),
    [
        ("XX", "CA"),
        ("T1", "CA"),
        ("", "CA"),
        ("US", ""),
        ("US", "CALI"),
        ("US", "C-A"),
        ("US", "é"),
    ],
)
def test_a_region_without_sense_is_none(country: str, part: str) -> None:
    assert visit(cf_ipcountry=country, cf_region_code=part).region is None


@pytest.mark.parametrize(
    ("headers", "out"),
    [
        ({"dnt": "1"}, True),
        ({"sec_gpc": "1"}, True),
        ({"dnt": "0", "sec_gpc": "1"}, True),
        ({"dnt": "0"}, False),
        ({"dnt": "null"}, False),
        ({"sec_gpc": ""}, False),
    ],
)
def test_a_visitor_may_ask_not_to_be_followed(headers: dict[str, str], out: bool) -> None:
    assert visit(**headers).has_opted_out is out


@pytest.mark.parametrize(
    "agent",
    ["Twitterbot/1.0", "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)"],
)
def test_who_draws_previews_is_a_bot_and_does_not_count(agent: str) -> None:
    visitor = visit(user_agent=agent)
    assert (visitor.is_preview, visitor.is_bot, visitor.counts) == (True, True, False)
    assert visitor.device == "bot"


def test_another_bot_draws_no_preview() -> None:
    visitor = visit(user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert (visitor.is_preview, visitor.is_bot) == (False, True)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9", "de-at"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("*", None),
        ("", None),
        ("a-b-c-d-e", None),
    ],
)
def test_the_first_language_is_read(header: str, language: str | None) -> None:
    assert visit(accept_language=header).language == language
