"""Domains that customers bring for their short links, and how they prove that they own them.

The proof is a TXT record at a name of its own below the domain (as in RFC 8555 8.4), so nothing
that the domain serves has to change first.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from activities.rules.errors import InvalidFields
from activities.rules.hosts import ascii_host, is_address

CHALLENGE = "_inkloom-challenge"
VALUE = "inkloom-verify="
LONGEST = 253 - len(CHALLENGE) - 1
"""Of a name: with the challenge before it, it is still one that DNS can answer for (RFC 1035)."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_NOT_PUBLIC = frozenset(
    {"arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain"}
    | {"localhost", "onion", "private"}
)
_EXAMPLE = "for example links.example.com"


def normalised(hostname: str, own_hosts: Collection[str] = ()) -> str:
    """The domain in small ASCII letters (IDNA), without white space around it or a trailing dot.

    Raises `InvalidFields` on `hostname` for what is more or less than a public name of two labels:
    addresses with scheme, path or port, wildcards, IP addresses, names of local networks, and names
    equal to or below one of `own_hosts` (hosts with an optional port, as in `public_url`).
    """
    given = hostname.strip()
    if refusal := _shape_refusal(given):
        raise InvalidFields({"hostname": [refusal]})
    try:
        name = ascii_host(given)
    except ValueError:
        raise InvalidFields({"hostname": [f"Enter a valid domain, {_EXAMPLE}."]}) from None
    if refusal := _name_refusal(name) or _own_refusal(name, own_hosts):
        raise InvalidFields({"hostname": [refusal]})
    return name


def challenge_name(hostname: str) -> str:
    """Where the TXT record is looked for."""
    return f"{CHALLENGE}.{hostname}"


def challenge_value(token: str) -> str:
    """What the TXT record has to say."""
    return f"{VALUE}{token}"


def is_answered(values: Iterable[str], token: str) -> bool:
    """Whether one of the TXT values proves this token, however quoted; compared in constant time.

    An empty token is never proved.
    """
    expected = challenge_value(token).encode()
    answered = False
    for value in values:
        bare = "".join(value.split()).replace('"', "").replace("'", "")
        answered |= hmac.compare_digest(bare.encode(errors="replace"), expected)
    return answered and bool(token)


def _shape_refusal(given: str) -> str | None:
    if not given:
        return f"Enter a domain, {_EXAMPLE}."
    if "://" in given or any(sign in given for sign in "/\\?#@"):
        return f"Enter the domain alone, without https:// or a path, {_EXAMPLE}."
    if "*" in given:
        return f"Enter one domain without a wildcard, {_EXAMPLE}."
    if given.startswith("[") or given.count(":") > 1:
        return f"Enter a domain instead of an IP address, {_EXAMPLE}."
    if ":" in given:
        return f"Enter the domain without a port, {_EXAMPLE}."
    return None


def _name_refusal(name: str) -> str | None:
    if is_address(name):
        return f"Enter a domain instead of an IP address, {_EXAMPLE}."
    labels = name.split(".")
    if len(labels) < 2:
        return f"Enter a whole domain, {_EXAMPLE}."
    if len(name) > LONGEST:
        return f"Ensure this domain has no more than {LONGEST} characters."
    if not all(_LABEL.fullmatch(label) for label in labels) or not _TOP.fullmatch(labels[-1]):
        return f"Enter a valid domain, {_EXAMPLE}."
    if labels[-1] in _NOT_PUBLIC:
        return f"Enter a domain of the public internet, {_EXAMPLE}."
    return None


def _own_refusal(name: str, own_hosts: Collection[str]) -> str | None:
    for own in own_hosts:
        host = ascii_host(urlsplit(f"//{own}").hostname or "")
        if name == host or name.endswith(f".{host}"):
            return "This domain is our own; enter a domain of yours."
    return None
