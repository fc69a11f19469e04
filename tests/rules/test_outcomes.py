"""What an attempt means for its delivery and its endpoint."""

from __future__ import annotations

import pytest

from activities.rules.outcomes import Control, Effect, Status, Verdict, judge, read_control

DELAYS = (5.0, 300.0)


def judged(
    code: int | None,
    *,
    number: int = 1,
    retry_after: float | None = None,
    control: Control = "",
) -> Verdict:
    return judge(
        number=number,
        status_code=code,
        delays=DELAYS,
        roll=0.0,
        retry_after=retry_after,
        control=control,
    )


@pytest.mark.parametrize("code", [200, 201, 204, 299])
def test_two_hundreds_are_delivered(code: int) -> None:
    assert judged(code).status == "delivered"
    assert judged(code).effect == "none"


@pytest.mark.parametrize("code", [None, 100, 199, 300, 301, 302, 304, 307, 308, 400, 404, 500])
def test_anything_else_is_a_failure_that_is_tried_again(code: int | None) -> None:
    verdict = judged(code)
    assert (verdict.status, verdict.wait_seconds, verdict.effect) == ("pending", 5.0, "none")


@pytest.mark.parametrize("code", [429, 502, 504])
def test_some_answers_throttle_the_endpoint(code: int) -> None:
    assert judged(code).effect == "throttle"
    assert judged(code, number=3).effect == "throttle", "also when the message is given up"


def test_service_unavailable_is_about_one_message() -> None:
    assert judged(503, retry_after=60.0).effect == "none"


def test_gone_ends_the_message_and_the_endpoint() -> None:
    verdict = judged(410)
    assert (verdict.status, verdict.reason) == ("failed", "endpoint_gone")
    assert verdict.effect == "disable"


def test_the_last_attempt_gives_up() -> None:
    verdict = judged(500, number=3)
    assert (verdict.status, verdict.wait_seconds) == ("failed", None)
    assert verdict.reason == "attempts_spent"


@pytest.mark.parametrize("code", [301, 400, 429, 500, 503])
def test_a_receiver_may_give_a_message_up(code: int) -> None:
    verdict = judged(code, control="abort-message")
    assert (verdict.status, verdict.wait_seconds, verdict.reason) == ("failed", None, "aborted")


@pytest.mark.parametrize(
    ("code", "status"), [(200, "delivered"), (301, "failed"), (429, "failed"), (500, "failed")]
)
def test_a_receiver_may_end_its_endpoint_with_any_answer(code: int, status: Status) -> None:
    verdict = judged(code, control="disable")
    assert (verdict.status, verdict.effect) == (status, "disable")


def test_what_arrived_cannot_be_given_up() -> None:
    assert judged(200, control="abort-message").status == "delivered"


def test_a_longer_wish_of_the_receiver_decides_and_is_told() -> None:
    verdict = judged(503, retry_after=86400.0)
    assert verdict.wait_seconds == 86400.0
    assert "86400" in verdict.why
    assert "policy" in judged(503, retry_after=1.0).why


def test_every_verdict_says_why() -> None:
    controls: tuple[Control, ...] = ("", "disable", "abort-message")
    for control in controls:
        for code in (None, 200, 301, 410, 429, 500):
            for number in (1, 3):
                verdict = judged(code, number=number, control=control)
                assert verdict.why.endswith(".")
                over = verdict.status == "failed"
                assert bool(verdict.reason) is over


@pytest.mark.parametrize(
    ("value", "control"),
    [
        ("disable", "disable"),
        (" Disable\t", "disable"),
        ("abort-message", "abort-message"),
        ("disabled", ""),
        ("disable, disable", ""),
        ("", ""),
    ],
)
def test_the_control_header_is_read_exactly(value: str, control: Control) -> None:
    assert read_control({"webhook-delivery": value}) == control


def test_no_control_header_asks_for_nothing() -> None:
    assert read_control({"content-type": "text/plain"}) == ""
    effect: Effect = judged(500).effect
    assert effect == "none"
