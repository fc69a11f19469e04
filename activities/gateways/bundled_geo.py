"""The countries of network addresses, from the table that comes with the package `geoip2fast`.

It is GeoLite2 Country of MaxMind, of June 2024. Only the table is taken: the package's own look-up
needs ten times the memory and starts a process as it loads.
"""

from __future__ import annotations

import gzip
import importlib.util
import pickle
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any

from activities.gateways.geo import NOWHERE, Place, network_key
from activities.rules import countries

BUNDLED_OF = "2024-06"
"""The month that the table is of."""

_PACKAGE, _FILE, _LAYOUT = "geoip2fast", "geoip2fast-ipv6.dat.gz", 120
_V4_BITS, _V6_BITS = 32, 64

_Network = tuple[int, int, int, bool]


class BundledGeo:
    """Countries only, of IPv4 and IPv6. The table is loaded at the first look-up."""

    def __init__(self) -> None:
        self._loading = Lock()
        self._tables: Sequence[_Table] = ()

    def locate(self, address: str) -> Place:
        network = network_key(address)
        if not network:
            return NOWHERE
        v4, v6 = self._tables or self._load()
        return (v4 if len(network) == 4 else v6).find(int.from_bytes(network))

    def _load(self) -> Sequence[_Table]:
        with self._loading:
            self._tables = self._tables or _read_tables(bundled_file())
            return self._tables


@dataclass(frozen=True)
class _Table:
    """Where each stretch of addresses of one place begins, in order, and which place that is."""

    places: Sequence[Place]
    starts: array[int]
    owners: array[int]

    def find(self, address: int) -> Place:
        return self.places[self.owners[bisect_right(self.starts, address) - 1]]


class _Plain(pickle.Unpickler):
    """Reads numbers, texts and lists: a file that wants anything else done is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a table of addresses")


def bundled_file() -> Path:
    """The table in the installed package, whose code is not run."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {_PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0]) / _FILE


def _read_tables(path: Path) -> tuple[_Table, _Table]:
    """The tables of IPv4 addresses and of the first halves of IPv6 ones."""
    with gzip.open(path) as file:
        layout, _, _, (_, names, *columns) = _Plain(file).load()
    if layout != _LAYOUT:
        raise ValueError(f"{path} has layout {layout}; {_LAYOUT} is known")
    codes = [countries.country(name.partition(":")[0]) for name in names]
    places = [*(Place(code) if code else NOWHERE for code in codes), NOWHERE]
    # Whatever is no country (networks of no owner) is the last place.
    numbers = [number if code else len(codes) for number, code in enumerate(codes)]
    found = {False: array("I"), True: array("Q")}
    owners = {}
    for is_v6, networks in groupby(_networks(columns, numbers), lambda network: network[3]):
        bits = _V6_BITS if is_v6 else _V4_BITS
        owners[is_v6] = _stretches(networks, found[is_v6], bits, len(codes))
    return (_Table(places, found[False], owners[False]), _Table(places, found[True], owners[True]))


def _networks(columns: list[list[list[int]]], numbers: list[int]) -> Iterator[_Network]:
    """Each network in order: where it begins, the length of its prefix, its place, is it IPv6.

    The columns (begin, country, length) are in lists of 5,000, which are given back as they are
    read: the file takes 50 MB in memory.
    """
    begins, owners, lengths = (column[::-1] for column in columns)
    columns.clear()
    while begins:
        for begin, owner, length in zip(begins.pop(), owners.pop(), lengths.pop(), strict=True):
            if begin >> _V4_BITS == 0:
                yield begin, length, numbers[owner], False
            elif length <= _V6_BITS:
                yield begin >> _V6_BITS, length, numbers[owner], True


def _stretches(
    networks: Iterable[_Network], starts: array[int], bits: int, nobody: int
) -> array[int]:
    """Fill `starts`, answer the owners: neighbours of one owner become one stretch.

    What is between networks is nobody's.
    """
    owners = array("H", (nobody,))
    starts.append(0)
    end, before = 0, nobody
    for begin, length, owner, _ in networks:
        if begin != end and before != nobody:
            starts.append(end)
            owners.append(nobody)
            before = nobody
        if owner != before:
            starts.append(begin)
            owners.append(owner)
            before = owner
        end = begin + (1 << bits - length)
    if end < 1 << bits:
        starts.append(end)
        owners.append(nobody)
    return owners
