"""What mails say and look like, and what they do not let through."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from activities.render.mails import LONGEST_SUBJECT, write_letter
from activities.rules.mail_lists import MOST_LINES, MOST_ROWS, MOST_SECTIONS
from activities.rules.mails import MailKind

BASE = {
    "link": "https://ink.test/s?token=abc&next=/a",
    "organization": "Acme",
    "unsubscribe": "https://ink.test/u?t=abc&x=1",
}
SIGN_IN = {"link": BASE["link"], "minutes": "15"}
INVITE = {"link": BASE["link"], "organization": "Acme", "inviter": "Ada", "role": "editor"}
ROW: dict[str, Any] = {"name": "Spring", "kind": "QR code", "scans": 12345, "change": "+3%"}
SECTION: dict[str, Any] = {
    "name": "Berlin",
    "scans": 1204,
    "change": "−4%",
    "chart": "https://ink.test/chart.png?a=1&b=2",
    "rows": [ROW, {**ROW, "name": "Autumn", "scans": 2, "change": ""}],
}
WEEK = {**BASE, "week": "16 to 22 November 2026", "more": "1"}
LINK_WORDS = {**BASE, "name": "Spring", "host": "example.com", "why": "it answered 410 Gone"}
EVERY: dict[str, dict[str, str]] = {
    "sign_in": SIGN_IN,
    "confirm_address": {"link": "https://ink.test/api/auth/verify?token=cfa_abc", "days": "3"},
    "team_invite": {**INVITE, "days": "1"},
    "endpoint_disabled": LINK_WORDS,
    "link_failing": LINK_WORDS,
    "link_recovered": LINK_WORDS,
    "link_certificate": {**LINK_WORDS, "until": "1 December 2026"},
    "scan_alert": {**BASE, "name": "Spring", "what": "1,204 scans within an hour"},
    "daily_digest": {
        **BASE,
        "day": "22 November 2026",
        "lines": json.dumps(["Spring ends in 7 days", "Autumn has ended"]),
        "more": "3",
    },
    "weekly_digest": {**WEEK, "sections": json.dumps([SECTION])},
    "trial_ending": {**BASE, "when": "on 29 November 2026", "days": "7"},
}
NOTICES = [kind for kind, words in EVERY.items() if "unsubscribe" in words]


class Read(HTMLParser):
    """What a reader of the HTML part sees and can click, and what it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.handlers: set[str] = set()
        self.seen = ""
        self.feed(html)
        self.seen = " ".join(self.seen.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        told = dict(attrs)
        self.handlers |= {name for name in told if name.startswith("on")}
        self.links |= {told["href"] or ""} if "href" in told else set()
        if "src" in told or "srcset" in told or "background" in told:
            self.loaded.append(told)

    def handle_data(self, data: str) -> None:
        self.seen += data


def test_every_kind_has_a_letter() -> None:
    assert set(EVERY) == set(get_args(MailKind))


def test_a_sign_in_mail_says_what_the_link_does_and_how_long() -> None:
    letter = write_letter("sign_in", SIGN_IN)
    assert letter.subject == "Your link to sign in to Inkloom"
    assert f"\n\n{SIGN_IN['link']}\n\n" in letter.text
    assert "within 15 minutes" in letter.text
    assert "did not ask for it" in letter.text
    assert letter.text.endswith("\n\nInkloom\n")


def test_a_mail_to_confirm_an_address_says_what_to_do_if_it_is_not_yours() -> None:
    letter = write_letter("confirm_address", EVERY["confirm_address"])
    assert letter.subject == "Confirm your address for Inkloom"
    assert "within 3 days" in letter.text
    assert "If you did not sign up, ignore this mail" in letter.text


def test_an_invitation_says_who_invites_where_and_as_what() -> None:
    letter = write_letter("team_invite", EVERY["team_invite"])
    assert letter.subject == "Ada invites you to Acme on Inkloom"
    assert "Your role there: editor." in letter.text
    assert "within 1 day." in letter.text


def test_a_mail_about_a_disabled_endpoint_says_which_and_why() -> None:
    letter = write_letter("endpoint_disabled", LINK_WORDS)
    assert letter.subject == "Webhooks to example.com are switched off"
    assert "because of this: it answered 410 Gone." in letter.text


def test_an_alert_says_what_crossed_and_why_one_is_told() -> None:
    letter = write_letter("scan_alert", EVERY["scan_alert"])
    assert letter.subject == "Spring: 1,204 scans within an hour"
    assert "You asked to hear of this in Acme." in letter.text
    because = write_letter("scan_alert", {**EVERY["scan_alert"], "why": "Expected were 40."})
    assert "\n\nExpected were 40.\n\n" in because.text


@pytest.mark.parametrize(("days", "said"), [("7", "in 7 days"), ("1", "tomorrow"), ("0", "today")])
def test_a_reminder_of_a_trial_says_how_long_it_lasts(days: str, said: str) -> None:
    letter = write_letter("trial_ending", {**EVERY["trial_ending"], "days": days})
    assert letter.subject == f"The trial of Acme ends {said}"
    assert "ends on 29 November 2026." in letter.text


def test_a_daily_digest_lists_what_happened_and_how_much_more() -> None:
    letter = write_letter("daily_digest", EVERY["daily_digest"])
    assert letter.subject == "Acme, summary of 22 November 2026"
    assert "* Spring ends in 7 days\n* Autumn has ended\n... and 3 more" in letter.text
    none = write_letter("daily_digest", {**EVERY["daily_digest"], "more": "0"})
    assert "more in Inkloom" not in none.text + none.html


def test_a_weekly_digest_shows_each_workspace_with_its_codes() -> None:
    letter = write_letter("weekly_digest", EVERY["weekly_digest"])
    assert letter.subject == "The week of Acme: 16 to 22 November 2026"
    assert (
        "Berlin: 1,204 scans (−4%)\n* Spring, QR code: 12,345 (+3%)\n* Autumn, QR code: 2\n"
        in letter.text
    )
    assert "... and 1 more workspace in Inkloom." in letter.text
    read = Read(letter.html)
    for word in ("Berlin", "1,204", "−4%", "Spring", "QR code", "12,345", "+3%", "Autumn"):
        assert word in read.seen


def test_a_chart_says_what_it_shows_and_how_large_it_is() -> None:
    (chart,) = Read(write_letter("weekly_digest", EVERY["weekly_digest"]).html).loaded
    assert chart["src"] == SECTION["chart"]
    assert chart["alt"] == "Scans of Berlin by day"
    assert (chart["width"], chart["height"]) == ("520", "120")
    bare = json.dumps([{**SECTION, "chart": "", "rows": []}])
    assert Read(write_letter("weekly_digest", {**WEEK, "sections": bare}).html).loaded == []


@pytest.mark.parametrize("kind", EVERY)
def test_both_parts_say_the_same_and_have_the_same_links(kind: str) -> None:
    words = EVERY[kind]
    letter = write_letter(kind, words)
    read = Read(letter.html)
    assert letter.link == words["link"]
    assert read.links == {words[word] for word in ("link", "unsubscribe") if word in words}
    assert all(link in letter.text for link in read.links)
    said = letter.text.replace("* ", "").replace("Unsubscribe from these mails: ", "").splitlines()
    if kind != "weekly_digest":  # whose table says it in cells
        rest = [line for line in said if line and line != words.get("unsubscribe")]
        assert [line for line in rest if line not in read.seen] == []


@pytest.mark.parametrize("kind", EVERY)
def test_a_mail_loads_nothing_but_charts_and_runs_nothing(kind: str) -> None:
    html = write_letter(kind, EVERY[kind]).html
    read = Read(html)
    assert not read.tags & {"link", "script", "iframe", "object", "form", "base", "svg"}
    assert not read.handlers
    assert not [word for word in ("url(", "@import", "http://") if word in html.split("<body")[1]]
    assert not [word for word in ("url(", "@import", "@font-face") if word in html]
    assert len(read.loaded) == (1 if kind == "weekly_digest" else 0)


@pytest.mark.parametrize("kind", NOTICES)
def test_a_notice_says_why_one_gets_it_and_how_to_end_it(kind: str) -> None:
    letter = write_letter(kind, EVERY[kind])
    for part in (letter.text, Read(letter.html).seen):
        assert "You get this mail because you look after Acme on Inkloom and hear of" in part
        assert "notification settings" in part
    assert f"Unsubscribe from these mails: {BASE['unsubscribe']}\n" in letter.text
    without = {word: said for word, said in EVERY[kind].items() if word != "unsubscribe"}
    assert "Unsubscribe" not in write_letter(kind, without).html


@pytest.mark.parametrize("kind", ["sign_in", "confirm_address", "team_invite"])
def test_a_mail_that_somebody_asked_for_has_no_end(kind: str) -> None:
    letter = write_letter(kind, EVERY[kind])
    assert "notification settings" not in letter.text + letter.html


NASTY = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}{% raw %}[[ 1 ]]"


@pytest.mark.parametrize("kind", EVERY)
def test_words_are_escaped_and_stay_words(kind: str) -> None:
    nasty = {
        word: NASTY if word not in ("link", "unsubscribe", "minutes", "days", "more") else said
        for word, said in EVERY[kind].items()
    }
    nasty |= {"lines": json.dumps([NASTY])} if "lines" in nasty else {}
    section = {**SECTION, "name": NASTY, "change": "<b>", "rows": [{**ROW, "name": NASTY}]}
    nasty |= {"sections": json.dumps([section])} if "sections" in nasty else {}
    letter = write_letter(kind, nasty)
    plain, read = Read(write_letter(kind, EVERY[kind]).html), Read(letter.html)
    assert read.tags == plain.tags
    assert read.links == plain.links
    assert not read.handlers
    assert len(read.loaded) == len(plain.loaded)
    if nasty != EVERY[kind]:
        assert "<script>alert(1)</script><img src=x" in letter.text
        assert "{{ 7*7 }}" in letter.text
        assert "{{ 7*7 }}" in read.seen
        assert "<script>alert(1)</script>" in read.seen


def test_a_name_in_a_subject_adds_no_line_and_does_not_turn() -> None:
    turned = "Acme\r\nBcc: all@example.com\n\n\u202eevil\x00"
    letter = write_letter("team_invite", {**EVERY["team_invite"], "organization": turned})
    assert letter.subject == "Ada invites you to Acme Bcc: all@example.com evil on Inkloom"
    assert "\u202e" not in letter.text + letter.html


def test_a_subject_is_cut() -> None:
    words = {**EVERY["scan_alert"], "name": "a" * 500, "what": "b" * 500}
    assert len(write_letter("scan_alert", words).subject) == LONGEST_SUBJECT


def test_the_longest_digests_are_not_cut_by_mail_programs() -> None:
    row = {**ROW, "name": "<" * 200, "kind": "&" * 50, "change": "+" * 50}
    section = {**SECTION, "name": "<" * 200, "chart": f"https://ink.test/{'c' * 300}"}
    sections = [{**section, "rows": [row] * MOST_ROWS}] * MOST_SECTIONS
    weekly = write_letter("weekly_digest", {**WEEK, "sections": json.dumps(sections)})
    lines = json.dumps(["<" * 300] * MOST_LINES)
    daily = write_letter("daily_digest", {**EVERY["daily_digest"], "lines": lines})
    for letter in (weekly, daily):
        assert len(letter.html.encode()) < 100_000, len(letter.html.encode())


@pytest.mark.parametrize("kind", ["sign_in", "nothing", "card", "../mails"])
def test_a_mail_without_its_words_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="mail"):
        write_letter(kind, {"link": "https://ink.test/"})
