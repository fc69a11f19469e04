"""What people are told of, by topic: how each topic reaches them unless they say otherwise.

A kind is one sort of notification and belongs to a topic; people choose by topic. A kind of which
people hear at once has a mail of the same name (`activities/rules/mails.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Topic = Literal[
    "alerts",
    "link_health",
    "webhooks",
    "endings",
    "stock",
    "jobs",
    "weekly_digest",
    "trial",
    "daily_digest",
]
TOPICS: tuple[Topic, ...] = get_args(Topic)

Mailing = Literal["now", "daily", "never"]
"""A mail of its own, one line of the daily digest, or none."""


@dataclass(frozen=True)
class Wish:
    """How somebody wants to hear of a topic: in Inkloom, and by mail."""

    in_app: bool
    mail: Mailing


@dataclass(frozen=True)
class About:
    """A topic in words, and what holds until a person says otherwise.

    `mails` are what can be chosen. Those whose mail is the topic itself (a digest, a reminder) know
    only now and never; those that are told by the day, or that never hurry, no mail of their own.
    """

    words: str
    wish: Wish
    mails: tuple[Mailing, ...] = ("now", "daily", "never")


ABOUT: Mapping[Topic, About] = {
    "alerts": About("scans that crossed a limit you set", Wish(True, "now")),
    "link_health": About("links that lead to a page that fails, or works again", Wish(True, "now")),
    "webhooks": About("webhook endpoints that were switched off", Wish(True, "now")),
    "endings": About(
        "codes and links that end soon or have ended",
        Wish(True, "daily"),
        mails=("daily", "never"),
    ),
    "stock": About("items that run low", Wish(True, "daily"), mails=("daily", "never")),
    "jobs": About(
        "imports and batches that are done", Wish(True, "never"), mails=("daily", "never")
    ),
    "weekly_digest": About("the summary of the week", Wish(False, "now"), mails=("now", "never")),
    "trial": About("the end of a trial", Wish(True, "now"), mails=("now", "never")),
    "daily_digest": About(
        "the mail of the day about all that waits for it",
        Wish(False, "now"),
        mails=("now", "never"),
    ),
}


@dataclass(frozen=True)
class Kind:
    """One sort of notification; `title` is filled with its words."""

    topic: Topic
    title: str


KINDS: Mapping[str, Kind] = {
    "scan_alert": Kind("alerts", "{name}: {what}"),
    "link_failing": Kind("link_health", "{name} leads to {host}, which fails: {why}"),
    "link_recovered": Kind("link_health", "{name} leads to {host}, which works again"),
    "link_certificate": Kind(
        "link_health", "{name} leads to {host}, whose certificate expires on {until}"
    ),
    "endpoint_disabled": Kind("webhooks", "Webhooks to {host} are switched off: {why}"),
    "codes_ending": Kind("endings", "Ending soon: {count}"),
    "links_ending": Kind("endings", "Ending soon: {count}"),
    "assets_ended": Kind("endings", "Ended: {count}"),
    "stock_low": Kind("stock", "{name} runs low: {left} left"),
    "import_ended": Kind("jobs", "The import of {name} is done: {what}"),
    "render_ended": Kind("jobs", "Drawn and ready to download: {count}"),
    "trial_ending": Kind("trial", "The trial of {organization} ends {when}"),
}
"""By name."""

KINDS_OF: Mapping[Topic, tuple[str, ...]] = {
    topic: tuple(name for name, kind in KINDS.items() if kind.topic == topic) for topic in TOPICS
}
"""What is told of each topic in Inkloom; nothing where the topic is a mail itself."""


def mails_of(topic: Topic) -> tuple[str, ...]:
    """The kinds of mails by which a topic is heard of, beside lines of the daily digest."""
    return KINDS_OF[topic] or (topic,)


def counted(number: int, one: str, many: str) -> str:
    """So many of something, such as `1 code` and `3 codes`."""
    return f"{number} {one if number == 1 else many}"


def title_of(kind: str, words: Mapping[str, str]) -> str:
    """The one line that a notification shows. Raises KeyError for an unknown kind or a word that
    is missing."""
    return KINDS[kind].title.format_map(words)
