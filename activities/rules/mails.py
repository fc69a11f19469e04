"""What mails say: a kind and its words become subject, text and HTML.

Words come from people: they are put on one line, cut, and escaped in the HTML. A mail has one link,
no picture and nothing that tells who has read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Literal
from urllib.parse import urlsplit

MailKind = Literal[
    "sign_in",
    "confirm_address",
    "team_invite",
    "endpoint_disabled",
    "link_failing",
    "link_recovered",
    "link_certificate",
]

TRY_FOR = timedelta(hours=24)
"""How long a mail is tried: no longer than the provider knows its idempotency key."""

LONGEST_WORD = 80
NAMELESS = "(no name)"


@dataclass(frozen=True)
class Letter:
    """A mail as it is read; `link` is the one that it is about."""

    subject: str
    text: str
    html: str
    link: str


@dataclass(frozen=True)
class _Template:
    """`counted` are words that are numbers of a unit."""

    words: tuple[str, ...]
    counted: Mapping[str, str]
    subject: str
    opening: str
    button: str
    closing: str


_TEMPLATES: Mapping[str, _Template] = {
    "sign_in": _Template(
        words=(),
        counted={"minutes": "minute"},
        subject="Your link to sign in to Inkloom",
        opening="Open this link to sign in to Inkloom.",
        button="Sign in",
        closing="It works once, within {minutes}. If you did not ask for it, ignore this mail: "
        "without the link nobody can sign in.",
    ),
    "confirm_address": _Template(
        words=(),
        counted={"days": "day"},
        subject="Confirm your address for Inkloom",
        opening="Somebody signed up to Inkloom with this address. If that was you, confirm that "
        "it is yours.",
        button="Confirm my address",
        closing="It works once, within {days}. If you did not sign up, ignore this mail: do not "
        "open the link, and the account stays unconfirmed.",
    ),
    "team_invite": _Template(
        words=("organization", "inviter", "role"),
        counted={"days": "day"},
        subject="{inviter} invites you to {organization} on Inkloom",
        opening="{inviter} invites you to join {organization} on Inkloom. Your role there: {role}.",
        button="Accept the invitation",
        closing="It works once, within {days}. If you do not know who this is from, ignore this "
        "mail: nothing happens until you accept.",
    ),
    "endpoint_disabled": _Template(
        words=("organization", "host", "why"),
        counted={},
        subject="Webhooks to {host} are switched off",
        opening="{organization} sends no more webhooks to {host}, because of this: {why}.",
        button="Sign in to Inkloom",
        closing="What was waiting for it is cancelled. Mend the receiver, resume the endpoint, and "
        "have it sent what it missed.",
    ),
    "link_failing": _Template(
        words=("organization", "name", "host", "why"),
        counted={},
        subject="{name} leads to a page that fails",
        opening="The link {name} of {organization} leads to {host}, and three looks in a row "
        "failed there: {why}.",
        button="Sign in to Inkloom",
        closing="The link still works and leads there. Mend the page, or let the link lead "
        "elsewhere. You hear from us when it is well again.",
    ),
    "link_recovered": _Template(
        words=("organization", "name", "host"),
        counted={},
        subject="{name} leads to a page that works again",
        opening="The link {name} of {organization} leads to {host}, which answers again.",
        button="Sign in to Inkloom",
        closing="There is nothing to do.",
    ),
    "link_certificate": _Template(
        words=("organization", "name", "host", "until"),
        counted={},
        subject="The certificate of {host} expires soon",
        opening="The link {name} of {organization} leads to {host}, whose certificate expires on "
        "{until}.",
        button="Sign in to Inkloom",
        closing="Browsers warn visitors from then on. Have the certificate renewed before.",
    ),
}


def write_letter(kind: str, words: Mapping[str, str]) -> Letter:
    """The mail of this kind; `ValueError` when a word is missing or the link is none."""
    template = _TEMPLATES.get(kind)
    if template is None:
        raise ValueError(f"there is no mail of kind {kind!r}")
    link = _link(words)
    said = {word: _plain(_word(words, word)) or NAMELESS for word in template.words}
    for word, unit in template.counted.items():
        said[word] = _count(_word(words, word), unit)
    escaped = {word: escape(text) for word, text in said.items()}
    opening, closing = template.opening.format_map(said), template.closing.format_map(said)
    subject = template.subject.format_map(said)
    return Letter(
        subject=subject,
        text=f"{opening}\n\n{link}\n\n{closing}\n\nInkloom\n",
        html=_PAGE.format(
            subject=escape(subject),
            opening=template.opening.format_map(escaped),
            button=escape(template.button),
            closing=template.closing.format_map(escaped),
            link=escape(link),
        ),
        link=link,
    )


def last_moment(written_at: datetime, words: Mapping[str, str]) -> datetime:
    """When a mail is no longer worth sending: `TRY_FOR` after it was written, or sooner.

    That is after its word `minutes`, for which its link is good, or at the moment in its word
    `expires_at` (ISO 8601 with zone). `ValueError` for words that say neither.
    """
    moment = written_at + TRY_FOR
    if "minutes" in words:
        moment = min(moment, written_at + timedelta(minutes=int(words["minutes"])))
    if "expires_at" in words:
        told = datetime.fromisoformat(words["expires_at"])
        if told.tzinfo is None:
            raise ValueError("expires_at needs a zone")
        moment = min(moment, told)
    return moment


def _link(words: Mapping[str, str]) -> str:
    link = _word(words, "link")
    parts = urlsplit(link)
    whole = parts.scheme in ("http", "https") and parts.hostname
    if not whole or not link.isprintable() or " " in link:
        raise ValueError("the link is not a whole http or https address")
    return link


def _word(words: Mapping[str, str], word: str) -> str:
    if word not in words:
        raise ValueError(f"the mail needs the word {word!r}")
    return words[word]


def _plain(text: str) -> str:
    """On one line, without control characters and marks that turn the direction of reading."""
    line = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return line if len(line) <= LONGEST_WORD else f"{line[: LONGEST_WORD - 1]}…"


def _count(text: str, unit: str) -> str:
    return f"{int(text)} {unit}{'' if int(text) == 1 else 's'}"


_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light"><title>{subject}</title></head>'
    '<body style="margin:0;padding:0;background:#faf8f4">'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>'
    '<td align="center" style="padding:40px 16px">'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
    'style="max-width:480px;background:#ffffff;border:1px solid #e7e2d8;border-radius:18px"><tr>'
    f'<td style="padding:36px 32px;{_FONT};font-size:16px;line-height:1.55;color:#1d1b18">'
    '<p style="margin:0 0 24px;font-size:14px;font-weight:600;letter-spacing:.02em;color:#6b665e">'
    'Inkloom</p><p style="margin:0 0 28px;font-size:18px;line-height:1.45">{opening}</p>'
    '<p style="margin:0 0 28px"><a href="{link}" style="display:inline-block;padding:12px 24px;'
    "border-radius:10px;background:#1d1b18;color:#ffffff;font-weight:600;text-decoration:none"
    '">{button}</a></p><p style="margin:0 0 20px;font-size:14px;color:#6b665e">{closing}</p>'
    '<p style="margin:0;padding-top:20px;border-top:1px solid #e7e2d8;font-size:13px;'
    'color:#6b665e">If the button does not work, open this address:<br>'
    '<a href="{link}" style="color:#1d1b18;word-break:break-all">{link}</a></p>'
    "</td></tr></table></td></tr></table></body></html>"
)
