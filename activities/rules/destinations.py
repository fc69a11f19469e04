"""Which addresses a code may lead to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from activities.rules.hosts import ascii_host

LONGEST = 2048

ONLY_WEB = "Only http and https addresses can be redirect destinations"
IN_CIRCLES = (
    "This address is one of our own short links, which would lead in circles; "
    "enter the final address."
)

_HIDDEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
_REFUSED_SIGNS = ("Cc", "Zs", "Zl", "Zp")
_TURNS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_OTHER_SCHEMES = frozenset(
    {
        *("about", "blob", "chrome", "content", "data", "facetime", "file", "filesystem", "ftp"),
        *("ftps", "geo", "intent", "jar", "javascript", "ldap", "livescript", "magnet", "mailto"),
        *(
            "market",
            "mocha",
            "resource",
            "sftp",
            "sms",
            "smsto",
            "ssh",
            "tel",
            "telnet",
            "vbscript",
        ),
        *("view-source", "whatsapp", "wifi", "ws", "wss"),
    }
)
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LINK_PAGE = re.compile(r"/p/[A-Za-z0-9_-]+/?")


def refusal(url: str) -> str | None:
    """Why this destination is refused, as one sentence; None when it is fine.

    http and https with a host, no credentials, no white space, control signs (they would split the
    Location header), signs that turn the reading direction, or backslashes (browsers read them as
    slashes), at most 2048 characters. Private hosts are fine: only a visitor's browser goes there.
    """
    if len(url) > LONGEST:
        return f"Ensure this address has no more than {LONGEST} characters."
    if (scheme := _disguised_scheme(url)) in _OTHER_SCHEMES:
        return f"{ONLY_WEB}, not '{scheme}:'."
    if any(unicodedata.category(sign) in _REFUSED_SIGNS or sign in _TURNS for sign in url):
        return "Remove spaces and control characters from the address."
    if "\\" in url:
        return "Write / instead of \\ in the address."
    try:
        url.encode()
        parts = urlsplit(url)
    except ValueError:
        return "Enter a valid address, for example https://example.com/welcome."
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        return "Enter an http or https address, for example https://example.com/welcome."
    return _authority_refusal(parts)


def leads_home(url: str, own_hosts: Collection[str]) -> str | None:
    """Why an address at one of our own hosts is refused as a destination; None for one elsewhere.

    `own_hosts` are hosts with an optional port, as in `public_url`; without one they answer at 80
    and 443. Compared is what a browser would reach: `LINK.Example.:443` is `link.example`. A link
    page (`/p/{slug}`) ends the way, so a code may lead there. What `refusal` refuses is not judged.
    """
    try:
        parts = urlsplit(url)
        door = (host_of(url), _door(parts.port or _DEFAULT_PORTS.get(parts.scheme)))
    except ValueError:
        return None
    if not door[0] or door not in {_own_door(host) for host in own_hosts}:
        return None
    return None if _LINK_PAGE.fullmatch(parts.path) else IN_CIRCLES


def host_of(url: str) -> str:
    """The host of the address in small ASCII letters, for search and lists; '' when it has none."""
    try:
        return ascii_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def location(url: str) -> str:
    """The address as bytes-safe ASCII for a Location header (RFC 9110 10.2.2, RFC 3987 3.1)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.isascii():
        authority = _ascii_authority(host)
        if parts.port:
            authority += f":{parts.port}"
        url = parts._replace(netloc=authority).geturl()
    return "".join(
        sign if sign.isascii() else "".join(f"%{byte:02X}" for byte in sign.encode())
        for sign in url
    )


def _disguised_scheme(url: str) -> str:
    """The scheme that is left when everything unseen is taken away, and backslashes with it."""
    seen = (sign for sign in url if unicodedata.category(sign) not in _HIDDEN and sign != "\\")
    found = _SCHEME.match(unicodedata.normalize("NFKC", "".join(seen)).lower())
    return found[1] if found else ""


def _authority_refusal(parts: SplitResult) -> str | None:
    if "@" in parts.netloc:
        return "Remove the user name and password from the address."
    try:
        if parts.port == 0:
            raise ValueError("no server listens at port 0")
    except ValueError:
        return "Correct the port of the address: a number from 1 to 65535."
    if (parts.hostname or "") in _DEFAULT_PORTS and parts.path.startswith("//"):
        return f"Write {parts.scheme}:// only once in the address."
    try:
        if "[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc):
            raise ValueError("signs around the brackets")
        ascii_host(parts.hostname or "")
    except ValueError:
        return "Correct the host of the address, for example https://example.com/welcome."
    return None


def _ascii_authority(host: str) -> str:
    try:
        return ascii_host(host)
    except ValueError:
        # Codes that were printed when the older rules of RFC 3490 decided go on leading there.
        return host.encode("idna").decode("ascii")


def _own_door(own_host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{own_host}")
    return ascii_host(parts.hostname or ""), _door(parts.port)


def _door(port: int | None) -> int:
    """The port; 80 and 443 are one door, as each leads to the other."""
    return 443 if port in (None, 80) else port or 443
