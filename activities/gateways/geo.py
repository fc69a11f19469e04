"""Where a network address is: a file that the operator has, looked up here, asked of nobody.

Nothing that is looked up leaves the memory of this process.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Protocol

import maxminddb
import structlog

from activities.rules import countries
from activities.rules.visit_headers import line

LOOK_AGAIN_SECONDS = 60.0
REMEMBERED = 16_384
LONGEST_CITY = 100
LONGEST_ZONE = 64

_PROBED = 1000
_MAPPED = bytes(10) + b"\xff\xff"

log = structlog.get_logger("inkloom.geo")


@dataclass(frozen=True)
class Place:
    """Where an address is, each None when not known.

    `country` is of ISO 3166-1 (`US`), `region` of ISO 3166-2 (`US-CA`), `city` a name in English
    where there is one, `time_zone` a name of the IANA list (`America/Los_Angeles`).
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    time_zone: str | None = None


NOWHERE = Place()


class Geo(Protocol):
    """Answers where an IPv4 or IPv6 address is, at once; `NOWHERE` for what is none."""

    def locate(self, address: str) -> Place: ...


class NoGeo:
    """Knows nothing."""

    def locate(self, address: str) -> Place:
        return NOWHERE


class GeoUnreadable(Exception):
    """The file is no database that says countries; the sentence says why."""


class GeoDatabase:
    """An .mmdb file of countries or cities, in the layout of MaxMind, DB-IP or IPinfo.

    It is mapped into memory and opened anew when another file has taken its place, at which is
    looked once a minute in a thread of its own. One that cannot be read leaves the former in use. A
    new file has to be renamed onto the old one, as `geoipupdate` does: a mapped file that is
    overwritten in place ends the process. Raises `GeoUnreadable` when it cannot be opened at first.
    """

    def __init__(self, path: str | Path, tick: Callable[[], float] = time.monotonic) -> None:
        self._path = Path(path)
        self._tick = tick
        self._looking = Lock()
        self._look_at = tick() + LOOK_AGAIN_SECONDS
        self._stamp = _stamp(self._path)
        self._opened = _Opened(self._path)

    @property
    def description(self) -> str:
        """The kind of database and the day on which it was made (UTC)."""
        return self._opened.description

    def locate(self, address: str) -> Place:
        if self._tick() >= self._look_at:
            self._look_at = self._tick() + LOOK_AGAIN_SECONDS
            with suppress(RuntimeError):
                Thread(target=self.refresh, name="geo", daemon=True).start()
        return self._opened.locate(network_key(address))

    def refresh(self) -> None:
        """Open the file anew if it is another than before."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._stamp = stamp
                self._opened = _Opened(self._path)
                log.info("geo database opened anew", database=self.description)
        except GeoUnreadable as fault:
            log.warning("geo database kept: the new one cannot be read", reason=str(fault))
        finally:
            self._looking.release()


class _Opened:
    """One opened file with what it answered; both go together when another takes its place."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = maxminddb.open_database(path)
            made = self._reader.metadata()
            found = any(place_of(row).country for _, row in islice(self._reader, _PROBED))
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as fault:
            why = fault.strerror if isinstance(fault, OSError) else "it is no MaxMind DB file"
            raise GeoUnreadable(f"{path} cannot be read: {why}") from fault
        if not found:
            raise GeoUnreadable(f"{path} says no countries: it is of kind {made.database_type}")
        day = time.strftime("%Y-%m-%d", time.gmtime(made.build_epoch))
        self.description = f"{line(made.database_type, 100)} of {day}"
        self.locate = lru_cache(REMEMBERED)(self._find)

    def _find(self, network: bytes) -> Place:
        try:
            if len(network) == 4:
                row = self._reader.get(socket.inet_ntop(socket.AF_INET, network))
            elif network:
                row = self._reader.get(socket.inet_ntop(socket.AF_INET6, network + bytes(8)))
            else:
                return NOWHERE
        except (ValueError, maxminddb.InvalidDatabaseError):
            return NOWHERE
        return place_of(row)


def place_of(row: object) -> Place:
    """The place that a row of any of the known layouts tells; what makes no sense is left out."""
    if not isinstance(row, Mapping):
        return NOWHERE
    nested = _part(row, "country")
    told = (nested.get("iso_code"), row.get("country_code"), row.get("country"))
    country = next(filter(None, (_country(code) for code in told)), None)
    if country is None:
        return NOWHERE
    divisions = row.get("subdivisions")
    largest = divisions[0] if isinstance(divisions, list) and divisions else {}
    part = _part({"it": largest}, "it").get("iso_code") or row.get("region_code")
    city = _part(_part(row, "city"), "names").get("en") or row.get("city")
    zone = _part(row, "location").get("time_zone") or row.get("time_zone") or row.get("timezone")
    return Place(
        country=country,
        region=countries.region(f"{country}-{part}") if isinstance(part, str) else None,
        city=line(city, LONGEST_CITY) or None if isinstance(city, str) else None,
        time_zone=zone if isinstance(zone, str) and 0 < len(zone) <= LONGEST_ZONE else None,
    )


def network_key(address: str) -> bytes:
    """The 4 bytes of an IPv4 address, or the first 8 of an IPv6 one; empty for what is neither.

    The rest of an IPv6 address is the visitor's own choice, and another one every few hours (RFC
    8981); IPv4 in the clothes of IPv6 (RFC 4291 2.5.5.2) is IPv4.
    """
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        packed = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return b""
    return packed[12:] if packed.startswith(_MAPPED) else packed[:8]


def _country(code: object) -> str | None:
    return countries.country(code) if isinstance(code, str) else None


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is nested below a name; empty when that is no object."""
    part = row.get(name)
    return part if isinstance(part, Mapping) else {}


def _stamp(path: Path) -> tuple[int, ...]:
    """What is another when another file is there; empty when there is none."""
    try:
        seen = os.stat(path)
    except OSError:
        return ()
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
