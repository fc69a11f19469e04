"""What a visit's headers say about the visitor. No address is kept.

Crawlers are those of the `crawler-user-agents` list; browsers and systems come from `ua-parser`.
Answers are remembered by user agent (cut to 512 characters), for real traffic repeats few of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import crawleruseragents
import ua_parser

from activities.rules import countries
from activities.rules.previews import is_preview_bot

LONGEST_AGENT = 512

_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_UNKNOWN_COUNTRIES = frozenset(("XX", "T1"))


@dataclass(frozen=True)
class Visitor:
    """A visitor, as far as statistics go. `counts` is false for bots, HEAD and prefetches.

    `region` is of ISO 3166-2 (`US-CA`). `is_preview` is a bot that draws a link preview.
    `has_opted_out` asks not to be followed: `DNT: 1` or `Sec-GPC: 1` (Global Privacy Control).
    """

    country: str | None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None
    is_bot: bool
    counts: bool
    region: str | None = None
    is_preview: bool = False
    has_opted_out: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """What scans and events both say about the visitor."""
        return {
            "country": self.country,
            "device": self.device,
            "os": self.os,
            "browser": self.browser,
            "language": self.language,
            "referrer_domain": self.referrer_domain,
        }


@dataclass(frozen=True)
class Agent:
    """A user agent: `device` is mobile, tablet, desktop, bot or other."""

    device: str
    os: str | None
    browser: str | None
    is_bot: bool
    is_preview: bool = False


def read_visitor(
    method: str, headers: Mapping[str, str], *, country_header_trusted: bool
) -> Visitor:
    """Read a visit. `headers` have lower-case names; Cloudflare's are believed only when told."""
    agent = read_agent(headers.get("user-agent", "")[:LONGEST_AGENT])
    purpose = headers.get("sec-purpose") or headers.get("purpose") or headers.get("x-moz") or ""
    prefetch = "prefetch" in purpose.lower() or "preview" in purpose.lower()
    country = headers.get("cf-ipcountry", "").upper() if country_header_trusted else ""
    known = bool(_COUNTRY.fullmatch(country)) and country not in _UNKNOWN_COUNTRIES
    part = headers.get("cf-region-code", "")
    return Visitor(
        country=country if known else None,
        device=agent.device,
        os=agent.os,
        browser=agent.browser,
        language=_language(headers.get("accept-language", "")),
        referrer_domain=_domain(headers.get("referer", "")),
        is_bot=agent.is_bot,
        counts=method == "GET" and not agent.is_bot and not prefetch,
        region=countries.region(f"{country}-{part}") if known else None,
        is_preview=agent.is_preview,
        has_opted_out=headers.get("dnt") == "1" or headers.get("sec-gpc") == "1",
    )


@lru_cache(maxsize=8192)
def read_agent(user_agent: str) -> Agent:
    """Device class, system and browser of a user agent header."""
    is_preview = is_preview_bot(user_agent)
    if is_preview or not user_agent or crawleruseragents.is_crawler(user_agent):
        return Agent(device="bot", os=None, browser=None, is_bot=True, is_preview=is_preview)
    parsed = ua_parser.parse(user_agent)
    os = parsed.os.family if parsed.os else None
    browser = parsed.user_agent.family if parsed.user_agent else None
    return Agent(device=_device(user_agent, os), os=os, browser=browser, is_bot=False)


def _device(user_agent: str, os: str | None) -> str:
    if "iPad" in user_agent or "Tablet" in user_agent:
        return "tablet"
    if os == "Android" and "Mobile" not in user_agent:
        return "tablet"
    if "Mobi" in user_agent or "iPhone" in user_agent:
        return "mobile"
    if os in ("Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "Fedora"):
        return "desktop"
    return "other"


def _language(header: str) -> str | None:
    """The first language of Accept-Language (RFC 9110 12.5.4), lower-cased; None when absent."""
    first = header.partition(",")[0].partition(";")[0].strip()
    return first.lower() if _LANGUAGE.fullmatch(first) else None


def _domain(referrer: str) -> str | None:
    try:
        host = urlsplit(referrer).hostname
    except ValueError:
        return None
    return host.removeprefix("www.")[:253] if host else None
