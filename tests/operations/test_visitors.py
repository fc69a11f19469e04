"""What a visit says about the visitor, and what it never says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.gateways.geo import NOWHERE, Place
from activities.outside import Outside, install
from activities.rules.visitor_ids import visitor_id
from activities.visitors import CACHES, Visitor, read_agent, read_headers, read_visitor, warm_up
from schema.tables import ScanRow
from tests.conftest import NOW

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


IPHONE_SAYS = read_headers({"user-agent": IPHONE})


def visit(**headers: str) -> Visitor:
    return behind(True, **headers)


def behind(trusted: bool, **headers: str) -> Visitor:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_visitor(
        "GET", read_headers({"user-agent": IPHONE} | named), country_header_trusted=trusted
    )


class Atlas:
    """Knows two addresses, and remembers whom it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.places = {
            "192.0.2.1": Place("US", "US-CA", "Mountain View", "America/Los_Angeles"),
            "192.0.2.2": Place("DE"),
        }

    def locate(self, address: str) -> Place:
        self.asked.append(address)
        return self.places.get(address, NOWHERE)


@pytest.fixture
def atlas(world: Outside) -> Iterator[Atlas]:
    atlas = Atlas()
    install(replace(world, geo=atlas))
    yield atlas
    install(world)


def from_address(address: str, *, trusted: bool = False, **headers: str) -> Visitor:
    """A visit from an address, at the moment that is now."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_visitor(
        "GET",
        read_headers({"user-agent": IPHONE} | named),
        address=address,
        country_header_trusted=trusted,
        now=NOW,
    )


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
    "headers",
    [{"sec_purpose": "prefetch;prerender"}, {"x_moz": "prefetch"}, {"x_purpose": "preview"}],
)
def test_a_prefetch_is_a_bot_with_the_device_of_its_browser(headers: dict[str, str]) -> None:
    visitor = visit(**headers)
    assert (visitor.is_bot, visitor.counts, visitor.is_preview) == (True, False, False)
    assert (visitor.device, visitor.os) == ("mobile", "iOS")


def test_head_is_a_bot_with_the_device_of_its_browser() -> None:
    visitor = read_visitor("HEAD", IPHONE_SAYS)
    assert (visitor.is_bot, visitor.counts, visitor.device) == (True, False, "mobile")


def test_a_place_is_looked_up_by_address(atlas: Atlas) -> None:
    visitor = from_address("192.0.2.1")
    assert (visitor.country, visitor.region, visitor.city) == ("US", "US-CA", "Mountain View")
    assert visitor.local_hour == NOW.astimezone(ZoneInfo("America/Los_Angeles")).hour == 4
    assert atlas.asked == ["192.0.2.1"]


def test_a_country_with_one_clock_has_a_local_hour(atlas: Atlas) -> None:
    assert from_address("192.0.2.2").local_hour == 13
    assert from_address("192.0.2.9").local_hour is None
    assert read_visitor("GET", IPHONE_SAYS, address="192.0.2.2").local_hour is None


def test_without_an_address_nothing_is_looked_up() -> None:
    install(None)
    visitor = read_visitor("GET", IPHONE_SAYS, now=NOW)
    assert (visitor.country, visitor.local_hour, visitor.whence) == (None, None, b"")


def test_a_trusted_header_goes_before_the_database(atlas: Atlas) -> None:
    told = from_address("192.0.2.1", trusted=True, cf_ipcountry="JP")
    assert (told.country, told.region, told.city) == ("JP", None, None)
    assert told.local_hour == 21


def test_the_database_adds_to_a_header_that_means_the_same_country(atlas: Atlas) -> None:
    told = from_address("192.0.2.1", trusted=True, cf_ipcountry="us")
    assert (told.country, told.region, told.city) == ("US", "US-CA", "Mountain View")
    other = from_address("192.0.2.1", trusted=True, cf_ipcountry="US", cf_region_code="NV")
    assert (other.region, other.city, other.local_hour) == ("US-NV", None, 4)
    timed = from_address("192.0.2.1", trusted=True, cf_ipcountry="US", cf_timezone="Asia/Tokyo")
    assert (timed.city, timed.local_hour) == ("Mountain View", 21)


@pytest.mark.parametrize("country", ["XX", "T1", "", "ZZ", "USA", "u\u0131"])
def test_a_header_that_names_no_country_leaves_it_to_the_database(
    atlas: Atlas, country: str
) -> None:
    told = from_address("192.0.2.2", trusted=True, cf_ipcountry=country, cf_ipcity="Nowhere")
    assert (told.country, told.city) == ("DE", None)


def test_cloudflare_is_believed_behind_a_trusted_proxy_only(atlas: Atlas) -> None:
    headers = {
        "cf_ipcountry": "CH",
        "cf_region_code": "ZH",
        "cf_ipcity": "Zürich".encode().decode("latin-1"),
        "cf_timezone": "Europe/Zurich",
    }
    told = from_address("", trusted=True, **headers)
    assert (told.country, told.region, told.city) == ("CH", "CH-ZH", "Zürich")
    assert told.local_hour == 13
    lied = from_address("192.0.2.9", trusted=False, **headers)
    assert (lied.country, lied.region, lied.city, lied.local_hour) == (None, None, None, None)


def test_a_city_can_be_stored_whatever_it_is() -> None:
    odd = visit(cf_ipcountry="DE", cf_ipcity="a\x00\nb\udc80" + "c" * 500).city
    assert odd == "a b " + "c" * 96
    assert visit(cf_ipcountry="DE", cf_ipcity=" \x00 ").city is None


def test_utm_is_of_the_visited_address() -> None:
    query = "utm_source=poster&a=b&utm_campaign=spring+24"
    visitor = read_visitor("GET", IPHONE_SAYS, query=query)
    assert visitor.utm == {"source": "poster", "campaign": "spring 24"}
    for nothing in ("", "a=b", "utm_source=", "utm=1"):
        assert read_visitor("GET", IPHONE_SAYS, query=nothing).utm is None


def test_the_utm_of_a_visit_is_its_own() -> None:
    first, second = (read_visitor("GET", IPHONE_SAYS, query="utm_source=a") for _ in range(2))
    assert isinstance(first.utm, dict)
    first.utm["source"] = "b"
    assert second.utm == {"source": "a"}


def test_where_a_visitor_comes_from_is_shown_nowhere(atlas: Atlas) -> None:
    visitor = from_address("192.0.2.1", cf_ipcity="x", referer="https://example.org/")
    assert visitor.whence
    shown = f"{visitor!r} {visitor} {visitor.told} {visitor.kept}"
    for secret in ("192.0.2.1", "192", IPHONE, "15E148", "whence"):
        assert secret not in shown, secret
    assert visitor == replace(visitor, whence=b"")


def test_what_is_kept_of_a_visitor_are_columns_of_a_scan_and_hold_no_address(
    atlas: Atlas,
) -> None:
    visitor = from_address("192.0.2.1")
    assert set(visitor.kept) <= set(ScanRow.model_fields)
    not_kept = {"is_preview", "has_opted_out", "whence"}
    assert set(visitor.kept) == {f.name for f in fields(Visitor)} - not_kept
    assert not [
        name for name in ScanRow.model_fields if "address" in name or "ip" in name.split("_")
    ]


@pytest.mark.parametrize("asks", [{"dnt": "1"}, {"sec_gpc": "1"}])
def test_who_does_not_want_to_be_followed_cannot_be(atlas: Atlas, asks: dict[str, str]) -> None:
    visitor = from_address("192.0.2.1", trusted=False, **asks)
    assert visitor.whence == b""
    assert visitor_id(bytes(32), visitor.whence, UUID(int=1)) is None
    assert (visitor.country, visitor.counts) == ("US", True)


def test_a_visitor_is_an_address_with_a_browser(atlas: Atlas) -> None:
    seen = [
        from_address("192.0.2.1"),
        from_address("192.0.2.2"),
        from_address("192.0.2.1", user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/139.0"),
        from_address("2001:db8:1:2::1"),
        from_address("2001:db8:1:3::1"),
    ]
    assert len({visitor.whence for visitor in seen}) == 5
    again = [from_address("::ffff:192.0.2.1"), from_address("2001:db8:1:2:3:4:5:6")]
    assert [visitor.whence for visitor in again] == [seen[0].whence, seen[3].whence]


def test_who_has_no_address_is_nobody_in_particular(atlas: Atlas) -> None:
    assert from_address("").whence == from_address("unix:").whence == b""


def test_a_family_out_of_a_user_agent_can_be_stored() -> None:
    agent = read_agent("Mozilla/5.0 (X11; Linux x86_64) " + "A" * 90 + "/1.0 Safari/537.36")
    assert len(agent.browser or "") <= 64
    assert len(agent.os or "") <= 64


ODD = st.text(max_size=80) | st.binary(max_size=80).map(lambda raw: raw.decode("latin-1"))


@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("user-agent", "accept-language", "referer", "sec-purpose", "dnt"),
                *("cf-ipcountry", "cf-region-code", "cf-ipcity", "cf-timezone"),
            ]
        ),
        ODD,
    ),
    ODD.map(lambda text: f"utm_source={text}"),
    st.booleans(),
)
def test_whatever_a_visit_sends_can_be_stored(
    headers: dict[str, str], query: str, trusted: bool
) -> None:
    said = read_headers(headers)
    visitor = read_visitor("GET", said, query=query, country_header_trusted=trusted, now=NOW)
    for value in (*visitor.kept.values(), *(visitor.utm or {}).values()):
        if isinstance(value, str):
            assert b"\0" not in value.encode()
            assert len(value) <= 253
    assert visitor.local_hour is None or 0 <= visitor.local_hour < 24


def test_what_is_remembered_is_bounded() -> None:
    assert all(0 < (cache.cache_info().maxsize or 0) <= 8192 for cache in CACHES)


def test_warming_up_asks_for_no_real_address() -> None:
    atlas = Atlas()
    warm_up(atlas)
    assert atlas.asked == ["192.0.2.1"]
