"""What a visit says about the visitor. No address is kept.

Crawlers are those of the `crawler-user-agents` list; browsers and systems come from `ua-parser`.
What headers say is remembered by header, for real traffic repeats few of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import crawleruseragents
import ua_parser

from activities.gateways.geo import (
    LONGEST_CITY,
    LONGEST_ZONE,
    NOWHERE,
    Geo,
    Place,
    network_key,
)
from activities.gateways.time_zones import local_hour
from activities.outside import outside
from activities.rules import countries, visit_headers
from activities.rules.previews import is_preview_bot

LONGEST_AGENT = 512

_LONGEST_NAME = 64
_LONGEST_REFERRER = 512
_LONGEST_LANGUAGES = 64
"""What is looked at of headers: the beginning says it."""
_SOMEWHERE, _SOMEBODY = "192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Firefox/139.0"
_CDN_HEADERS = ("cf-ipcountry", "cf-region-code", "cf-ipcity", "cf-timezone")


@dataclass(frozen=True)
class Visitor:
    """A visitor, as far as statistics go.

    `region` is of ISO 3166-2 (`US-CA`), `local_hour` the hour at the visitor's place (0 to 23),
    `utm` what the visited address says of source, medium, campaign, term and content. `is_bot` is
    true of crawlers, and of HEAD and prefetches, whoever sends them: then `device` and the others
    are those of who sent it. `is_preview` is a bot that draws a link preview. `has_opted_out` asks
    not to be followed: `DNT: 1` or `Sec-GPC: 1` (Global Privacy Control).

    `whence` is where it comes from, for hashing and never to be kept: the network address (of IPv6
    the first half) and the user agent; empty for who has opted out.
    """

    country: str | None
    device: str
    os: str | None
    browser: str | None
    language: str | None
    referrer_domain: str | None
    is_bot: bool
    region: str | None = None
    is_preview: bool = False
    has_opted_out: bool = False
    city: str | None = None
    local_hour: int | None = None
    utm: Mapping[str, str] | None = field(default=None, hash=False)
    whence: bytes = field(default=b"", repr=False, compare=False)

    @property
    def counts(self) -> bool:
        """Whether it is a person's visit."""
        return not self.is_bot

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

    @property
    def kept(self) -> dict[str, Any]:
        """Everything that a scan keeps of the visitor but the id."""
        return {
            **self.told,
            "region": self.region,
            "city": self.city,
            "utm": self.utm,
            "local_hour": self.local_hour,
            "is_bot": self.is_bot,
        }


@dataclass(frozen=True)
class Agent:
    """A user agent: `device` is mobile, tablet, desktop, bot or other."""

    device: str
    os: str | None
    browser: str | None
    is_bot: bool
    is_preview: bool = False


class Said(NamedTuple):
    """What headers say, whoever sent them and when. `place` is what a CDN adds, or who plays one.

    `is_ahead` is of prefetches; `user_agent` is the header itself.
    """

    agent: Agent
    user_agent: bytes
    language: str | None
    referrer_domain: str | None
    place: Place
    is_ahead: bool
    has_opted_out: bool


def read_headers(headers: Mapping[str, str]) -> Said:
    """Read headers, whose names are in lower case."""
    user_agent = headers.get("user-agent", "")[:LONGEST_AGENT]
    return Said(
        agent=read_agent(user_agent),
        user_agent=user_agent.encode("utf-8", "surrogatepass"),
        language=_language(headers.get("accept-language", "")[:_LONGEST_LANGUAGES]),
        referrer_domain=_domain(headers.get("referer", "")[:_LONGEST_REFERRER]),
        place=_told_by_cdn(*(headers.get(name, "")[:256] for name in _CDN_HEADERS)),
        is_ahead=visit_headers.is_fetched_ahead(headers),
        has_opted_out=headers.get("dnt") == "1" or headers.get("sec-gpc") == "1",
    )


def read_visitor(
    method: str,
    said: Said,
    *,
    address: str = "",
    query: str = "",
    country_header_trusted: bool = False,
    now: datetime | None = None,
) -> Visitor:
    """Read a visit. Of the place Cloudflare's headers are believed only when told.

    `address` is the visitor's own; without one nothing is looked up. `query` is raw, without `?`.
    Without `now` there is no local hour.
    """
    agent = said.agent
    found = outside().geo.locate(address) if address else NOWHERE
    place = _agreed(found, said.place) if country_header_trusted else found
    utm = _utm(query[: visit_headers.LONGEST_QUERY]) if "utm" in query else None
    return Visitor(
        country=place.country,
        device=agent.device,
        os=agent.os,
        browser=agent.browser,
        language=said.language,
        referrer_domain=said.referrer_domain,
        is_bot=agent.is_bot or method != "GET" or said.is_ahead,
        region=place.region,
        is_preview=agent.is_preview,
        has_opted_out=said.has_opted_out,
        city=place.city,
        local_hour=local_hour(now, place.time_zone, place.country) if now else None,
        utm=dict(utm) if utm else None,
        whence=b"" if said.has_opted_out else _whence(address, said.user_agent),
    )


@lru_cache(maxsize=8192)
def read_agent(user_agent: str) -> Agent:
    """Device class, system and browser of a user agent header."""
    is_preview = is_preview_bot(user_agent)
    if is_preview or not user_agent or crawleruseragents.is_crawler(user_agent):
        return Agent(device="bot", os=None, browser=None, is_bot=True, is_preview=is_preview)
    parsed = ua_parser.parse(user_agent)
    os = _name(parsed.os.family) if parsed.os else None
    browser = _name(parsed.user_agent.family) if parsed.user_agent else None
    return Agent(device=_device(user_agent, os), os=os, browser=browser, is_bot=False)


def warm_up(geo: Geo) -> None:
    """Make ready what the first visit would wait for: tables and expressions, most of a second."""
    geo.locate(_SOMEWHERE)
    read_agent(_SOMEBODY)
    local_hour(datetime.fromtimestamp(0, UTC), None, "DE")


_language = lru_cache(maxsize=4096)(visit_headers.first_language)
_domain = lru_cache(maxsize=4096)(visit_headers.referrer_domain)
_utm = lru_cache(maxsize=2048)(visit_headers.utm_of)


@lru_cache(maxsize=4096)
def _told_by_cdn(country: str, region: str, city: str, time_zone: str) -> Place:
    """The place that Cloudflare's headers tell; `XX` and `T1` (Tor) are no country."""
    known = countries.country(country)
    if known is None:
        return NOWHERE
    return Place(
        country=known,
        region=countries.region(f"{known}-{region}"),
        city=visit_headers.line(visit_headers.as_utf8(city), LONGEST_CITY) or None,
        time_zone=time_zone if 0 < len(time_zone) <= LONGEST_ZONE else None,
    )


CACHES = (read_agent, _language, _domain, _utm, _told_by_cdn)
"""What is remembered of headers, each bounded."""


def _agreed(found: Place, told: Place) -> Place:
    """What the headers tell comes first; the database adds to it when it means the same country."""
    if told.country is None:
        return found
    if found.country != told.country:
        return told
    if told.region is None and told.city is None:
        return replace(found, time_zone=told.time_zone or found.time_zone)
    return replace(told, time_zone=told.time_zone or found.time_zone)


def _whence(address: str, user_agent: bytes) -> bytes:
    """Empty without an address: everybody with that user agent would be one visitor."""
    network = network_key(address)
    if not network:
        return b""
    return bytes((len(network),)) + network + user_agent


def _name(family: str) -> str | None:
    return visit_headers.line(family, _LONGEST_NAME) or None


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
