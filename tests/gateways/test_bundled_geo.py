"""The table of countries that comes with Inkloom."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from activities.gateways import bundled_geo
from activities.gateways.bundled_geo import BUNDLED_OF, BundledGeo, bundled_file
from activities.gateways.geo import NOWHERE, Place

MOST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def geo() -> BundledGeo:
    return BundledGeo()


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("8.8.8.8", "US"),
        ("193.99.144.80", "DE"),
        ("::ffff:193.99.144.80", "DE"),
        ("133.11.0.1", "JP"),
        ("200.160.0.8", "BR"),
        ("2001:4860:4860::8888", "US"),
        ("2a02:2e0:3fe:1001:302::", "DE"),
        ("2001:200::1", "JP"),
    ],
)
def test_a_public_address_has_a_country_and_nothing_more(
    geo: BundledGeo, address: str, country: str
) -> None:
    assert geo.locate(address) == Place(country)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "127.0.0.1", "192.168.0.1", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fd00::1", "ff02::1", "ffff:ffff:ffff:ffff::"),
        *("", "x", "1.2.3", "1.2.3.4\x00", "é"),
    ],
)
def test_what_belongs_to_no_country_is_nowhere(geo: BundledGeo, address: str) -> None:
    assert geo.locate(address) == NOWHERE


NETWORKS = [
    ("0.0.0.0/8", "01"),
    ("1.0.0.0/24", "DE"),
    ("1.0.1.0/24", "DE"),
    ("1.0.2.0/24", "FR"),
    ("1.0.4.0/24", "FR"),
    ("1.0.5.0/32", "EU"),
    ("255.255.255.0/24", "JP"),
    ("2001:db8::/48", "DE"),
    ("2001:db8:2::/64", "FR"),
    ("2001:db8:2:1::/65", "JP"),
]


def test_a_network_ends_where_it_ends_and_between_two_is_nobody(tmp_path: Path) -> None:
    v4, v6 = bundled_geo._read_tables(a_table(tmp_path / "table.gz", NETWORKS))
    expected = {
        "0.1.2.3": None,
        "1.0.0.0": "DE",
        "1.0.1.255": "DE",
        "1.0.2.0": "FR",
        "1.0.2.255": "FR",
        "1.0.3.0": None,
        "1.0.3.255": None,
        "1.0.4.0": "FR",
        "1.0.5.0": None,
        "9.9.9.9": None,
        "255.255.254.255": None,
        "255.255.255.0": "JP",
        "255.255.255.255": "JP",
    }
    assert {a: v4.find(int(ip_address(a))).country for a in expected} == expected
    expected = {
        "::": None,
        "2001:db8::": "DE",
        "2001:db8:0:ffff::": "DE",
        "2001:db8:1::": None,
        "2001:db8:2::": "FR",
        "2001:db8:2:1::": None,
        "ffff::": None,
    }
    assert {a: v6.find(int(ip_address(a)) >> 64).country for a in expected} == expected
    assert len(v4.starts) == 7, "neighbours of one country are one stretch"


def a_table(path: Path, networks: list[tuple[str, str]]) -> Path:
    """A table of these networks in the layout of the package, in lists of three."""
    names = sorted({f"{code}:Somewhere" for _, code in networks})
    rows = [(ip_network(n), names.index(f"{code}:Somewhere")) for n, code in networks]
    columns = [
        [int(network.network_address) for network, _ in rows],
        [number for _, number in rows],
        [network.prefixlen for network, _ in rows],
    ]
    cut = [[column[n : n + 3] for n in range(0, len(column), 3)] for column in columns]
    with gzip.open(path, "wb") as file:
        pickle.dump([120, {}, len(rows), [[0], names, *cut]], file)
    return path


def test_the_table_is_of_the_month_that_is_told() -> None:
    with gzip.open(bundled_file()) as file:
        _, source, *_ = pickle.load(file)
    assert source["info"].rpartition("-")[2].startswith(BUNDLED_OF.replace("-", ""))


def test_the_table_is_small(geo: BundledGeo) -> None:
    kept = [(table.starts, table.owners) for table in geo._load()]
    assert sum(len(column) * column.itemsize for pair in kept for column in pair) < MOST_BYTES


def test_nothing_is_loaded_before_somebody_asks() -> None:
    geo = BundledGeo()
    assert geo.locate("nobody") == NOWHERE
    assert geo._tables == ()


def test_many_who_ask_at_first_load_it_once() -> None:
    geo = BundledGeo()
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(lambda _: geo._load(), range(4)))
    assert all(tables is loaded[0] for tables in loaded)


def test_the_code_of_the_package_is_not_run() -> None:
    asked = (
        "import sys; from activities.gateways.bundled_geo import BundledGeo; "
        "print(BundledGeo().locate('8.8.8.8').country, 'geoip2fast' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["US", "False"]


class Evil:
    """A table that wants something done when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("done",))


@pytest.mark.parametrize("content", [Evil(), [121, {}, 0, [[], []]]], ids=["evil", "newer"])
def test_another_file_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "table.gz"
    with gzip.open(path, "wb") as file:
        pickle.dump(content, file)
    with pytest.raises((pickle.UnpicklingError, ValueError), match=r"no place|is known"):
        bundled_geo._read_tables(path)
