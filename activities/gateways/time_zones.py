"""What hour it is elsewhere, by the zones of the IANA list and the countries that have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_QUARTER = 900
"""Clocks are put forward or back at a quarter of an hour of UTC, wherever they are."""


def local_hour(now: datetime, time_zone: str | None, country: str | None) -> int | None:
    """The hour (0 to 23) on a clock in the zone, or in the country when all its clocks agree.

    None when neither says it: most large countries have several zones.
    """
    moment = int(now.timestamp())
    quarter = moment // _QUARTER
    offset = _offset(time_zone, quarter) if time_zone else None
    if offset is None and country:
        offset = _offset_of_country(country, quarter)
    return None if offset is None else (moment + offset) // 3600 % 24


@lru_cache(8192)
def _offset(time_zone: str, quarter: int) -> int | None:
    """Seconds ahead of UTC in that quarter of an hour; None for a zone that is not known here."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    ahead = datetime.fromtimestamp(quarter * _QUARTER, UTC).astimezone(zone).utcoffset()
    return None if ahead is None else int(ahead.total_seconds())


@lru_cache(2048)
def _offset_of_country(country: str, quarter: int) -> int | None:
    offsets = {_offset(zone, quarter) for zone in _zones().get(country, ())}
    return offsets.pop() if len(offsets) == 1 else None


@lru_cache(1)
def _zones() -> Mapping[str, Sequence[str]]:
    """The zones of each country: country, coordinates, zone and comment, tabs between them."""
    zones = defaultdict(list)
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for row in table.splitlines():
        if row and not row.startswith("#"):
            country, _, zone, *_ = row.split("\t")
            zones[country].append(zone)
    return zones
