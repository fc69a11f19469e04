"""Where visits are led, against a reference that is slow and says it in another way.

The reference knows no zones by rule, no order of a week and no weights: it counts the minutes of a
week one by one, and gives every point of the dice to a variant by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.outside import outside
from activities.rules import access_tokens
from activities.rules.errors import NotFound
from activities.rules.experiments import normalised_variants, roll_of
from activities.rules.lifecycle import Lifecycle
from activities.rules.routing import WEEKDAYS, normalised_rules
from activities.visits.leading import Follow, Gone, PasswordNeeded, Redirection, decide
from activities.visits.targets import Asset, Target
from tests.builders.examples import so_many
from tests.builders.scans import an_asset
from tests.builders.tenants import PERSON
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("world")

DAY = timedelta(days=1)
HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA"
WEEK = 7 * 24 * 60
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland")
SYSTEMS = {
    "iOS": "iOS",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Ubuntu": "Linux",
    "Fedora": "Linux",
    "Windows Phone": None,
}

COUNTRIES, REGIONS = ("DE", "AT", "US", "NP"), ("DE-BY", "US-CA")
HOURS = st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}")


def listing(type: str, *values: str) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
    return st.fixed_dictionaries({"type": st.just(type), "in": some})


def _window(given: dict[str, Any]) -> dict[str, Any]:
    """As an owner writes it; without days and hours it would be refused."""
    begins, ends = given.pop("hours", (None, None))
    hours = {"from": begins, "until": ends} if begins else {}
    return {**given, **hours} if hours or "weekday" in given else {**given, "weekday": ["mon"]}


BY_KIND = {
    "country": listing("country", *COUNTRIES),
    "region": listing("region", *REGIONS),
    "device": listing("device", "mobile", "tablet", "desktop"),
    "os": listing("os", "iOS", "Android", "Windows", "macOS", "Linux"),
    "language": listing("language", "de", "de-AT", "en", "pt-BR"),
    "time": st.fixed_dictionaries(
        {"type": st.just("time"), "timeZone": st.sampled_from(ZONES)},
        optional={
            "weekday": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True),
            "hours": st.tuples(HOURS, HOURS).filter(lambda hours: hours[0] != hours[1]),
        },
    ).map(_window),
    "query": st.fixed_dictionaries(
        {"type": st.just("query"), "name": st.sampled_from(["ref", "ref", "a b", "ü"])},
        optional={"value": st.sampled_from(["", "x", "y z"])},
    ),
}


def turned(conditions: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(conditions, st.booleans())
    return pairs.map(lambda pair: {**pair[0], "not": pair[1]})


TURNED = turned(st.one_of(*BY_KIND.values()))
RULES = st.lists(st.lists(TURNED, min_size=1, max_size=3), max_size=4).map(
    lambda whens: normalised_rules(
        [{"when": when, "destinationUrl": f"https://r.x/{n}"} for n, when in enumerate(whens)]
    )
)
VARIANTS = st.one_of(
    st.just([]),
    st.lists(st.integers(0, 7), min_size=2, max_size=5)
    .filter(any)
    .map(
        lambda weights: normalised_variants(
            [
                {"destinationUrl": f"https://v.x/{n}", "weight": weight}
                for n, weight in enumerate(weights)
            ]
        )
    ),
)
MOMENTS = st.none() | st.sampled_from([NOW - DAY, NOW, NOW + DAY])
LIFECYCLES = st.builds(
    Lifecycle,
    is_active=st.sampled_from([True, True, True, False]),
    starts_at=MOMENTS,
    expires_at=MOMENTS,
    limit=st.none() | st.integers(1, 3),
    used=st.integers(0, 3),
    expired_url=st.none() | st.just("https://over.x/"),
)
VISITORS = st.builds(
    lambda **seen: replace(PERSON, **seen),
    country=st.none() | st.sampled_from(COUNTRIES),
    region=st.none() | st.sampled_from(REGIONS),
    device=st.sampled_from(["mobile", "tablet", "desktop", "other"]),
    os=st.none() | st.sampled_from(list(SYSTEMS)),
    language=st.none() | st.sampled_from(["de", "deu", "de-at", "de-ch", "en", "pt", "pt-br"]),
)
QUERIES = st.lists(
    st.sampled_from(
        ["ref=x", "ref=", "ref", "ref=y+z", "a+b=x", "a%20b=", "%C3%BC=y%20z", "", "="]
    ),
    max_size=4,
).map("&".join)
ASSETS = st.builds(
    lambda number, **more: replace(an_asset(number), **more),
    st.integers(1, 9),
    rules=RULES,
    variants=VARIANTS,
    lifecycle=LIFECYCLES | st.just(Lifecycle()),
    password_hash=st.sampled_from([None, None, None, HASH]),
    destination_url=st.sampled_from(["https://d.x/", "https://d.x/", None]),
)


def minute_of_week(now: datetime, zone: str) -> int:
    """What clocks on the wall show there."""
    wall = now.astimezone(ZoneInfo(zone))
    return (wall.weekday() * 24 + wall.hour) * 60 + wall.minute


def minutes_of(condition: Mapping[str, Any]) -> set[int]:
    """Every minute of a week that the window has."""
    begin, end = (
        int(text[:2]) * 60 + int(text[3:]) if text else default
        for text, default in ((condition.get("from"), 0), (condition.get("until"), 24 * 60))
    )
    if end <= begin:
        end += 24 * 60
    days = condition.get("weekday") or WEEKDAYS
    return {
        (WEEKDAYS.index(day) * 24 * 60 + minute) % WEEK
        for day in days
        for minute in range(begin, end)
    }


def values_of(query: str, name: str) -> list[str]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [unquote_plus(value) for key, _, value in pairs if unquote_plus(key) == name]


def holds(condition: Mapping[str, Any], command: Follow, now: datetime) -> bool:
    visitor = command.visitor
    match condition["type"]:
        case "time":
            met = minute_of_week(now, condition["timeZone"]) in minutes_of(condition)
        case "query":
            values = values_of(command.query, condition["name"])
            wanted = condition.get("value")
            met = bool(values) and wanted in (None, values[0])
        case "language":
            said = (visitor.language or "").lower()
            met = any(f"{said}-".startswith(f"{tag.lower()}-") for tag in condition["in"])
        case "os":
            met = SYSTEMS.get(visitor.os or "") in condition["in"]
        case kind:
            met = getattr(visitor, kind) in condition["in"]
    return met is not condition.get("not", False)


def drawn(variants: Sequence[Mapping[str, Any]], roll: float) -> Mapping[str, Any]:
    tickets = [variant for variant in variants for _ in range(variant["weight"])]
    return tickets[int(Fraction(roll) * len(tickets))]


def states(asset: Asset, now: datetime) -> list[str]:
    """All that is against a visit, the first being what is told."""
    life = asset.lifecycle
    against = {
        "inactive": not life.is_active,
        "not_started": life.starts_at is not None and life.starts_at > now,
        "expired": life.expires_at is not None and life.expires_at <= now,
        "used_up": life.limit is not None and life.limit <= life.used,
    }
    return [name for name, is_against in against.items() if is_against]


def reference(target: Target, command: Follow, now: datetime, let_in: set[UUID]) -> Any:
    """What the visit comes to: a word, an address, or what the scan has to say."""
    stops = [target.asset, *([target.through] if target.through else [])]
    for stop in stops:
        if states(stop, now)[:1] in (["inactive"], ["not_started"]):
            return "nothing"
    for stop in stops:
        if stop.password_hash:
            if stop.id not in let_in:
                return f"password of {stop.id}"
            break
    for stop in stops:
        if states(stop, now):
            return stop.lifecycle.expired_url or "gone"
    leading = stops[-1]
    for rule in leading.rules:
        if all(holds(condition, command, now) for condition in rule["when"]):
            return rule["destinationUrl"], None, rule["id"]
    if leading.variants:
        variant = drawn(leading.variants, roll_of(str(command.visitor_id), leading.id))
        return variant["destinationUrl"], variant["id"], None
    return (leading.destination_url, None, None) if leading.destination_url else "nothing"


def decided(target: Target, command: Follow, now: datetime) -> Any:
    try:
        decision = decide(target, command, now)
    except NotFound:
        return "nothing"
    if isinstance(decision.outcome, PasswordNeeded):
        return f"password of {decision.outcome.asset_id}"
    if isinstance(decision.outcome, Gone):
        return "gone"
    assert isinstance(decision.outcome, Redirection)
    if decision.scan is None:
        return decision.outcome.url
    scan = decision.scan
    assert decision.outcome.url == scan.destination_url
    assert (scan.asset, scan.at) == (target.asset, now)
    return scan.destination_url, scan.variant, scan.rule


@given(
    asset=ASSETS,
    through=st.none() | ASSETS,
    visitor=VISITORS,
    query=QUERIES,
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    visitor_id=st.uuids(version=4),
    has_token=st.booleans(),
)
@settings(
    max_examples=so_many(600),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_visit_is_led_where_the_reference_leads_it(
    asset: Asset,
    through: Asset | None,
    visitor: Any,
    query: str,
    minutes: int,
    visitor_id: UUID,
    has_token: bool,
) -> None:
    through = replace(through, id=UUID(int=99), kind="link") if through else None
    target = Target(asset, through, through.id if through else None)
    now = NOW + timedelta(minutes=minutes) if minutes % 3 else NOW
    let_in = {stop.id for stop in target.stops} if has_token else set()
    key = outside().vault.derive("asset access")
    access = {one.hex: access_tokens.spell(key, one, HASH, now + DAY) for one in let_in}
    command = Follow("qr", "here", visitor, query=query, access=access, visitor_id=visitor_id)
    assert decided(target, command, now) == reference(target, command, now, let_in)


@pytest.mark.parametrize("kind", BY_KIND)
@given(
    data=st.data(),
    visitor=VISITORS,
    query=QUERIES,
    minutes=st.integers(0, 2 * 366 * 24 * 60),
)
@settings(
    max_examples=so_many(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_each_condition_holds_where_it_does_in_the_reference(
    kind: str, data: st.DataObject, visitor: Any, query: str, minutes: int
) -> None:
    condition = data.draw(turned(BY_KIND[kind]))
    rule = {"when": [condition], "destinationUrl": "https://r.x/"}
    target = Target(replace(an_asset(), rules=normalised_rules([rule])))
    command = Follow("qr", "here", visitor, query=query)
    now = NOW + timedelta(minutes=minutes)
    assert decided(target, command, now) == reference(target, command, now, set())
