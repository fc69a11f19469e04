"""What it costs to know a visitor: headers, place, local hour, UTM and the id of the day."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from random import Random
from time import process_time
from uuid import UUID

from activities.gateways.bundled_geo import BundledGeo
from activities.gateways.dns import SystemResolver
from activities.outside import install, outside
from activities.rules.visitor_ids import SALT_BYTES, visitor_id
from activities.visitors import CACHES, read_headers, read_visitor, warm_up
from schema.settings import load_settings
from tests.benchmarks.lab import Lab
from tests.benchmarks.measure import Lost, Row, in_turns
from workers.bootstrap import make_outside
from workers.demo.landmarks import load_landmarks
from workers.demo.visitors import make_visits

NAMES = ("visitor_parse",)

FULL_ROUNDS, FULL, FULL_COLD = 15, 4000, 100
TINY_ROUNDS, TINY, TINY_COLD = 1, 100, 10

GOAL_US = 60.0
SALT, ORGANIZATION = bytes(range(SALT_BYTES)), UUID(int=1)
KEY = base64.b64encode(SALT).decode()


@dataclass(frozen=True)
class _Visit:
    headers: Mapping[str, str]
    address: str
    query: str


async def measure(lab: Lab) -> list[Row]:
    """Microseconds of CPU a visit: browsers and languages come again, all else is new."""
    lab.say("visitor_parse")
    rounds, many, few = (
        (TINY_ROUNDS, TINY, TINY_COLD) if lab.tiny else (FULL_ROUNDS, FULL, FULL_COLD)
    )
    geo = BundledGeo()
    warm_up(geo)
    resolver = SystemResolver()
    world = make_outside(load_settings(secret_key=KEY), resolver, geo)
    install(world)
    known = iter([_visits(many, seed) for seed in range(rounds + 1)])
    new = iter([_visits(few, seed) for seed in range(rounds + 1, 2 * rounds + 1)])

    async def remembering() -> float:
        return _read(next(known))

    async def forgetting() -> float:
        return _read(next(new), forget=True)

    try:
        await in_turns(1, remembering)
        value, anchor = await in_turns(rounds, remembering, forgetting)
    finally:
        install(None)
        await world.receivers.close()
        await resolver.close()
    words = "parsing without caches"
    return [Row("visitor_parse", value, "us", words, anchor, "60 us", value <= GOAL_US)]


def _read(visits: list[_Visit], *, forget: bool = False) -> float:
    """Microseconds a visit, its id included."""
    now = outside().clock.now()
    placed = 0
    began = process_time()
    for visit in visits:
        if forget:
            for cache in CACHES:
                cache.cache_clear()
        visitor = read_visitor(
            "GET", read_headers(visit.headers), address=visit.address, query=visit.query, now=now
        )
        visitor_id(SALT, visitor.whence, ORGANIZATION)
        placed += visitor.country is not None
    spent = process_time() - began
    if not placed:
        raise Lost("nobody was anywhere")
    return spent / len(visits) * 1e6


def _visits(count: int, seed: int) -> list[_Visit]:
    """The crowd of the demonstration, each from an address of its own."""
    dice = Random(seed)
    crowd = make_visits(count, load_landmarks(), seed)
    return [
        _Visit(
            {name.lower(): value for name, value in visit.headers.items()}
            | {"referer": f"https://www.example.com/found?q={dice.getrandbits(40)}"},
            str(
                IPv4Address(dice.getrandbits(32))
                if number % 2
                else IPv6Address((0x2A02 << 112) | dice.getrandbits(112))
            ),
            f"utm_source=poster&utm_campaign=c{dice.getrandbits(40)}&gclid={dice.getrandbits(80)}",
        )
        for number, visit in enumerate(crowd)
    ]
