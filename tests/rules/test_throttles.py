"""The arithmetic of a bucket, against one that is counted call by call."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from activities.rules import throttles
from activities.rules.throttles import Throttle, refusal, standing

NAMED = [throttle for throttle in vars(throttles).values() if isinstance(throttle, Throttle)]


def test_throttles_have_names_of_their_own() -> None:
    assert len({throttle.name for throttle in NAMED}) == len(NAMED)
    assert all(throttle.burst >= throttle.per_minute / 2 for throttle in NAMED)


@given(
    per_minute=st.integers(1, 6000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.integers(0, 90), max_size=120),
)
def test_a_bucket_lets_through_what_one_that_is_counted_would(
    per_minute: int, burst: int, pauses: list[int]
) -> None:
    throttle = Throttle("any", per_minute, burst)
    now, full_at, tokens, counted_at = 0.0, 0.0, float(burst), 0.0
    for pause in pauses:
        now += pause
        tokens = min(float(burst), tokens + (now - counted_at) / throttle.step)
        counted_at = now
        moved = max(full_at, now) + throttle.step
        if abs(tokens - 1) < 1e-6:
            continue
        if tokens >= 1:
            tokens -= 1
            assert moved <= now + throttle.span + 1e-6
            full_at = moved
            told = standing(throttle, full_at, now)
            assert abs(told.remaining - tokens) < 1.001
            assert told.retry_after == 0
        else:
            assert moved > now + throttle.span - 1e-6
            told = refusal(throttle, full_at, now)
            enough = tokens + told.retry_after / throttle.step
            assert enough >= 1 - 1e-6, "came back too early"
            assert told.remaining == 0
