"""`GEOIP_DB`: which places are known to which process, and what becomes of a file that is wrong."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from activities.gateways.bundled_geo import BundledGeo
from activities.gateways.dns import SystemResolver
from activities.gateways.geo import NOWHERE, GeoDatabase, NoGeo, Place
from activities.outside import Outside, outside
from schema.settings import SettingWrong, load_settings
from tests.builders.geo import COUNTRY, a_geo_file
from tests.workers.test_settings import KEY
from workers.bootstrap import make_geo, make_outside, set_up
from workers.doctor import examine
from workers.serve import serve

AWAY = {
    "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
    "temporal_address": "127.0.0.1:1",
    "secret_key": KEY,
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(a_geo_file(tmp_path / "geo.mmdb", {"192.0.2.0/24": COUNTRY}, "DBIP-Country"))


def test_without_a_file_the_bundled_table_is_used() -> None:
    assert isinstance(make_geo(load_settings(geoip_db="")), BundledGeo)


def test_a_file_is_used_instead_of_the_bundled_table(file: str) -> None:
    geo = make_geo(load_settings(geoip_db=file))
    assert isinstance(geo, GeoDatabase)
    assert geo.locate("192.0.2.1") == Place("DE")
    assert geo.locate("8.8.8.8") == NOWHERE


def test_nothing_is_looked_up_where_that_is_wished() -> None:
    assert isinstance(make_geo(load_settings(geoip_db="none")), NoGeo)


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.mmdb").write_text("not a database")
    for name, why in (("gone.mmdb", "No such file or directory"), ("text.mmdb", "no MaxMind DB")):
        with pytest.raises(SettingWrong, match=rf"^GEOIP_DB: .*{name} cannot be read: .*{why}"):
            make_geo(load_settings(geoip_db=str(tmp_path / name)))


async def test_the_api_does_not_start_with_a_wrong_file() -> None:
    """What a command does with such a sentence is told in `test_settings`."""
    settings = load_settings(**AWAY, geoip_db="/nowhere/geo.mmdb")
    told = "GEOIP_DB: /nowhere/geo.mmdb cannot be read: No such file or directory"
    async with asyncio.timeout(20):
        with pytest.raises(SettingWrong, match=f"^{re.escape(told)}$"):
            await serve(settings)


@pytest.mark.parametrize(("role", "kind"), [("serve", GeoDatabase), ("relay", NoGeo)])
async def test_only_who_serves_looks_addresses_up(file: str, role: str, kind: type) -> None:
    async with set_up(load_settings(**AWAY, geoip_db=file), role):
        assert isinstance(outside().geo, kind)


async def test_operations_know_no_place_unless_somebody_brings_it(world: Outside) -> None:
    assert world.geo.locate("8.8.8.8") == NOWHERE
    resolver = SystemResolver()
    made = make_outside(load_settings(secret_key=KEY), resolver, BundledGeo())
    assert isinstance(made.geo, BundledGeo)
    await made.receivers.close()
    await resolver.close()


async def told(geoip_db: str) -> tuple[bool, str]:
    """What the doctor says about places."""
    unset = {"database_url": "", "temporal_address": "", "secret_key": ""}
    found = [f async for f in examine(load_settings(**unset, geoip_db=geoip_db))]
    (places,) = [finding for finding in found if finding.what == "Places"]
    return places.well, places.told


async def test_the_doctor_says_what_places_are_known(file: str) -> None:
    assert await told("") == (True, "countries of 2024-06; GEOIP_DB takes a newer table")
    assert await told("none") == (True, "not looked up")
    well, which = await told(file)
    assert (well, which.startswith("DBIP-Country of 20")) == (True, True)
    well, why = await told("/nowhere/geo.mmdb")
    assert (well, why) == (False, "/nowhere/geo.mmdb cannot be read: No such file or directory")
