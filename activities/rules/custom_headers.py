"""Headers that the owner of an endpoint adds to its messages, such as a token of the receiver.

Names are tokens (RFC 9110 5.6.2), values visible ASCII with spaces inside (5.5).
What frames the message, what we sign with and what proxies believe is ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST = 20
LONGEST_NAME = 100
LONGEST_VALUE = 1024

REDACTED = "********"
"""What owners are shown in place of a value. Sent back it stands for the value that is kept."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")

_OURS = frozenset(
    (
        *("host", "content-length", "content-type", "content-encoding", "transfer-encoding"),
        *("connection", "keep-alive", "te", "trailer", "upgrade", "http2-settings", "expect"),
        *("user-agent", "accept-encoding", "date", "via", "forwarded", "x-real-ip"),
        *("cookie", "cookie2", "set-cookie", "traceparent", "tracestate", "baggage"),
        *("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
    )
)
_OUR_BEGINNINGS = (
    *("webhook-", "x-inkode-", "x-innkie-", "x-qrscanink-", "x-inkloom-"),
    *("proxy-", "sec-", "x-forwarded-", "access-control-"),
)


def headers_refusal(headers: Mapping[str, str]) -> str | None:
    """What is wrong with the headers, as a sentence that repeats no value; None when nothing is."""
    if len(headers) > MOST:
        return f"Give at most {MOST} headers."
    if len({name.lower() for name in headers}) < len(headers):
        return "Give each header once; capitals make no difference."
    for name, value in headers.items():
        if len(name) > LONGEST_NAME or not _TOKEN.fullmatch(name):
            return f"Write names of up to {LONGEST_NAME} letters, digits and hyphens."
        if is_ours(name):
            return f"Leave {name} out; it is set by us or not sent."
        if len(value) > LONGEST_VALUE or not _VALUE.fullmatch(value):
            return f"Give {name} a value of 1 to {LONGEST_VALUE} visible ASCII characters."
    return None


def is_ours(name: str) -> bool:
    """Whether owners may not set this header."""
    low = name.lower()
    return low in _OURS or low.startswith(_OUR_BEGINNINGS)


def kept(given: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The headers that shall be, where one given as `REDACTED` keeps the value it had before.

    `ValueError` with a sentence when it had none.
    """
    had = {name.lower(): value for name, value in before.items()}
    values = {}
    for name, value in given.items():
        if value == REDACTED and name.lower() not in had:
            raise ValueError(f"Give {name} its value: there is none yet.")
        values[name] = had[name.lower()] if value == REDACTED else value
    return values


def redacted(headers: Mapping[str, str]) -> dict[str, str]:
    """The same names, and nothing of their values."""
    return dict.fromkeys(headers, REDACTED)
