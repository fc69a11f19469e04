"""Rules that look at scans: what they may be, what they count, and when they fire.

Scans of people are counted in quarters of an hour (UTC), as totals keep them. A window ends with
the quarter that is running, and with each that ended since the rule was last judged; what is
missed of scans is judged in windows that are over, when late scans had a moment to arrive.

A rule is armed or crossed. It fires on the way from the first to the second, and is armed again
when what it looks for is clearly over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from activities.rules.spikes import Baseline, is_spike

Kind = Literal["over", "under", "first_scan", "spike", "silence"]
KINDS: tuple[Kind, ...] = get_args(Kind)

State = Literal["armed", "crossed"]

MINUTES_A_QUARTER = 15
QUARTERS_A_DAY = 96

WINDOWS = (
    *(15, 30, 60, 120, 180, 240, 360, 480, 720),
    *(n * 1440 for n in (1, 2, 3, 7, 14, 30)),
)
"""Minutes that a window may have: a quarter of an hour to 30 days."""

LONGEST_SPIKE = 1440
"""Minutes: a window is compared with that of the same time on the days before."""

USUAL_WINDOW = 1440
USUAL_FACTOR = 3.0
HIGHEST_THRESHOLD = 1_000_000_000
LOWEST_FACTOR, HIGHEST_FACTOR = 1.5, 100.0

BASELINE_DAYS = 14
FEWEST_DAYS = 7
"""Days before of which the asset must have been there: each weekday once."""

MOST_BEHIND: Mapping[str, int] = {"over": 48, "spike": 4}
"""Quarters that a late judgement looks back at most: what crossed meanwhile is told too."""

SLACK = timedelta(minutes=2)
"""How long scans may be on their way before they are missed."""

ASKS: Mapping[str, tuple[str, ...]] = {
    "over": ("threshold", "window_minutes"),
    "under": ("threshold", "window_minutes"),
    "first_scan": (),
    "spike": ("factor", "window_minutes"),
    "silence": ("window_minutes",),
}
"""The figures that each kind has; others it may not have."""

USUAL: Mapping[str, Any] = {"factor": USUAL_FACTOR, "window_minutes": USUAL_WINDOW}
"""Figures that need not be given."""

_SPANS = ((1440, "day"), (60, "hour"), (1, "minute"))


@dataclass(frozen=True)
class Rule:
    """A rule as it is judged. It looks at what is there `since` then without a break.

    `made_at` is when what it looks at was made, `looked_at` the time that it was last judged for.
    """

    kind: Kind
    window_minutes: int
    since: datetime
    made_at: datetime
    threshold: int | None = None
    factor: float | None = None
    state: State = "armed"
    looked_at: datetime | None = None

    @property
    def width(self) -> int:
        """Quarters of a window."""
        return self.window_minutes // MINUTES_A_QUARTER


@dataclass(frozen=True)
class Span:
    """Quarters since 1970 whose scans are counted, from `first` to the one before `end`."""

    first: int
    end: int

    def before(self, days: int) -> Span:
        """The same clock times so many days (UTC) earlier."""
        return Span(self.first - days * QUARTERS_A_DAY, self.end - days * QUARTERS_A_DAY)


@dataclass(frozen=True)
class Judgement:
    """How a rule is after it was judged; `fires` with what it counted and expected, if it did."""

    state: State
    fires: bool = False
    counted: int = 0
    expected: float | None = None


def rule_refusals(kind: str, figures: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with a rule, by field: figures that it lacks are None."""
    asks = ASKS.get(kind)
    if asks is None:
        return {"kind": [f"Choose one of {', '.join(KINDS)}."]}
    longest = LONGEST_SPIKE if kind == "spike" else WINDOWS[-1]
    wrong: dict[str, list[str]] = {}
    for name in ("threshold", "factor", "window_minutes"):
        if sentence := _refusal(asks, longest, name, figures.get(name)):
            wrong[name] = [sentence]
    return wrong


def spans(rule: Rule, now: datetime) -> tuple[Span, ...]:
    """What has to be counted to judge the rule for `now`."""
    match rule.kind:
        case "first_scan":
            return () if rule.state == "crossed" else (Span(0, _running(now)),)
        case "under" | "silence":
            whole = _whole(rule, now)
            if _moment(whole.first) < max(rule.since, rule.made_at):
                return ()
            return (whole if rule.kind == "under" else Span(whole.first, _running(now)),)
        case "over":
            return _windows(rule, now)
        case "spike":
            days = _days_known(rule, now)
            if days < FEWEST_DAYS:
                return ()
            windows = _windows(rule, now)
            return tuple(w.before(n) for w in windows for n in range(days + 1))


def more_spans(rule: Rule, now: datetime, counts: Sequence[int]) -> tuple[Span, ...]:
    """What has to be counted besides, now that the first counts are known."""
    if rule.kind == "silence" and rule.state == "armed" and counts and counts[0] == 0:
        return (Span(0, _whole(rule, now).first),)
    return ()


def judge(rule: Rule, now: datetime, counts: Sequence[int]) -> Judgement:
    """What the counts of `spans` and `more_spans` say. Without any it stays as it is."""
    if not counts:
        return Judgement(rule.state)
    match rule.kind:
        case "over":
            most = max(counts)
            return _crossing(rule, most >= (rule.threshold or 0), most)
        case "under":
            return _crossing(rule, counts[0] < (rule.threshold or 0), counts[0])
        case "first_scan":
            return _crossing(rule, counts[0] > 0, counts[0])
        case "silence":
            known = rule.state == "crossed" or (len(counts) > 1 and counts[1] > 0)
            return _crossing(rule, counts[0] == 0 and known, counts[0])
        case "spike":
            return _spike(rule, now, counts)


def in_words(rule: Rule, found: Judgement) -> str:
    """What a rule that fired found, as people read it."""
    within = f"{_scans(found.counted)} within {_spoken(rule.window_minutes)}"
    match rule.kind:
        case "over":
            return f"{within}, {rule.threshold} or more"
        case "under":
            return f"{within}, fewer than {rule.threshold}"
        case "spike":
            return f"{within}, usually about {found.expected or 0:.3g}"
        case "silence":
            return f"no scan for {_spoken(rule.window_minutes)}"
        case "first_scan":
            return "scanned for the first time"


def _refusal(asks: Sequence[str], longest: int, name: str, value: Any) -> str | None:
    if name not in asks:
        return None if value is None else "A rule of this kind has none; leave it out."
    if value is None:
        return "This is required."
    if name == "threshold" and not 1 <= value <= HIGHEST_THRESHOLD:
        return f"Choose a number from 1 to {HIGHEST_THRESHOLD}."
    if name == "factor" and not LOWEST_FACTOR <= value <= HIGHEST_FACTOR:
        return f"Choose a number from {LOWEST_FACTOR:g} to {HIGHEST_FACTOR:g}."
    if name == "window_minutes":
        choices = [minutes for minutes in WINDOWS if minutes <= longest]
        if value not in choices:
            return f"Choose one of {', '.join(map(str, choices))}."
    return None


def _running(now: datetime) -> int:
    """The end of the quarter that is running; right at its end, of the one that is over."""
    return -(-(now - _EPOCH) // _QUARTER)


def _whole(rule: Rule, now: datetime) -> Span:
    """The last window of which no scan is on its way any more."""
    end = (now - SLACK - _EPOCH) // _QUARTER
    return Span(end - rule.width, end)


def _windows(rule: Rule, now: datetime) -> tuple[Span, ...]:
    """Those that end since the rule was judged; of a crossed one the last whole one at least."""
    newest = _running(now)
    oldest = min(newest, _running(rule.looked_at or rule.since))
    if rule.state == "crossed":
        oldest = min(oldest, newest - 1)
    ends = range(max(oldest, newest - MOST_BEHIND[rule.kind]), newest + 1)
    return tuple(Span(end - rule.width, end) for end in ends)


def _days_known(rule: Rule, now: datetime) -> int:
    """On how many of the days before, all of a window was after the making of the asset."""
    oldest = min((window.first for window in _windows(rule, now)), default=0)
    made = -(-(rule.made_at - _EPOCH) // _QUARTER)
    return max(0, min(BASELINE_DAYS, (oldest - made) // QUARTERS_A_DAY))


def _spike(rule: Rule, now: datetime, counts: Sequence[int]) -> Judgement:
    """Whether any of the windows is one; what is no chance must be over the factor, later only."""
    size, factor = len(counts) // len(_windows(rule, now)), rule.factor or USUAL_FACTOR
    best: tuple[int, float] | None = None
    for start in range(0, len(counts), size):
        counted, usual = counts[start], Baseline.of(counts[start + 1 : start + size])
        if rule.state == "crossed":
            is_on = counted > factor * usual.mean
        else:
            is_on = is_spike(counted, usual, factor)
        if is_on and (best is None or counted > best[0]):
            best = (counted, usual.mean)
    counted, expected = best or (0, 0.0)
    return _crossing(rule, best is not None, counted, expected)


def _crossing(rule: Rule, is_on: bool, counted: int, expected: float | None = None) -> Judgement:
    """Once crossed, a first scan stays the first."""
    if rule.state == "crossed":
        return Judgement("crossed" if is_on or rule.kind == "first_scan" else "armed")
    return Judgement("crossed", True, counted, expected) if is_on else Judgement("armed")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = timedelta(minutes=MINUTES_A_QUARTER)


def _moment(quarter: int) -> datetime:
    return _EPOCH + quarter * _QUARTER


def _scans(count: int) -> str:
    return f"{count} scan{'' if count == 1 else 's'}"


def _spoken(minutes: int) -> str:
    size, unit = next((size, unit) for size, unit in _SPANS if minutes % size == 0)
    number = minutes // size
    return f"{number} {unit}{'' if number == 1 else 's'}"
