"""How a host is written so that two spellings of one host are equal, as browsers read them.

Sources: WHATWG URL 3.5 (host parsing), RFC 3492 (punycode), RFC 5891 (IDNA 2008), RFC 5952.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

LONGEST = 253
LONGEST_LABEL = 63
"""Characters of a name and of each of its labels (RFC 1035, 2.3.4)."""

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_EMOJI_STYLE = "\ufe0f"


def ascii_host(host: str) -> str:
    """The host in small ASCII letters without a trailing dot; `ValueError` when it is none.

    International labels become `xn--`, an IPv4 address in any of its spellings (`127.1`,
    `0x7f000001`) four decimal numbers, an IPv6 address its short form, without brackets.
    """
    if ":" in host or host.startswith("["):
        if "%" in host:
            raise ValueError("a zone means something on one machine only")
        return str(ipaddress.IPv6Address(host.removeprefix("[").removesuffix("]")))
    name = ascii_name(host)
    if _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
        return _ipv4(name)
    return name


def ascii_name(given: str) -> str:
    """A name in small ASCII letters without a trailing dot; `ValueError` when it is none.

    Not by the codec `idna` of the standard library: by the older rules of RFC 3490 it sends what
    is meant for straße.de to strasse.de, which is somebody else's. What is too long is refused
    before it is encoded: the work of punycode grows with the square of a label.
    """
    if len(given) > LONGEST + len("."):
        raise ValueError("the host is longer than any host")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", given).lower())
    plain = folded.replace(_EMOJI_STYLE, "").replace("\u3002", ".").removesuffix(".")
    name = ".".join(_ascii_label(label) for label in plain.split("."))
    if len(name) > LONGEST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError("the host has an empty, overlong or misspelled label")
    return name


def is_address(host: str) -> bool:
    """Whether an `ascii_host` is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ascii_label(label: str) -> str:
    if len(label) > LONGEST_LABEL:
        raise ValueError("the host has an overlong label")
    if label.isascii():
        return label
    kinds = [unicodedata.category(sign) for sign in label if sign not in "-_"]
    if not all(kind[0] in "LMN" or kind == "So" for kind in kinds):
        raise ValueError("the host has a sign that no host has")
    return "xn--" + label.encode("punycode").decode("ascii")


def _ipv4(name: str) -> str:
    """WHATWG URL 3.5.3: up to four numbers, octal and hexadecimal too; the last fills the rest."""
    *first, last = (_number(part) for part in name.split("."))
    if len(first) > 3 or any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
        raise ValueError("the host is no IPv4 address")
    high = sum(part << (8 * (3 - place)) for place, part in enumerate(first))
    return str(ipaddress.IPv4Address(high + last))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    if not part.isdigit() or len(part) > LONGEST:
        raise ValueError("the host ends in a number but is no IPv4 address")
    return int(part, 8 if part.startswith("0") else 10)
