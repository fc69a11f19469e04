"""Requests that are nothing but a visit, read from the bytes that came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from activities.visitors import Said, read_headers

_METHODS = {b"GET": "GET", b"HEAD": "HEAD"}
_LINE = re.compile(rb"(GET|HEAD) (/[A-Za-z0-9\-._~!$&'()*+,;=:@/?]{0,4095}) HTTP/1\.1")
_BLOCK = re.compile(rb"(?:[A-Za-z0-9!#$%&'*+\-.^_`|~]+:[\t -~\x80-\xff]*\r\n)+\r\n")
"""One whole request that can be read in one way only (RFC 9112 2 to 5), and nothing after.

What is spelled in any other way is read by the server's parser.
"""
_HEADER = re.compile(r"([^:\r]+):[ \t]*([^\r]*?)[ \t]*\r\n")
_MORE = frozenset(("content-length", "transfer-encoding", "connection", "expect", "upgrade"))
"""Headers of requests that may be more than a visit, or not leave the connection as it was."""

_SAID_BY_MANY = frozenset(
    (
        *("host", "user-agent", "accept", "accept-language", "accept-encoding", "referer"),
        *("sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "upgrade-insecure-requests"),
        *("sec-fetch-site", "sec-fetch-mode", "sec-fetch-user", "sec-fetch-dest", "priority"),
        *("sec-purpose", "purpose", "x-purpose", "x-moz", "dnt", "sec-gpc", "te", "pragma"),
        "cache-control",
    )
)
"""Headers that tell browsers apart and not people: no address, cookie or credential is among them.

Only blocks of nothing else are remembered.
"""
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 2048, 1024


class Head(NamedTuple):
    """The headers of a request, names in small letters, and what they say of the visitor."""

    headers: Mapping[str, str]
    said: Said


_HEADS: dict[bytes, Head] = {}
"""Browsers of one kind say the same, and so does one visitor each time."""


class Request(NamedTuple):
    """One whole request without a body; `url` is ASCII."""

    method: str
    url: str
    head: Head


def read_request(data: bytes) -> Request | None:
    """The request that these data are; None for what needs the server's parser."""
    line, _, block = data.partition(b"\r\n")
    request = _LINE.fullmatch(line)
    if request is None:
        return None
    head = _HEADS.get(block) or _read_head(block)
    if head is None:
        return None
    return Request(_METHODS[request[1]], request[2].decode("ascii"), head)


def _read_head(block: bytes) -> Head | None:
    """None for what is no such block, repeats a header, or says more than a visit does."""
    if not _BLOCK.fullmatch(block):
        return None
    lines = _HEADER.findall(block.decode("latin-1"))
    headers = {name.lower(): value for name, value in lines}
    if len(headers) < len(lines) or not _MORE.isdisjoint(headers):
        return None
    head = Head(headers, read_headers(headers))
    if len(block) <= _LONGEST_REMEMBERED and headers.keys() <= _SAID_BY_MANY:
        while len(_HEADS) >= _MOST_REMEMBERED:
            del _HEADS[next(iter(_HEADS))]
        _HEADS[block] = head
    return head
