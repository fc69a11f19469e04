"""Link previews: who draws them, and what the owner of a link wants to be seen in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activities.rules.findings import Findings

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 500

_KEYS = ("title", "description", "imageUrl")
_LONGEST_AGENT = 512

_ANYWHERE = (
    # iMessage draws as facebookexternalhit and Twitterbot at once; LINE and KakaoTalk as the first.
    *("facebookexternalhit", "facebot", "meta-externalhit", "twitterbot"),
    *("slackbot", "slack-imgproxy", "linkedinbot", "telegrambot", "discordbot"),
    *("skypeuripreview", "microsoftpreview", "pinterestbot", "pinterest.com/bot"),
    *("redditbot", "google-pagerenderer", "vkshare", "odklbot", "groupmebot", "keybasebot"),
    *("mastodon/", "pleroma", "akkoma", "misskey", "summalybot", "friendica", "gotosocial"),
    *("bluesky cardyb", "blueskypreviewbot", "line-poker", "kakaotalk-scrap"),
    *("snap url preview", "snapurlpreview", "synapse (bot", "mattermost-bot", "zulipurl"),
    *("iframely", "embedly", "flipboardproxy", "linkunfurler", "unfurlbot"),
    *("linkpreview", "link preview", "onebox", "richlinkbot", "dingtalkbot-linkservice"),
    *("steamchaturl",),
)
_AT_THE_START = ("whatsapp", "viber", "pinterest/", "lemmy/")
"""Their apps show pages too, and then name themselves at the end."""


def is_preview_bot(user_agent: str) -> bool:
    """Whether this user agent fetches an address to draw a preview of it, for people who chat.

    Search engines are none (nor is Applebot), and neither are the browsers inside those apps.
    """
    agent = user_agent[:_LONGEST_AGENT].lower()
    return agent.startswith(_AT_THE_START) or any(name in agent for name in _ANYWHERE)


def normalised_preview(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields that are set: title, description, imageUrl (https). None and blank are unset.

    Line breaks become spaces. Raises `InvalidFields` by paths such as `preview.imageUrl`.
    """
    found = Findings()
    given = found.read_object(fields, "preview", _KEYS)
    read = {
        "title": found.read_line(_joined(given.get("title")), "preview.title", LONGEST_TITLE),
        "description": found.read_line(
            _joined(given.get("description")), "preview.description", LONGEST_DESCRIPTION
        ),
        "imageUrl": found.read_https(given.get("imageUrl"), "preview.imageUrl"),
    }
    found.settle()
    return {name: value for name, value in read.items() if value}


def _joined(given: object) -> object:
    return " ".join(given.split()) if isinstance(given, str) else given
