"""Small pictures on link pages, drawn into them: of social networks, and in front of links.

`signs.json` has the logos of Simple Icons (CC0) and the icons of Lucide (ISC, its licence is among
the static files), each as the inside of an `<svg>` of 24 by 24 units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

NAMES: Mapping[str, str] = {
    "apple-music": "Apple Music",
    "behance": "Behance",
    "bluesky": "Bluesky",
    "discord": "Discord",
    "dribbble": "Dribbble",
    "facebook": "Facebook",
    "github": "GitHub",
    "instagram": "Instagram",
    "kick": "Kick",
    "line": "LINE",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "medium": "Medium",
    "patreon": "Patreon",
    "pinterest": "Pinterest",
    "reddit": "Reddit",
    "signal": "Signal",
    "snapchat": "Snapchat",
    "soundcloud": "SoundCloud",
    "spotify": "Spotify",
    "substack": "Substack",
    "telegram": "Telegram",
    "threads": "Threads",
    "tiktok": "TikTok",
    "tripadvisor": "Tripadvisor",
    "twitch": "Twitch",
    "vimeo": "Vimeo",
    "wechat": "WeChat",
    "whatsapp": "WhatsApp",
    "x": "X",
    "xing": "XING",
    "yelp": "Yelp",
    "youtube": "YouTube",
}
"""What social networks are called."""


def network_sign(network: str) -> str:
    """The logo as HTML that readers of the page do not hear; '' for an unknown one."""
    path = _signs()["networks"].get(network)
    if path is None:
        return ""
    return f'<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg>'


def icon_sign(icon: str) -> str:
    """The icon as HTML that readers of the page do not hear; '' for one that we do not have."""
    drawing = _signs()["icons"].get(icon)
    if drawing is None:
        return ""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg>'


@cache
def _signs() -> Mapping[str, Mapping[str, str]]:
    text = (files("api.pages") / "signs.json").read_text()
    signs: dict[str, dict[str, str]] = json.loads(text)
    return signs
