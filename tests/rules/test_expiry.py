"""Which warning is due, and how many days are left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.rules.errors import InvalidFields
from activities.rules.expiry import (
    WARNING_DAYS,
    days_left,
    normalised_warning_days,
    warning_due,
)
from activities.rules.plans import ENTERPRISE, PLANS
from activities.rules.retention import KINDS, RECOVERABLE, TRASH
from schema.accounts import WARNED_BEFORE_DAYS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("left", "due", "days"),
    [
        (7 * DAY + SECOND, None, 8),
        (7 * DAY, 7, 7),
        (DAY + SECOND, 7, 2),
        (DAY, 1, 1),
        (SECOND, 1, 1),
        (timedelta(0), None, 0),
        (-DAY, None, 0),
    ],
)
def test_the_nearest_warning_is_due(left: timedelta, due: int | None, days: int) -> None:
    assert warning_due(NOW + left, NOW, WARNING_DAYS) == due
    assert days_left(NOW + left, NOW) == days


def test_a_warning_that_nobody_wants_is_never_due() -> None:
    assert warning_due(NOW + 3 * DAY, NOW, (1,)) is None
    assert warning_due(NOW + SECOND, NOW, (7,)) == 7
    assert warning_due(NOW + SECOND, NOW, ()) is None


def test_warnings_are_chosen_among_those_there_are() -> None:
    assert normalised_warning_days([1, 7, 1]) == (7, 1)
    assert normalised_warning_days([]) == ()
    with pytest.raises(InvalidFields) as refused:
        normalised_warning_days([7, 3])
    assert list(refused.value.fields) == ["expiry_warning_days"]


def test_an_organization_begins_with_all_of_them() -> None:
    assert WARNED_BEFORE_DAYS == WARNING_DAYS


def test_a_better_plan_keeps_the_log_of_webhooks_no_shorter() -> None:
    days = [plan.webhook_log_days for plan in PLANS.values()]
    assert days == sorted(days)
    assert ENTERPRISE.webhook_log_days == 180


def test_what_refers_to_others_is_forgotten_before_them() -> None:
    for first, then in (
        ("refresh_tokens", "token_families"),
        ("import_lines", "imports"),
        ("attempts", "deliveries"),
        ("deliveries", "delivery_batches"),
        ("deliveries", "events"),
    ):
        assert KINDS.index(first) < KINDS.index(then)
    assert min(RECOVERABLE, TRASH) > timedelta(days=30)
