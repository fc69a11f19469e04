"""Where addresses are, by an operator's file: layouts, odd rows, odd addresses, new files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from activities.gateways.geo import (
    NOWHERE,
    GeoDatabase,
    GeoUnreadable,
    NoGeo,
    Place,
    network_key,
)
from tests.builders.geo import CITY, COUNTRY, a_geo_file

CALIFORNIA = Place("US", "US-CA", "Mountain View", "America/Los_Angeles")


class Ticks:
    """Seconds of a clock that a test puts forward."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return a_geo_file(tmp_path / "geo.mmdb", {"192.0.2.0/24": CITY, "2001:db8:7::/48": COUNTRY})


def placed(tmp_path: Path, row: Mapping[str, Any]) -> Place:
    """What is told of an address with this row."""
    rows = {"192.0.2.0/24": row, "198.51.100.0/24": COUNTRY}
    return GeoDatabase(a_geo_file(tmp_path / "row.mmdb", rows)).locate("192.0.2.1")


def test_an_address_has_country_region_city_and_time_zone(file: Path) -> None:
    assert GeoDatabase(file).locate("192.0.2.77") == CALIFORNIA


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("2001:db8:7::1", "DE"),
        ("2001:db8:7:0:ffff:ffff:ffff:ffff", "DE"),
        ("2001:DB8:7:1::1", "DE"),
        ("2001:db8:8::1", None),
        ("::ffff:192.0.2.1", "US"),
    ],
)
def test_ipv6_is_known_and_ipv4_within_it_is_ipv4(
    file: Path, address: str, country: str | None
) -> None:
    assert GeoDatabase(file).locate(address).country == country


@pytest.mark.parametrize(
    "address",
    [
        *("", "198.51.100.1", "10.0.0.1", "127.0.0.1", "::1", "localhost", "testclient"),
        *("192.0.2", "192.0.2.1:80", "192.0.2.1\x00", " 192.0.2.1", "fe80::1%eth0", "é", "\udc80"),
    ],
)
def test_what_is_no_address_or_in_no_row_is_nowhere(file: Path, address: str) -> None:
    assert GeoDatabase(file).locate(address) == NOWHERE
    assert NoGeo().locate(address) == NOWHERE


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (COUNTRY, Place("DE")),
        (
            # DB-IP City Lite
            {
                "city": {"names": {"en": "Lyon"}},
                "country": {"iso_code": "FR"},
                "subdivisions": [{"names": {"en": "Auvergne-Rhône-Alpes"}}],
            },
            Place("FR", None, "Lyon"),
        ),
        (
            # IPinfo, locations
            {
                "country": "CH",
                "region": "Zürich",
                "region_code": "ZH",
                "city": "Zürich",
                "timezone": "Europe/Zurich",
            },
            Place("CH", "CH-ZH", "Zürich", "Europe/Zurich"),
        ),
        ({"country": "Netherlands", "country_code": "NL", "asn": "AS1"}, Place("NL")),
        ({"country": "at"}, Place("AT")),
    ],
    ids=["country", "db-ip", "ipinfo", "ipinfo lite", "flat"],
)
def test_each_layout_is_read(tmp_path: Path, row: Mapping[str, Any], place: Place) -> None:
    assert placed(tmp_path, row) == place


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"country": {"iso_code": "EU"}}, NOWHERE),
        ({"country": {"iso_code": 49}}, NOWHERE),
        ({"country": "Atlantis", "city": "Poseidonis"}, NOWHERE),
        ({"continent": {"code": "EU"}}, NOWHERE),
        (
            {**CITY, "subdivisions": []},
            Place("US", None, *(CALIFORNIA.city, "America/Los_Angeles")),
        ),
        ({**COUNTRY, "subdivisions": [{"iso_code": "not a code"}]}, Place("DE")),
        ({**COUNTRY, "subdivisions": ["BY"], "city": ["x"], "location": "x"}, Place("DE")),
        ({**COUNTRY, "city": {"names": {"de": "Köln"}}}, Place("DE")),
        ({**COUNTRY, "city": "a\x00\n b" + "c" * 200}, Place("DE", None, "a b" + "c" * 97)),
        ({**COUNTRY, "location": {"time_zone": "x" * 65}}, Place("DE")),
    ],
)
def test_what_makes_no_sense_in_a_row_is_left_out(
    tmp_path: Path, row: Mapping[str, Any], place: Place
) -> None:
    assert placed(tmp_path, row) == place


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"\xab\xcd\xefMaxMind.com"])
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "geo.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GeoUnreadable, match=r"geo\.mmdb cannot be read: \w+"):
        GeoDatabase(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GeoUnreadable):
        GeoDatabase(tmp_path)


def test_a_database_of_something_else_is_refused_by_its_kind(tmp_path: Path) -> None:
    rows = {"192.0.2.0/24": {"autonomous_system_number": 64496}}
    with pytest.raises(GeoUnreadable, match="no countries: it is of kind GeoLite2-ASN"):
        GeoDatabase(a_geo_file(tmp_path / "asn.mmdb", rows, kind="GeoLite2-ASN"))


def test_a_damaged_row_is_nowhere(tmp_path: Path) -> None:
    file = a_geo_file(tmp_path / "geo.mmdb", {"1.1.1.0/24": COUNTRY, "192.0.2.0/24": CITY})
    whole, broken = b"America/Los_Angeles", b"America\xff\xfe\xfd\xfcs_Angeles"
    file.write_bytes(file.read_bytes().replace(whole, broken))
    geo = GeoDatabase(file)
    assert (geo.locate("192.0.2.1"), geo.locate("1.1.1.1")) == (NOWHERE, Place("DE"))


def test_it_says_what_it_is_and_of_when(file: Path) -> None:
    assert (
        GeoDatabase(file).description
        == f"GeoLite2-City of {time.strftime('%Y-%m-%d', time.gmtime())}"
    )


def test_another_file_is_taken_up_after_a_minute_and_no_visit_waits(file: Path) -> None:
    ticks = Ticks()
    geo = GeoDatabase(file, tick=ticks)
    assert geo.locate("192.0.2.1") == CALIFORNIA
    a_geo_file(file, {"192.0.2.0/24": COUNTRY})
    ticks.now = 59.9
    assert geo.locate("192.0.2.1") == CALIFORNIA
    time.sleep(0.05)
    assert geo.locate("192.0.2.1") == CALIFORNIA
    ticks.now = 60
    until = time.monotonic() + 10
    while geo.locate("192.0.2.1") != Place("DE") and time.monotonic() < until:
        time.sleep(0.01)
    assert geo.locate("192.0.2.1") == Place("DE")


@pytest.mark.parametrize("content", [None, b"", b"half a file"])
def test_a_file_that_goes_or_breaks_leaves_the_former_in_use(
    file: Path, content: bytes | None
) -> None:
    geo = GeoDatabase(file)
    if content is None:
        file.unlink()
    else:
        broken = file.with_name("broken")
        broken.write_bytes(content)
        broken.rename(file)
    geo.refresh()
    assert geo.locate("192.0.2.1") == CALIFORNIA
    assert geo.locate("2001:db8:7::1") == Place("DE")
    a_geo_file(file, {"192.0.2.0/24": COUNTRY})
    geo.refresh()
    assert geo.locate("192.0.2.1") == Place("DE")


def test_a_file_that_stays_is_not_opened_again(file: Path) -> None:
    geo = GeoDatabase(file)
    before = geo._opened
    geo.refresh()
    assert geo._opened is before


def test_what_is_remembered_is_bounded_and_of_ipv6_a_network_is_one(file: Path) -> None:
    geo = GeoDatabase(file)
    for n in range(100):
        geo.locate(f"2001:db8:7::{n:x}")
        geo.locate("192.0.2.1")
    remembered = geo._opened.locate.cache_info()
    assert (remembered.misses, remembered.currsize) == (2, 2)
    assert remembered.maxsize == 16_384


def test_a_network_is_four_bytes_or_eight() -> None:
    assert network_key("192.0.2.1") == bytes((192, 0, 2, 1))
    assert network_key("::ffff:192.0.2.1") == network_key("192.0.2.1")
    assert (
        network_key("2001:db8::1") == network_key("2001:db8::2") == b"\x20\x01\x0d\xb8" + bytes(4)
    )
    assert network_key("2001:db8:0:1::1") != network_key("2001:db8::1")
    assert network_key("here") == b""
