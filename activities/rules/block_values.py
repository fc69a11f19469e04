"""How the values inside a block of a link page are read: each reader returns what is kept.

A reader takes what JSON gave and raises `ValueError` with a sentence for whoever entered it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from activities.rules import destinations
from activities.rules.hosts import ascii_host, is_address
from activities.rules.payloads.reachable import LONGEST_ADDRESS, is_mailbox
from activities.rules.spelling import prefixed, unprefixed
from activities.rules.visible import hidden_sign, one_line

Reader = Callable[[object], str]

NETWORKS = (
    *("apple-music", "behance", "bluesky", "discord", "dribbble", "facebook", "github"),
    *("instagram", "kick", "line", "linkedin", "mastodon", "medium", "patreon", "pinterest"),
    *("reddit", "signal", "snapchat", "soundcloud", "spotify", "substack", "telegram", "threads"),
    *("tiktok", "tripadvisor", "twitch", "vimeo", "wechat", "whatsapp", "x", "xing", "yelp"),
    "youtube",
)
"""Social networks that a page has a sign for."""

_ICON = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_PHONE_SIGNS = re.compile(r"[\s().\u00a0/-]+")
_PHONE = re.compile(r"\+?[0-9]{3,15}")


def line(longest: int, *, may_be_empty: bool = False) -> Reader:
    """Reads a text of one line."""

    def read(value: object) -> str:
        text = one_line(_text(value))
        if not (text or may_be_empty):
            raise ValueError("Write something here.")
        return _bounded(text, longest)

    return read


def lines(longest: int) -> Reader:
    """Reads a text that may have line breaks; they become single line feeds."""

    def read(value: object) -> str:
        text = _text(value).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
        if not text:
            raise ValueError("Write something here.")
        return _bounded(text, longest)

    return read


def one_of(known: tuple[str, ...]) -> Reader:
    """Reads one of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"Use one of {', '.join(known)}.")
        return value

    return read


def web_address(value: object) -> str:
    """Reads an http or https address."""
    url = _text(value).strip()
    if refusal := destinations.refusal(url):
        raise ValueError(refusal)
    return url


def secure_address(value: object) -> str:
    """Reads an https address: a page of ours loads nothing over an open line."""
    url = web_address(value)
    if not url.lower().startswith("https://"):
        raise ValueError("Enter an address that starts with https://.")
    return url


def link_id(value: object) -> str:
    """Reads the id of a link of ours, `lnk_` and 32 hex digits; whether it exists is not asked."""
    found = unprefixed("lnk", _text(value))
    if found is None:
        raise ValueError("Give the id of a link, lnk_ and 32 hex digits.")
    return prefixed("lnk", found)


def icon(value: object) -> str:
    """Reads the name of an icon."""
    if not isinstance(value, str) or not _ICON.fullmatch(value):
        raise ValueError("Name the icon with 1 to 40 small letters, digits or hyphens.")
    return value


def mail_address(value: object) -> str:
    """Reads a mail address, its host in small ASCII letters."""
    mailbox, _, host = _bounded(_text(value).strip(), LONGEST_ADDRESS).rpartition("@")
    try:
        address = f"{mailbox}@{ascii_host(host)}"
    except ValueError:
        address = ""
    host = address.rpartition("@")[2]
    if not is_mailbox(mailbox) or "." not in host or is_address(host):
        raise ValueError("Enter a mail address, for example hello@example.com.")
    return _bounded(address, LONGEST_ADDRESS)


def phone_number(value: object) -> str:
    """Reads a phone number: its digits, after a + where it has one (RFC 3966)."""
    text = _text(value).strip()
    # The zero of '+49 (0)30' is dialled within the country only.
    digits = _PHONE_SIGNS.sub("", text.replace("(0)", "") if text.startswith("+") else text)
    if not _PHONE.fullmatch(digits):
        raise ValueError("Enter a phone number, for example +49 30 123456.")
    return digits


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Write this as text.")
    return value


def _bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise ValueError(f"Ensure this has no more than {longest} characters.")
    if hidden_sign(text, may_break=True):
        raise ValueError("Remove characters that cannot be seen.")
    return text
