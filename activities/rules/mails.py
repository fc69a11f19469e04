"""What mails may say: the words that each kind takes, cleaned, and how long it is worth sending.

Words come from people: they are put on one line and cut, and addresses among them are whole. How
they are written into a letter is in `activities/render/mails.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from activities.rules.mail_lists import (
    LONGEST_LINE,
    NAMELESS,
    plain,
    read_lines,
    read_sections,
    whole_address,
)

MailKind = Literal[
    "sign_in",
    "confirm_address",
    "team_invite",
    "endpoint_disabled",
    "link_failing",
    "link_recovered",
    "link_certificate",
    "scan_alert",
    "daily_digest",
    "weekly_digest",
    "trial_ending",
]

TRY_FOR = timedelta(hours=24)
"""How long a mail is tried: no longer than the provider knows its idempotency key."""


_WHICH = ("noun", "address")
"""What leads there: `link` where it is not said, and its short address."""


@dataclass(frozen=True)
class _Needs:
    """The words of a kind, beside `link`, which all need, and `unsubscribe`, which all may have.

    `sentences` may be longer than `words`, and be missing where they are `optional`. `counted` are
    numbers of a unit, `numbers` plain ones that are 0 when missing, `lists` JSON with its reader.
    """

    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    counted: Mapping[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    lists: Mapping[str, Callable[[str], tuple[object, ...]]] = field(default_factory=dict)


_NEEDS: Mapping[str, _Needs] = {
    "sign_in": _Needs(counted={"minutes": "minute"}),
    "confirm_address": _Needs(counted={"days": "day"}),
    "team_invite": _Needs(("organization", "inviter", "role"), counted={"days": "day"}),
    "endpoint_disabled": _Needs(("organization", "host", "why")),
    "link_failing": _Needs(("organization", "name", "host", "why"), optional=_WHICH),
    "link_recovered": _Needs(("organization", "name", "host"), optional=_WHICH),
    "link_certificate": _Needs(("organization", "name", "host", "until"), optional=_WHICH),
    "scan_alert": _Needs(("organization", "name"), sentences=("what",), optional=("why",)),
    "daily_digest": _Needs(("organization", "day"), numbers=("more",), lists={"lines": read_lines}),
    "weekly_digest": _Needs(
        ("organization", "week"), numbers=("more",), lists={"sections": read_sections}
    ),
    "trial_ending": _Needs(("organization", "when"), numbers=("days",)),
}


def clean_words(kind: str, words: Mapping[str, str]) -> dict[str, Any]:
    """What the template of this kind is filled with; every word of the kind is there, `unsubscribe`
    and missing optional ones as "".

    `lines` of a daily digest are JSON `["sentence", ...]`; `sections` of a weekly one are JSON as
    `activities.rules.mail_lists.read_sections` says. `ValueError` for an unknown kind, a word that
    is missing or none of its sort, and an address that is not whole http(s).
    """
    needs = _NEEDS.get(kind)
    if needs is None:
        raise ValueError(f"there is no mail of kind {kind!r}")
    said: dict[str, Any] = {"link": whole_address(_word(words, "link"), "link")}
    leave = words.get("unsubscribe", "")
    said["unsubscribe"] = leave and whole_address(leave, "unsubscribe")
    said |= {word: plain(_word(words, word)) or NAMELESS for word in needs.words}
    for word in needs.sentences:
        said[word] = plain(_word(words, word), LONGEST_LINE) or NAMELESS
    said |= {word: plain(words.get(word, ""), LONGEST_LINE) for word in needs.optional}
    said |= {word: _count(_word(words, word), unit) for word, unit in needs.counted.items()}
    said |= {word: _number(words.get(word, "0")) for word in needs.numbers}
    said |= {word: read(_word(words, word)) for word, read in needs.lists.items()}
    return said


def last_moment(
    written_at: datetime, words: Mapping[str, str], not_before: datetime | None = None
) -> datetime:
    """When a mail is no longer worth sending: `TRY_FOR` after it was written, or after `not_before`
    where that is later, or sooner.

    That is after its word `minutes`, for which its link is good, or at the moment in its word
    `expires_at` (ISO 8601 with zone). `ValueError` for words that say neither.
    """
    moment = max(written_at, not_before or written_at) + TRY_FOR
    if "minutes" in words:
        moment = min(moment, written_at + timedelta(minutes=int(words["minutes"])))
    if "expires_at" in words:
        told = datetime.fromisoformat(words["expires_at"])
        if told.tzinfo is None:
            raise ValueError("expires_at needs a zone")
        moment = min(moment, told)
    return moment


def can_expire(words: Mapping[str, str]) -> bool:
    """Whether the words say when the mail is too late, each mail for itself."""
    return "minutes" in words or "expires_at" in words


def _word(words: Mapping[str, str], word: str) -> str:
    if word not in words:
        raise ValueError(f"the mail needs the word {word!r}")
    return words[word]


def _count(text: str, unit: str) -> str:
    return f"{int(text)} {unit}{'' if int(text) == 1 else 's'}"


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError("a number of a mail is 0 or more")
    return int(text)
