"""Scans are counted as if they had come in their order, and totals stay bounded."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from activities.rules.firsts import Group, Known, Moved, Tallies, count
from activities.rules.totals import (
    MANY,
    MICROSECONDS_A_QUARTER,
    MOST_VALUES,
    PLAIN,
    QUARTERS_A_DAY,
    Document,
    Tally,
    add_to_day,
    add_to_hour,
)

DAY = 20_000 * QUARTERS_A_DAY * MICROSECONDS_A_QUARTER
Scan = tuple[int, str, int | None, str | None, bool]
"""Time of the day, asset, visitor, country, whether it is a bot."""

moments = st.integers(0, 2 * QUARTERS_A_DAY * MICROSECONDS_A_QUARTER - 1)
scans = st.lists(
    st.tuples(
        moments,
        st.sampled_from("AB"),
        st.sampled_from((None, 1, 2, 3)),
        st.sampled_from((None, "DE", "US")),
        st.booleans(),
    ),
    max_size=60,
    unique_by=lambda scan: scan[0],
)


class Kept:
    """Totals as a database keeps them, and who was there."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, int], Document] = {}
        self.hours: dict[tuple[str, int], Document] = {}
        self.known: dict[tuple[str, int, int], dict[str, int]] = {}
        self.scans: list[Scan] = []

    def roll_up(self, batch: list[Scan]) -> None:
        tallies, moved = count(groups_of(batch), self.known)
        self.scans += batch
        for each in moved:
            tallies.take_back(each, self.values(each))
        for at, asset, visitor, _, is_bot in batch:
            if visitor is not None and not is_bot:
                there = self.known.setdefault(("O", day_of(at), visitor), {})
                there[asset] = min(DAY + at, there.get(asset, DAY + at))
        for scope, quarters in tallies.scopes.items():
            for item in quarters.items():
                quarter = item[0]
                add_to_hour(self.hours.setdefault((scope, quarter // 4), {}), [item])
                add_to_day(self.days.setdefault((scope, quarter // QUARTERS_A_DAY), {}), [item])

    def values(self, moved: Moved) -> dict[str, str | None]:
        (scan,) = (scan for scan in self.scans if DAY + scan[0] == moved.at)
        values: dict[str, str | None] = {"country": scan[3]}
        return values | {"kind": "qr"} if moved.scope == "O" else values


def day_of(at: int) -> int:
    return (DAY + at) // MICROSECONDS_A_QUARTER // QUARTERS_A_DAY


def groups_of(batch: list[Scan]) -> list[Group]:
    found: dict[tuple[str, int], list[Scan]] = {}
    for scan in batch:
        quarter = (DAY + scan[0]) // MICROSECONDS_A_QUARTER
        found.setdefault((scan[1], quarter), []).append(scan)
    return [a_group(asset, quarter, inside) for (asset, quarter), inside in found.items()]


def a_group(asset: str, quarter: int, inside: list[Scan]) -> Group:
    people = [scan for scan in inside if not scan[4]]
    columns = [[scan[3] if name == "country" else None for scan in people] for name in PLAIN]
    return Group(
        "O",
        asset,
        "qr",
        quarter,
        bots=len(inside) - len(people),
        times=[DAY + scan[0] for scan in people],
        visitors=[scan[2] for scan in people],
        columns=columns,
        utms=[{"source": "x"} if scan[3] == "DE" else None for scan in people],
    )


def expected(all_scans: list[Scan], scope: str, length: int) -> dict[int, Any]:
    """Figures and countries by span of `length` quarters, from each scan."""
    mine = sorted(scan for scan in all_scans if scope in (scan[1], "O"))
    firsts: dict[tuple[int, int], int] = {}
    for at, _, visitor, _, is_bot in mine:
        if visitor is not None and not is_bot:
            firsts.setdefault((day_of(at), visitor), at)
    found: dict[int, Any] = {}
    for at, _, _, country, is_bot in mine:
        quarter = (DAY + at) // MICROSECONDS_A_QUARTER
        figures, countries = found.setdefault(quarter // length, ({}, Counter()))
        cell = figures.setdefault(str(quarter % length), [0, 0, 0])
        is_unique = at in firsts.values() and not is_bot
        cell[2 if is_bot else 0] += 1
        cell[1] += is_unique
        if not is_bot and country:
            countries[country, 0] += 1
            countries[country, 1] += is_unique
    return found


@given(scans, st.integers(1, 7))
def test_totals_are_the_same_whatever_order_scans_come_in(given_scans: list[Scan], n: int) -> None:
    kept = Kept()
    for start in range(0, len(given_scans), n):
        kept.roll_up(given_scans[start : start + n])
    for scope in ("A", "B", "O"):
        days = expected(given_scans, scope, QUARTERS_A_DAY)
        assert {day for of, day in kept.days if of == scope} == set(days)
        for day, (figures, countries) in days.items():
            doc = kept.days[scope, day]
            assert doc["q"] == figures
            assert told(doc["by"].get("country", {})) == countries
            assert told(doc["by"].get("utm_source", {}))["x", 0] == countries["DE", 0]
        for hour, (figures, countries) in expected(given_scans, scope, 4).items():
            doc = kept.hours[scope, hour]
            assert doc["q"] == figures
            quarters = [told(by.get("country", {})) for by in doc["by"].values()]
            assert sum(quarters, Counter()) == countries


def told(cells: dict[str, list[int]]) -> Counter[tuple[str, int]]:
    both = {(value, n): each[n] for value, each in cells.items() for n in (0, 1)}
    return Counter({key: number for key, number in both.items() if number})


@given(scans)
def test_an_organization_is_told_apart_by_kinds_and_an_asset_is_not(batch: list[Scan]) -> None:
    kept = Kept()
    kept.roll_up(batch)
    for (scope, _), doc in kept.days.items():
        visits = sum(figures[0] for figures in doc["q"].values())
        kinds = doc["by"].get("kind", {})
        assert sum(each[0] for each in kinds.values()) == (visits if scope == "O" else 0)


@given(st.lists(st.tuples(st.sampled_from(("a", "b", "", None)), st.integers(0, 1)), min_size=1))
def test_few_and_many_scans_are_counted_alike(pairs: list[tuple[str | None, int]]) -> None:
    values, firsts = [value for value, _ in pairs], [first for _, first in pairs]
    whole = Tally.of(range(len(pairs)), [("city", values)], firsts)
    parts = Tally()
    for value, first in pairs:
        parts.add(Tally.of([1], [("city", [value])], [first]))
    assert (whole.visits, whole.uniques, whole.by) == (parts.visits, parts.uniques, parts.by)


def test_both_ways_of_counting_are_tried() -> None:
    assert 1 < MANY < 50


def test_a_dimension_keeps_so_many_values_and_those_it_has_are_right() -> None:
    doc: Document = {}
    first = Tally.of(
        range(MOST_VALUES + 60),
        [("city", [f"town {min(n, MOST_VALUES + 50)}" for n in range(MOST_VALUES + 60)])],
        [0] * (MOST_VALUES + 60),
    )
    add_to_day(doc, [(0, first)])
    cities = doc["by"]["city"]
    assert len(cities) == MOST_VALUES
    assert cities[f"town {MOST_VALUES + 50}"] == [10, 0], "the largest come first"
    add_to_day(doc, [(0, Tally.of([1, 2], [("city", ["town 0", "elsewhere"])], [1, 1]))])
    assert len(cities) == MOST_VALUES
    assert cities["town 0"] == [2, 1]
    assert "elsewhere" not in cities
    assert doc["q"]["0"] == [MOST_VALUES + 62, 2, 0]


def test_a_unique_that_moves_away_from_an_unkept_value_leaves_nothing() -> None:
    tally, doc = Tally(), {"q": {"0": [1, 1, 0]}, "by": {"city": {}}, "last": 5}
    tally.take_back({"city": "elsewhere"})
    add_to_day(doc, [(0, tally)])
    assert doc == {"q": {"0": [1, 0, 0]}, "by": {"city": {}}, "last": 5}


def test_of_two_in_the_same_moment_the_one_counted_first_stays() -> None:
    known: Known = {("O", day_of(5), 1): {"A": DAY + 5}}
    tallies, moved = count(groups_of([(5, "A", 1, "US", False)]), known)
    assert moved == []
    assert uniques(tallies) == {"A": 0, "O": 0}


def test_an_earlier_visit_to_another_asset_moves_only_the_unique_of_the_organization() -> None:
    known: Known = {("O", day_of(5), 1): {"A": DAY + 50, "B": DAY + 70}}
    tallies, moved = count(groups_of([(60, "B", 1, None, False)]), known)
    assert moved == [Moved("B", "O", "B", 1, DAY + 70, DAY + 60)]
    assert uniques(tallies) == {"B": 1, "O": 0}
    tallies, moved = count(groups_of([(40, "C", 1, None, False)]), known)
    assert moved == [Moved("O", "O", "A", 1, DAY + 50, DAY + 40)]
    assert uniques(tallies) == {"C": 1, "O": 1}


def uniques(tallies: Tallies) -> dict[str, int]:
    return {
        scope: sum(tally.uniques for tally in quarters.values())
        for scope, quarters in tallies.scopes.items()
    }
