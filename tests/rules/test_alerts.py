"""Rules that look at scans fire once for each crossing, and are armed again when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.rules.alerts import (
    KINDS,
    WINDOWS,
    Judgement,
    Kind,
    Rule,
    Span,
    in_words,
    judge,
    more_spans,
    rule_refusals,
    spans,
)
from tests.builders.examples import so_many

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def a_rule(kind: Kind, minutes: int = 15, **more: Any) -> Rule:
    return Rule(
        kind=kind,
        window_minutes=minutes,
        **{"since": BEGIN, "made_at": BEGIN - timedelta(days=60), **more},
    )


@dataclass
class World:
    """Scans at their minutes, and a rule that is judged at moments, in this order."""

    rule: Rule
    scans: Sequence[datetime]

    def count(self, span: Span, now: datetime) -> int:
        low, high = EPOCH + span.first * QUARTER, EPOCH + span.end * QUARTER
        return sum(low <= scan < min(high, now) for scan in self.scans)

    def judge(self, now: datetime) -> Judgement:
        if self.rule.looked_at is not None and now <= self.rule.looked_at:
            return Judgement(self.rule.state)
        counts = tuple(self.count(span, now) for span in spans(self.rule, now))
        counts += tuple(self.count(s, now) for s in more_spans(self.rule, now, counts))
        found = judge(self.rule, now, counts)
        self.rule = replace(self.rule, state=found.state, looked_at=now)
        return found

    def fired(self, moments: Sequence[datetime]) -> list[datetime]:
        return [now for now in moments if self.judge(now).fires]


def minutes(*numbers: int) -> list[datetime]:
    return [BEGIN + timedelta(minutes=number) for number in numbers]


def sweeps(first: int, last: int) -> list[datetime]:
    """Every five minutes."""
    return minutes(*range(first, last + 1, 5))


some_minutes = st.lists(st.integers(0, 60 * 12), max_size=60)


@settings(deadline=None)
@given(
    scans=some_minutes,
    looks=st.lists(st.integers(1, 60 * 12), max_size=60),
    threshold=st.integers(1, 8),
    width=st.sampled_from([15, 30, 60]),
)
def test_over_fires_once_a_crossing_however_late_or_often_it_is_judged(
    scans: list[int], looks: list[int], threshold: int, width: int
) -> None:
    world = World(a_rule("over", width, threshold=threshold), minutes(*scans))
    # In any order: what is judged for a later time is not judged for an earlier one.
    fired = world.fired([*minutes(*looks), *minutes(60 * 12 + 5)])

    def counted(end: datetime) -> int:
        return world.count(Span(_quarter(end - timedelta(minutes=width)), _quarter(end)), end)

    ends = [BEGIN + n * QUARTER for n in range(60 * 12 // 15 + 1)]
    over = [end for end in ends if counted(end) >= threshold]
    assert fired or not over, "what was crossed in any window is told"
    for earlier, later in pairwise(fired):
        between = [end for end in ends if earlier - QUARTER < end <= later]
        assert any(counted(end) < threshold for end in between)


@settings(deadline=None, max_examples=so_many(50))
@given(scans=some_minutes, threshold=st.integers(1, 8))
def test_under_fires_once_a_crossing(scans: list[int], threshold: int) -> None:
    world = World(a_rule("under", 60, threshold=threshold), minutes(*scans))
    fired = world.fired(sweeps(0, 60 * 13))
    ends = [BEGIN + n * QUARTER for n in range(4, 60 * 13 // 15)]
    under = [world.count(Span(_quarter(end) - 4, _quarter(end)), end) < threshold for end in ends]
    assert len(fired) == sum(now and not before for before, now in pairwise([False, *under]))


@settings(deadline=None, max_examples=so_many(50))
@given(scans=some_minutes)
def test_silence_fires_once_for_each_silence(scans: list[int]) -> None:
    world = World(a_rule("silence", 60), minutes(-300, *scans))
    fired = world.fired(sweeps(0, 60 * 15))
    for moment in fired:
        before = [scan for scan in world.scans if scan < moment]
        assert moment - max(before) >= timedelta(minutes=60)
    for earlier, later in pairwise(fired):
        assert any(earlier - timedelta(minutes=5) <= scan < later for scan in world.scans)
    gaps = sum(
        b - a >= timedelta(minutes=81)
        for a, b in pairwise(sorted({*world.scans, *minutes(60 * 15)}))
        if a >= BEGIN
    )
    assert len(fired) >= gaps


@settings(deadline=None, max_examples=so_many(50))
@given(scans=some_minutes)
def test_a_first_scan_is_told_once(scans: list[int]) -> None:
    world = World(a_rule("first_scan"), minutes(*scans))
    assert len(world.fired(sweeps(5, 60 * 13))) == bool(scans)


def test_what_was_never_scanned_is_not_silent() -> None:
    assert World(a_rule("silence", 60), ()).fired(sweeps(0, 600)) == []


@pytest.mark.parametrize("kind", ["under", "silence"])
def test_nothing_is_missed_before_a_whole_window_was_looked_at(kind: Kind) -> None:
    rule = a_rule(kind, 60, threshold=5 if kind == "under" else None)
    world = World(replace(rule, since=BEGIN + timedelta(minutes=50)), minutes(-300))
    (fired,) = world.fired(sweeps(0, 300))
    # The first window that begins since then is from 1:00 to 2:00; scans have a moment to arrive.
    assert fired == BEGIN + timedelta(hours=2, minutes=5)


def test_a_new_asset_is_given_a_window_too() -> None:
    rule = a_rule("under", 60, threshold=5, made_at=BEGIN + timedelta(minutes=90))
    (fired,) = World(rule, ()).fired(sweeps(0, 300))
    assert fired == BEGIN + timedelta(hours=2, minutes=35)


def test_what_is_over_stays_crossed_until_a_window_is_below() -> None:
    often = [BEGIN + timedelta(minutes=n) for n in range(0, 180, 2)]
    world = World(a_rule("over", 15, threshold=5), often)
    assert world.fired(sweeps(5, 180)) == minutes(10)
    assert world.fired(sweeps(185, 240)) == []
    assert world.rule.state == "armed"


def test_what_crossed_while_nobody_judged_is_found_later() -> None:
    burst = minutes(*(61 for _ in range(20)))
    world = World(a_rule("over", 15, threshold=20), burst)
    assert world.fired(minutes(10, 300)) == minutes(300)


def spiky(usual: int, now: int, days: int = 14) -> World:
    """So many scans between noon and one on each day before, and `now` of them today."""
    noon = BEGIN + timedelta(days=days, hours=12)
    scans = [
        noon - timedelta(days=back) + timedelta(minutes=(n * 7) % 60)
        for back in range(days + 1)
        for n in range(now if back == 0 else usual)
    ]
    made = noon - timedelta(days=days)
    return World(a_rule("spike", 60, factor=3.0, made_at=made), scans)


@pytest.mark.parametrize(
    ("usual", "now", "fires"),
    [(1, 3, False), (0, 9, False), (0, 12, True), (2, 9, False), (10, 40, True), (10, 29, False)],
)
def test_a_spike_is_far_more_than_usual_and_not_chance(usual: int, now: int, fires: bool) -> None:
    world = spiky(usual, now)
    at_one = BEGIN + timedelta(days=14, hours=13)
    found = world.judge(at_one)
    assert (found.fires, found.expected) == (fires, usual if fires else found.expected)


def test_a_spike_is_told_once_and_again_after_it_was_over() -> None:
    world = spiky(10, 60)
    noon = BEGIN + timedelta(days=14, hours=12)
    moments = [noon + timedelta(minutes=n) for n in range(0, 240, 5)]
    fired = world.fired(moments)
    assert len(fired) == 1
    assert fired[0] < noon + timedelta(hours=1)
    assert world.rule.state == "armed"


def test_without_a_week_to_compare_with_there_is_no_spike() -> None:
    world = spiky(10, 90, days=6)
    assert spans(world.rule, BEGIN + timedelta(days=6, hours=13)) == ()


@pytest.mark.parametrize(
    ("kind", "figures", "wrong"),
    [
        ("over", {"threshold": 1, "window_minutes": 15}, set()),
        ("over", {"window_minutes": 15}, {"threshold"}),
        ("over", {"threshold": 0, "window_minutes": 15}, {"threshold"}),
        ("over", {"threshold": 1, "window_minutes": 17}, {"window_minutes"}),
        ("over", {"threshold": 1, "window_minutes": 15, "factor": 2.0}, {"factor"}),
        ("spike", {"factor": 1.5, "window_minutes": 1440}, set()),
        ("spike", {"factor": 1.4, "window_minutes": 2880}, {"factor", "window_minutes"}),
        ("silence", {"window_minutes": 43200}, set()),
        ("silence", {}, {"window_minutes"}),
        ("first_scan", {}, set()),
        ("first_scan", {"window_minutes": 15}, {"window_minutes"}),
        ("other", {}, {"kind"}),
    ],
)
def test_a_rule_has_the_figures_of_its_kind(
    kind: str, figures: dict[str, Any], wrong: set[str]
) -> None:
    assert rule_refusals(kind, figures).keys() == wrong


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_found_fits_into_a_mail(kind: Kind) -> None:
    most = Judgement("crossed", True, 10**9, 123_456_789.123)
    for window in WINDOWS:
        told = in_words(a_rule(kind, window, threshold=10**9), most)
        assert len(told) <= 80


def test_what_was_found_is_told_in_words() -> None:
    rule = a_rule("over", 60, threshold=10)
    assert in_words(rule, Judgement("crossed", True, 12)) == "12 scans within 1 hour, 10 or more"
    assert in_words(a_rule("silence", 4320), Judgement("crossed", True)) == "no scan for 3 days"


def _quarter(moment: datetime) -> int:
    return (moment - EPOCH) // QUARTER
