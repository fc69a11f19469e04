"""Which words mails take, and what they do not let through."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from activities.rules.mails import TRY_FOR, can_expire, clean_words, last_moment
from activities.rules.notices import KINDS

LINK = {"link": "https://ink.test/s?token=abc&next=/a"}
INVITE = {**LINK, "organization": "Acme", "inviter": "Ada", "role": "editor", "days": "1"}
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_words_come_out_clean_and_counted() -> None:
    assert clean_words("team_invite", {**INVITE, "organization": " Acme\n Inc ", "odd": "x"}) == {
        **INVITE,
        "organization": "Acme Inc",
        "days": "1 day",
        "unsubscribe": "",
    }
    assert clean_words("sign_in", {**LINK, "minutes": "15"})["minutes"] == "15 minutes"


def test_words_that_may_be_missing_come_out_empty() -> None:
    words = {**LINK, "organization": "Acme", "name": "Spring", "what": "quiet for a day"}
    assert clean_words("scan_alert", words)["why"] == ""
    trial = {**LINK, "organization": "Acme", "when": "on 29 November 2026"}
    assert clean_words("trial_ending", trial)["days"] == 0
    assert clean_words("trial_ending", {**trial, "days": "7"})["days"] == 7


def test_lists_are_read() -> None:
    words = {**LINK, "organization": "Acme", "day": "21 November", "more": "3"}
    said = clean_words("daily_digest", {**words, "lines": json.dumps(["One", "Two\n2"])})
    assert (said["lines"], said["more"]) == (("One", "Two 2"), 3)


@pytest.mark.parametrize("word", ["link", "unsubscribe"])
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "/invite", "https://", 'https://x/"> <b>', "https://x/\n"]
)
def test_an_address_that_is_none_is_refused(word: str, address: str) -> None:
    with pytest.raises(ValueError, match=f"the {word} is not"):
        clean_words("team_invite", {**INVITE, word: address})


def test_a_name_cannot_add_a_line_or_turn_the_direction_of_reading() -> None:
    turned = "Acme\r\nBcc: all@example.com\n\n\u202eevil\u2067\x00"
    said = clean_words("team_invite", {**INVITE, "organization": turned})
    assert said["organization"] == "Acme Bcc: all@example.com evil"


def test_somebody_without_a_name_is_called_so() -> None:
    assert clean_words("team_invite", {**INVITE, "inviter": " \u202e"})["inviter"] == "(no name)"


def test_what_is_long_is_cut() -> None:
    said = clean_words("team_invite", {**INVITE, "organization": "a" * 5000})
    assert said["organization"] == "a" * 79 + "…"
    alert = {**LINK, "organization": "Acme", "name": "a" * 99, "what": "b" * 99, "why": "c" * 999}
    said = clean_words("scan_alert", alert)
    assert [len(said[word]) for word in ("name", "what", "why")] == [80, 99, 200]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nothing", LINK),
        ("sign_in", LINK),
        ("sign_in", {"minutes": "15"}),
        ("trial_ending", {**LINK, "organization": "Acme", "when": "soon", "days": "-1"}),
    ],
)
def test_a_mail_without_its_words_is_refused(kind: str, words: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="mail"):
        clean_words(kind, words)


def test_every_kind_that_people_hear_of_at_once_takes_its_words_and_a_way_out() -> None:
    words = dict.fromkeys(("organization", "name", "host", "why", "what", "until", "when"), "x")
    ends = {"unsubscribe": "https://ink.test/u?t=1"}
    for kind in ("scan_alert", "link_failing", "link_recovered", "endpoint_disabled"):
        assert kind in KINDS
        assert clean_words(kind, {**LINK, **words, **ends})["unsubscribe"] == ends["unsubscribe"]


def test_a_mail_is_worth_sending_for_a_day_or_until_it_says() -> None:
    assert last_moment(NOON, {}) == NOON + TRY_FOR
    soon = NOON + timedelta(minutes=15)
    assert last_moment(NOON, {"expires_at": soon.isoformat()}) == soon
    assert last_moment(NOON, {"expires_at": "2026-12-24T00:00:00Z"}) == NOON + TRY_FOR
    assert last_moment(NOON, {"minutes": "15"}) == soon
    assert last_moment(NOON, {"days": "7"}) == NOON + TRY_FOR
    with pytest.raises(ValueError, match="zone"):
        last_moment(NOON, {"expires_at": "2026-11-21T12:15:00"})


def test_the_day_begins_when_a_mail_may_leave() -> None:
    morning = NOON + timedelta(hours=18)
    assert last_moment(NOON, {}, morning) == morning + TRY_FOR
    assert last_moment(NOON, {}, NOON - timedelta(hours=1)) == NOON + TRY_FOR
    assert last_moment(NOON, {"minutes": "15"}, morning) == NOON + timedelta(minutes=15)


def test_words_with_an_end_of_their_own_are_known() -> None:
    assert can_expire({"minutes": "15"})
    assert can_expire({"expires_at": NOON.isoformat()})
    assert not can_expire({"days": "7"})
