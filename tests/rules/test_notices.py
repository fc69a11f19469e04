"""Every notification has its words, its topic, and a mail where it has one of its own."""

from __future__ import annotations

from datetime import timedelta
from string import Formatter
from typing import get_args

import pytest

from activities.rules.mails import MailKind
from activities.rules.notices import ABOUT, KINDS, KINDS_OF, TOPICS, counted, title_of
from activities.rules.trials import reminder_due, reminder_key
from tests.conftest import NOW


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_at_once_has_a_mail_of_its_own(kind: str) -> None:
    assert ("now" in ABOUT[KINDS[kind].topic].mails) is (kind in get_args(MailKind))


def test_digests_are_topics_without_anything_to_show() -> None:
    assert {topic for topic in TOPICS if not KINDS_OF[topic]} == {"weekly_digest", "daily_digest"}
    assert all(topic in get_args(MailKind) for topic in TOPICS if not KINDS_OF[topic])


def test_what_holds_at_first_can_be_chosen() -> None:
    for topic, about in ABOUT.items():
        assert about.wish.mail in about.mails
        assert "never" in about.mails
        assert about.wish.in_app is bool(KINDS_OF[topic])


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_is_made_of_its_words_and_of_nothing_else(kind: str) -> None:
    words = [name for _, name, _, _ in Formatter().parse(KINDS[kind].title) if name]
    title = title_of(kind, dict.fromkeys(words, "{x}"))
    assert title.count("{x}") == len(words)
    with pytest.raises(KeyError):
        title_of(kind, {})


def test_one_is_one_and_more_are_many() -> None:
    assert [counted(n, "code", "codes") for n in (0, 1, 2)] == ["0 codes", "1 code", "2 codes"]


def test_a_reminder_is_the_nearest_one_and_named_by_the_day() -> None:
    hours = {170: None, 168: 7, 73: 7, 72: 3, 25: 3, 24: 1, 1: 1, 0: None, -1: None}
    for left, days in hours.items():
        assert reminder_due(NOW + timedelta(hours=left), NOW) == days
    assert reminder_key(NOW, 3) == "trial/2026-11-21/3"
