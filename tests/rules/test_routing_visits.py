"""Where a visit is routed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.rules.routing import WEEKDAYS, Visit, first_match, normalised_rules
from tests.builders.examples import so_many

VISIT = Visit(
    now=datetime(2026, 6, 1, 10, 0, tzinfo=UTC),
    country="DE",
    region="DE-BY",
    device="mobile",
    os="iOS",
    language="de-at",
    query={"ref": "flyer", "empty": ""},
)
NOBODY = Visit(now=VISIT.now)


def meets(condition: dict[str, Any], visit: Visit = VISIT) -> bool:
    """Whether it holds, and that turned round it does not."""
    met, turned = (
        normalised_rules(
            [{"when": [condition | {"not": n}], "destinationUrl": "https://a.example"}]
        )
        for n in (False, True)
    )
    holds = first_match(met, visit) is not None
    assert (first_match(turned, visit) is not None) is not holds
    return holds


def of(type: str, *values: str) -> dict[str, Any]:
    return {"type": type, "in": list(values)}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (of("country", "AT", "DE"), True),
        (of("country", "AT"), False),
        (of("region", "DE-BY"), True),
        (of("region", "US-CA"), False),
        (of("device", "tablet", "mobile"), True),
        (of("device", "desktop"), False),
        (of("os", "iOS"), True),
        (of("os", "Android", "macOS"), False),
        (of("language", "de"), True),
        (of("language", "de-AT"), True),
        (of("language", "de-A"), False),
        (of("language", "en", "de-CH"), False),
        ({"type": "query", "name": "ref"}, True),
        ({"type": "query", "name": "ref", "value": "flyer"}, True),
        ({"type": "query", "name": "ref", "value": "Flyer"}, False),
        ({"type": "query", "name": "ref", "value": ""}, False),
        ({"type": "query", "name": "empty", "value": ""}, True),
        ({"type": "query", "name": "other"}, False),
    ],
)
def test_a_condition_looks_at_the_visit(condition: dict[str, Any], holds: bool) -> None:
    assert meets(condition) is holds


@pytest.mark.parametrize(
    "condition",
    [
        of("country", "DE"),
        of("region", "US-CA"),
        of("device", "mobile"),
        of("os", "iOS"),
        of("language", "de"),
        {"type": "query", "name": "ref"},
    ],
)
def test_what_is_not_known_is_in_no_list(condition: dict[str, Any]) -> None:
    assert not meets(condition, NOBODY)


@pytest.mark.parametrize(
    ("family", "wanted"), [("Mac OS X", "macOS"), ("Ubuntu", "Linux"), ("Chrome OS", "Chrome OS")]
)
def test_a_family_meets_its_platform(family: str, wanted: str) -> None:
    assert meets(of("os", wanted), replace(VISIT, os=family))
    assert not meets(of("os", "Windows"), replace(VISIT, os=family))


@pytest.mark.parametrize(
    ("header", "wanted", "holds"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt", True),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR", True),
        ("pt-BR,pt;q=0.9,en;q=0.8", "en", False),
        ("pt", "pt-BR", False),
        ("zh-Hant-TW", "zh-Hant", True),
        ("den", "de", False),
        ("", "de", False),
        (",", "de", False),
    ],
)
def test_a_language_range_is_met_by_the_first_tag(header: str, wanted: str, holds: bool) -> None:
    assert meets(of("language", wanted), replace(VISIT, language=header)) is holds


def rules(*whens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return normalised_rules(
        [{"when": when, "destinationUrl": f"https://{n}.example/"} for n, when in enumerate(whens)]
    )


def test_the_first_rule_of_which_every_condition_holds_wins() -> None:
    listed = rules(
        [of("country", "DE"), of("os", "Android")],
        [of("country", "DE"), of("os", "iOS")],
        [of("country", "DE")],
    )
    found = first_match(listed, VISIT)
    assert found is not None
    assert (found["id"], found["destinationUrl"]) == ("r2", "https://1.example/")


def test_without_a_matching_rule_there_is_none() -> None:
    assert first_match(rules([of("country", "US")]), VISIT) is None
    assert first_match([], VISIT) is None


def at(zone: str, begins: str, ends: str, *days: str) -> dict[str, Any]:
    return {"type": "time", "timeZone": zone, "from": begins, "until": ends} | (
        {"weekday": list(days)} if days else {}
    )


def moment(text: str) -> Visit:
    return replace(VISIT, now=datetime.fromisoformat(text).replace(tzinfo=UTC))


WORK = at("Europe/Berlin", "09:00", "17:30", "mon")
NIGHT = at("Europe/Berlin", "22:00", "06:00", "fri")


@pytest.mark.parametrize(
    ("condition", "utc", "holds"),
    [
        # 2026-06-01 is a Monday; Berlin is two hours ahead in summer and one in winter.
        (WORK, "2026-06-01T06:59", False),
        (WORK, "2026-06-01T07:00", True),
        (WORK, "2026-06-01T15:29:59", True),
        (WORK, "2026-06-01T15:30", False),
        (WORK, "2026-06-02T10:00", False),
        (WORK, "2026-01-05T07:30", False),
        (WORK, "2026-01-05T08:00", True),
        # A window over midnight is Friday's, on Saturday morning too.
        (NIGHT, "2026-06-05T19:59", False),
        (NIGHT, "2026-06-05T20:00", True),
        (NIGHT, "2026-06-06T03:59", True),
        (NIGHT, "2026-06-06T04:00", False),
        (NIGHT, "2026-06-06T21:00", False),
        (NIGHT, "2026-06-05T03:00", False),
        # Sunday night reaches into Monday, around the end of the week.
        (at("UTC", "23:00", "01:00", "sun"), "2026-06-01T00:30", True),
        (at("UTC", "23:00", "01:00", "mon"), "2026-06-01T00:30", False),
        # The weekday is that of the zone: Sunday evening in UTC is Monday in Auckland.
        (at("Pacific/Auckland", "00:00", "24:00", "mon"), "2026-05-31T20:00", True),
        (at("Pacific/Auckland", "00:00", "24:00", "sun"), "2026-05-31T20:00", False),
        (at("UTC", "18:00", "00:00", "mon"), "2026-06-01T23:59", True),
        (at("UTC", "18:00", "00:00", "mon"), "2026-06-02T00:00", False),
        (at("UTC", "18:00", "24:00", "mon"), "2026-06-01T23:59:59", True),
        (at("Asia/Kathmandu", "12:00", "12:01"), "2026-06-01T06:15", True),
    ],
)
def test_a_time_is_that_on_the_wall_of_its_zone(
    condition: dict[str, Any], utc: str, holds: bool
) -> None:
    assert meets(condition, moment(utc)) is holds


def minutes_met(condition: dict[str, Any], first: str, hours: int) -> int:
    start = moment(first).now
    return sum(
        meets(condition, replace(VISIT, now=start + timedelta(minutes=15 * quarter)))
        for quarter in range(4 * hours)
    ) * 15  # fmt: skip


def test_an_hour_that_the_clocks_skip_is_never_met() -> None:
    # 2026-03-29: 02:00 to 03:00 does not exist in Berlin.
    assert minutes_met(at("Europe/Berlin", "02:00", "03:00"), "2026-03-28T23:00", 12) == 0
    assert minutes_met(at("Europe/Berlin", "01:00", "04:00"), "2026-03-28T23:00", 12) == 120


def test_an_hour_that_the_clocks_repeat_is_met_twice() -> None:
    # 2026-10-25: 02:00 to 03:00 happens twice in Berlin.
    assert minutes_met(at("Europe/Berlin", "02:00", "03:00"), "2026-10-24T22:00", 12) == 120


def test_a_rule_of_a_zone_that_is_gone_does_not_match_even_turned_round() -> None:
    for turned in (False, True):
        [stored] = rules([WORK | {"not": turned}])
        stored["when"][0]["timeZone"] = "Europe/Atlantis"
        assert first_match([stored], moment("2026-06-01T10:00")) is None


@settings(max_examples=so_many(60))
@given(
    st.integers(0, 15 * 365 * 24 * 3600),
    st.sampled_from(WEEKDAYS),
    st.integers(0, 23),
    st.integers(1, 23),
)
def test_a_window_is_met_from_its_start_for_its_length_once_a_week(
    seconds: int, day: str, hour: int, length: int
) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    window = at("UTC", f"{hour:02}:00", f"{(hour + length) % 24:02}:00", day)
    monday = datetime(2020, 1, 6, tzinfo=UTC) + timedelta(days=WEEKDAYS.index(day), hours=hour)
    into_week = (now - monday) % timedelta(days=7)
    assert meets(window, replace(VISIT, now=now)) is (into_week < timedelta(hours=length))
