"""Pages of a machine under development, for a caller on this very machine.

Somebody is here who asks from loopback by a name of this machine: a page elsewhere whose name was
turned to loopback, or a proxy in front, is not.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

_HERE = ("localhost", "127.0.0.1", "::1")
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def asked_from_here(scope: Scope) -> bool:
    """Whether the request comes from this machine, and not through a page of elsewhere."""
    headers, client = Headers(scope=scope), scope.get("client")
    if client is None or any(name in headers for name in _FORWARDED):
        return False
    origin = headers.get("origin")
    try:
        if origin is not None and urlsplit(origin).hostname not in _HERE:
            return False
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        return host in _HERE and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def wants_json(scope: Scope) -> bool:
    """Whether a script asks: `?format=json`, or `Accept: application/json`."""
    accept = Headers(scope=scope).get("accept", "")
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("format")
    return asked == ["json"] or ("application/json" in accept and "text/html" not in accept)
