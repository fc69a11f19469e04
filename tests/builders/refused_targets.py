"""Addresses and URLs to which nothing may ever be sent on behalf of somebody."""

from __future__ import annotations

REFUSED_ADDRESSES = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.1",
    "192.88.99.3",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
"""No request is sent to these, written in a URL or behind a name."""

REFUSED_URLS = (
    "http://localhost/",
    "https://localhost./",
    "https://foo.localhost/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://metadata.google.internal/",
    "https://user:pass@example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "https://example.com:22/",
    "https://example.com:25/",
    "//example.com/",
    "https://",
)
"""No request is sent to these, whatever their names resolve to."""


def url_at(address: str) -> str:
    """The address as the host of a URL."""
    return f"https://[{address}]/" if ":" in address else f"https://{address}/"


EVERY_URL = (*REFUSED_URLS, *map(url_at, REFUSED_ADDRESSES))
