"""What mails say, and what they do not let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from activities.rules.mails import TRY_FOR, last_moment, write_letter

SIGN_IN = {"link": "https://ink.test/s?token=abc&next=/a", "minutes": "15"}
CONFIRM = {"link": "https://ink.test/api/auth/verify?token=cfa_abc", "days": "3"}
INVITE = {
    "link": "https://ink.test/invite/abc",
    "organization": "Acme",
    "inviter": "Ada",
    "role": "editor",
    "days": "1",
}
DISABLED = {
    "link": "https://ink.test/sign-in",
    "organization": "Acme",
    "host": "hooks.example.com",
    "why": "it answered 410 Gone",
}
EVERY = [
    ("sign_in", SIGN_IN),
    ("confirm_address", CONFIRM),
    ("team_invite", INVITE),
    ("endpoint_disabled", DISABLED),
    ("link_failing", {**DISABLED, "name": "Spring"}),
    ("link_recovered", {**DISABLED, "name": "Spring"}),
    ("link_certificate", {**DISABLED, "name": "Spring", "until": "1 December 2026"}),
]
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Read(HTMLParser):
    """What a reader of the HTML part sees and can click, and what it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.seen = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.seen += data


def test_a_sign_in_mail_says_what_the_link_does_and_how_long() -> None:
    letter = write_letter("sign_in", SIGN_IN)
    assert letter.subject == "Your link to sign in to Inkloom"
    assert f"\n\n{SIGN_IN['link']}\n\n" in letter.text
    assert "within 15 minutes" in letter.text
    assert "did not ask for it" in letter.text


def test_a_mail_to_confirm_an_address_says_what_to_do_if_it_is_not_yours() -> None:
    letter = write_letter("confirm_address", CONFIRM)
    assert letter.subject == "Confirm your address for Inkloom"
    assert f"\n\n{CONFIRM['link']}\n\n" in letter.text
    assert "within 3 days" in letter.text
    assert "If you did not sign up, ignore this mail" in letter.text


def test_an_invitation_says_who_invites_where_and_as_what() -> None:
    letter = write_letter("team_invite", INVITE)
    assert letter.subject == "Ada invites you to Acme on Inkloom"
    assert "Your role there: editor." in letter.text
    assert "within 1 day." in letter.text


def test_a_mail_about_a_disabled_endpoint_says_which_and_why() -> None:
    letter = write_letter("endpoint_disabled", DISABLED)
    assert letter.subject == "Webhooks to hooks.example.com are switched off"
    assert "because of this: it answered 410 Gone." in letter.text


@pytest.mark.parametrize(("kind", "words"), EVERY)
def test_both_parts_say_the_same_and_have_one_link(kind: str, words: dict[str, str]) -> None:
    letter = write_letter(kind, words)
    read = Read(letter.html)
    assert read.links == {words["link"]} == {letter.link}
    said = [line for line in letter.text.splitlines() if line]
    assert [line for line in said if line not in read.seen] == []


@pytest.mark.parametrize(("kind", "words"), EVERY)
def test_a_mail_loads_nothing(kind: str, words: dict[str, str]) -> None:
    letter = write_letter(kind, words)
    assert not Read(letter.html).tags & {"img", "link", "script", "iframe", "object", "style"}
    assert "url(" not in letter.html


def test_words_are_escaped() -> None:
    nasty = "<img src=x onerror=alert(1)>\"'&"
    letter = write_letter("team_invite", INVITE | {"organization": nasty, "inviter": "{link}"})
    read = Read(letter.html)
    assert "img" not in read.tags
    assert nasty in read.seen
    assert "{link} invites you" in read.seen
    assert read.links == {INVITE["link"]}


@pytest.mark.parametrize("link", ["javascript:alert(1)", "/invite", "https://", 'https://x/"> <b>'])
def test_a_link_that_is_none_is_refused(link: str) -> None:
    with pytest.raises(ValueError, match="link"):
        write_letter("sign_in", SIGN_IN | {"link": link})


def test_a_name_cannot_add_a_header_or_turn_the_line() -> None:
    turned = "Acme\r\nBcc: all@example.com\n\n\u202eevil\x00"
    letter = write_letter("team_invite", INVITE | {"organization": turned})
    assert letter.subject == "Ada invites you to Acme Bcc: all@example.com evil on Inkloom"


def test_an_invitation_from_somebody_without_a_name_goes_out() -> None:
    letter = write_letter("team_invite", INVITE | {"inviter": " \u202e"})
    assert letter.subject == "(no name) invites you to Acme on Inkloom"


def test_a_long_name_is_cut() -> None:
    letter = write_letter("team_invite", INVITE | {"organization": "a" * 5000})
    assert "a" * 79 + "…" in letter.text
    assert len(letter.subject) < 140


@pytest.mark.parametrize("kind", ["sign_in", "nothing"])
def test_a_mail_without_its_words_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="mail"):
        write_letter(kind, {"link": "https://ink.test/"})


def test_a_mail_is_worth_sending_for_a_day_or_until_it_says() -> None:
    assert last_moment(NOON, {}) == NOON + TRY_FOR
    soon = NOON + timedelta(minutes=15)
    assert last_moment(NOON, {"expires_at": soon.isoformat()}) == soon
    assert last_moment(NOON, {"expires_at": "2026-12-24T00:00:00Z"}) == NOON + TRY_FOR
    assert last_moment(NOON, {"minutes": "15"}) == soon
    assert last_moment(NOON, {"days": "7"}) == NOON + TRY_FOR
    with pytest.raises(ValueError, match="zone"):
        last_moment(NOON, {"expires_at": "2026-11-21T12:15:00"})
