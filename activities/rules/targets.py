"""Where outgoing requests may go: only to the public internet.

The deny table is our own. `ipaddress.is_global` changes from release to release and calls several
ranges public that lead inside (168.63.129.16 is a cloud's internal service, 192.0.0.192 another's).
Sources: IANA special-purpose address registries for IPv4 and IPv6, RFC 6890, 6761, 6762.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from activities.rules.hosts import ascii_name

MAX_URL_CHARACTERS = 2048

_DENIED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; one cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # one cloud's internal services, in public space
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112 anycast
        "192.52.193.0/24",  # AMT anycast
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112 anycast
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

# Only 2000::/3 is global unicast. What embeds an IPv4 address (mapped, compatible, NAT64) lies
# outside it; 6to4 and Teredo lie inside and are denied whole, whatever they embed.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112 anycast
        "3fff::/20",  # documentation
    )
)

_PRIVATE_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in ("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_PRIVATE_V6 = (ipaddress.IPv6Network("::1/128"), ipaddress.IPv6Network("fc00::/7"))
# Unique-local addresses at which two clouds hand out credentials.
_METADATA_V6 = (ipaddress.IPv6Address("fd00:ec2::254"), ipaddress.IPv6Address("fd20:ce::254"))

_PRIVATE_SUFFIXES = frozenset(
    {"corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "onion"}
    | {"private"}
)
_DEFAULT_PORTS = {"https": 443, "http": 80}
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]"


class TargetRefused(ValueError):
    """An address that no request is sent to.

    `reason` is stable and short, for machines; `advice` is a sentence for whoever entered it.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(advice)
        self.reason = reason
        self.advice = advice


@dataclass(frozen=True)
class Target:
    """An accepted URL in canonical parts, all ASCII.

    `host` is a lower-case name without a trailing dot, or an address without brackets;
    `address` is the host when it is an address, else None: a name is still to be resolved, and
    every address it has is to be judged by `denied_address`.
    """

    scheme: str
    host: str
    port: int
    path_qs: str
    address: str | None

    @property
    def url(self) -> str:
        """The URL to send to. It has one reading only, whichever parser reads it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.port == _DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{host}{'' if default else f':{self.port}'}{self.path_qs}"


def denied_address(ip: str, *, allow_private: bool = False) -> bool:
    """Whether no request may go to this address; what is not an address is denied.

    `allow_private` lets loopback, RFC 1918 and unique-local addresses through, nothing else.
    """
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        if allow_private and any(address in network for network in _PRIVATE_V4):
            return False
        return any(address in network for network in _DENIED_V4)
    if address.scope_id is not None:
        return True
    if allow_private and any(address in network for network in _PRIVATE_V6):
        return address in _METADATA_V6
    return address not in _GLOBAL_V6 or any(address in network for network in _DENIED_V6)


def parse_target(url: str, *, allow_http: bool, allow_private: bool) -> Target:
    """Read a URL that somebody gave; raises `TargetRefused`.

    https (http with `allow_http`), port 80, 443 or from 1024, no credentials, a public name or
    address, at most 2048 characters. A fragment is dropped, as it is never sent.
    `allow_private` lets private addresses, `localhost` and names of local networks through.
    """
    parts = _split(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise TargetRefused("scheme", "Enter a complete address that starts with https://.")
    if parts.scheme == "http" and not allow_http:
        raise TargetRefused("not_https", "Use https:// instead of http://.")
    if "@" in parts.netloc:
        raise TargetRefused(
            "credentials", "Remove the user name and password in front of the host."
        )
    port = _port(parts)
    host, address = _host(parts, allow_private)
    path_qs = quote(parts.path or "/", safe=_PATH_SAFE)
    if parts.query:
        path_qs += "?" + quote(parts.query, safe=_QUERY_SAFE)
    return Target(parts.scheme, host, port, path_qs, address)


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that `parse_target` let through once."""
    target = parse_target(url, allow_http=True, allow_private=True)
    return target.scheme, target.host, target.port


def _split(url: str) -> SplitResult:
    if len(url) > MAX_URL_CHARACTERS:
        raise TargetRefused(
            "too_long", f"Shorten the address to {MAX_URL_CHARACTERS} characters or fewer."
        )
    # urlsplit drops tabs and line breaks; other parsers read a backslash as a slash.
    if _UNSAFE.search(url):
        raise TargetRefused(
            "malformed", "Remove spaces, control characters and backslashes from the address."
        )
    try:
        parts = urlsplit(url)
        url.encode("utf-8")
    except ValueError:
        raise TargetRefused("malformed", "Correct the address: it cannot be read.") from None
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        raise TargetRefused("port", "Correct the port: a number up to 65535.") from None
    if port not in (80, 443) and port < 1024:
        raise TargetRefused("port", "Use port 443, port 80, or a port from 1024 up.")
    return port


def _host(parts: SplitResult, allow_private: bool) -> tuple[str, str | None]:
    """The canonical host, and the same again if it is an address."""
    given = parts.hostname or ""
    if not given:
        raise TargetRefused("no_host", "Add a host name, for example https://example.com/hooks.")
    if "[" in parts.netloc:
        address = _literal_v6(given, parts.netloc)
    else:
        name = _ascii_name(given)
        # The last label decides, as in the URL standard: 127.1 and 0x7f000001 are numbers too.
        if not _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
            _check_name(name, allow_private)
            return name, None
        address = _literal_v4(given)
    if denied_address(address, allow_private=allow_private):
        raise TargetRefused(
            "not_public", "Use a host on the public internet: this address is not public."
        )
    return address, address


def _literal_v6(text: str, netloc: str) -> str:
    try:
        if not _BRACKETED.fullmatch(netloc):
            raise ValueError
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise TargetRefused("malformed", "Correct the IPv6 address in brackets.") from None


def _literal_v4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise TargetRefused(
            "malformed", "Write an IPv4 address as four decimal numbers, or use a host name."
        ) from None


def _ascii_name(given: str) -> str:
    try:
        name = ascii_name(given)
    except ValueError:
        name = ""
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise TargetRefused("malformed", "Correct the host name, or write it in its xn-- form.")
    return name


def _check_name(name: str, allow_private: bool) -> None:
    if allow_private:
        return
    labels = name.split(".")
    if len(labels) == 1 or labels[-1] in _PRIVATE_SUFFIXES or labels[-2:] == ["home", "arpa"]:
        raise TargetRefused(
            "not_public", "Use a host on the public internet: this name is of a local network."
        )
