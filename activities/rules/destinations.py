"""Which addresses a code may lead to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST = 2048

_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f]")


def refusal(url: str) -> str | None:
    """Why this destination is refused, as one sentence; None when it is fine.

    http and https with a host, no credentials, no white space or control signs (they would split
    the Location header), at most 2048 characters.
    """
    if len(url) > LONGEST:
        return f"Ensure this address has no more than {LONGEST} characters."
    if _CONTROL_OR_SPACE.search(url):
        return "Remove spaces and control characters from the address."
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "Enter a valid address, for example https://example.com/welcome."
    if parts.scheme.lower() not in ("http", "https") or not host or not _writable(url):
        return "Enter an http or https address, for example https://example.com/welcome."
    if parts.username or parts.password:
        return "Remove the user name and password from the address."
    return None


def location(url: str) -> str:
    """The address as bytes-safe ASCII for a Location header (RFC 9110 10.2.2, RFC 3987 3.1)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.isascii():
        authority = host.encode("idna").decode("ascii")
        if parts.port:
            authority += f":{parts.port}"
        url = parts._replace(netloc=authority).geturl()
    return "".join(
        sign if sign.isascii() else "".join(f"%{byte:02X}" for byte in sign.encode())
        for sign in url
    )


def _writable(url: str) -> bool:
    """Whether the address can be written in ASCII: its host has an IDNA form, no lone surrogate."""
    try:
        location(url)
    except UnicodeError:
        return False
    return True
