"""What filters cost one organization costs the others nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from activities.fan_out import FanOut, Waiting
from activities.rules.event_filters import MOST_VALUES, filter_refusal
from schema.tables import EndpointRow

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
KIND = "qr.created"


def an_event(organization_id: UUID) -> Waiting:
    payload = {"name": "Menu"}
    return Waiting(uuid4(), NOON, organization_id, KIND, uuid4(), payload, None, "", None)


def an_endpoint_row(organization_id: UUID, wanted: dict[str, Any] | None) -> EndpointRow:
    told = {"id": uuid4(), "organization_id": organization_id, "events": ["*"], "filter": wanted}
    return EndpointRow(**told, ordering="none")  # type: ignore[arg-type]


def a_costly_filter() -> dict[str, Any]:
    """Nothing meets it, and all of it has to be looked at."""
    values = list(range(MOST_VALUES // 2))
    tests = [{"path": f"$.data.a.b.c.d{n}", "in": values} for n in range(40)]
    wanted = {"any": tests}
    assert filter_refusal(wanted) is None
    return wanted


def test_costly_filters_of_one_organization_end_with_the_turn_and_others_are_told() -> None:
    costly, other = uuid4(), uuid4()
    active = {
        costly: [an_endpoint_row(costly, a_costly_filter()) for _ in range(500)],
        other: [an_endpoint_row(other, None)],
    }
    waiting = [an_event(costly) for _ in range(2000)] + [an_event(other) for _ in range(20)]
    out, began = FanOut(active, [KIND], 5000, seconds=0.2), perf_counter()
    out.take(waiting)
    assert perf_counter() - began < 15.0, "to look at all of it would take a minute"
    told = [event.organization_id for event in out.leaving]
    assert told.count(other) == 20
    assert 1 <= told.count(costly) < 2000
    assert {one.endpoint.organization_id for one in out.due} == {other}


def test_an_organization_alone_has_the_whole_turn() -> None:
    only = uuid4()
    out = FanOut({only: [an_endpoint_row(only, None)] * 2}, [KIND], 9)
    events = [an_event(only) for _ in range(8)]
    out.take(events)
    assert out.leaving == events[:4]


def test_what_others_leave_over_goes_to_who_has_more() -> None:
    many, few = uuid4(), uuid4()
    active = {one: [an_endpoint_row(one, None)] for one in (many, few)}
    out = FanOut(active, [KIND], 10)
    out.take([an_event(many) for _ in range(50)] + [an_event(few)])
    told = [event.organization_id for event in out.leaving]
    assert (told.count(many), told.count(few)) == (9, 1)


def test_an_event_that_more_hear_of_than_fit_leaves_alone() -> None:
    only = uuid4()
    out = FanOut({only: [an_endpoint_row(only, None) for _ in range(12)]}, [KIND], 10)
    out.take([an_event(only), an_event(only)])
    assert (len(out.leaving), len(out.due)) == (1, 12)
