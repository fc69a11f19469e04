"""What single headers of a visit say, and the UTM parameters of its address; nothing is believed
that has no sense, and everything has a length that can be stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from activities.rules.utm import UTM_FIELDS

LONGEST_UTM = 200
LONGEST_QUERY = 2048
"""Of what is looked at for UTM parameters."""
MOST_PARAMETERS = 100

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_REFERRER = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?"
    r"(?P<host>[a-zA-Z0-9_-]{1,63}(?:\.[a-zA-Z0-9_-]{1,63})*)\.?(?::[0-9]*)?(?:[/?#]|$)"
)
_LONGEST_HOSTNAME = 253
_UTM = {f"utm_{field}": field for field in UTM_FIELDS}
_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def is_fetched_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser fetches it before anybody wants it, or for a small picture of it.

    `Sec-Purpose: prefetch;prerender` (Fetch, 3.11), `Purpose: prefetch` and `X-Moz: prefetch` of
    older browsers, `X-Purpose: preview` of Safari. `headers` have lower-case names.
    """
    for name in _AHEAD:
        purpose = headers.get(name)
        if purpose:
            said = purpose.lower()
            if "prefetch" in said or "preview" in said or "prerender" in said:
                return True
    return False


def first_language(header: str) -> str | None:
    """The first language of Accept-Language (RFC 9110 12.5.4), lower-cased; None when absent."""
    first = header.partition(",")[0].partition(";")[0].strip()
    return first.lower() if _LANGUAGE.fullmatch(first) else None


def referrer_domain(header: str) -> str | None:
    """The host of a Referer, without `www.`; None for what is none.

    The name of an app is one too (`android-app://com.example.reader`).
    """
    found = _REFERRER.match(header)
    if found is None:
        return None
    host = found["host"].lower().removeprefix("www.")
    return host if len(host) <= _LONGEST_HOSTNAME else None


def utm_of(query: str) -> dict[str, str]:
    """The UTM parameters of a raw query string, by `UTM_FIELDS`; blank ones are left out.

    Of one that is given twice the first value counts. Values are one line, cut to `LONGEST_UTM`.
    """
    found: dict[str, str] = {}
    for piece in query[:LONGEST_QUERY].split("&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
        name, _, value = piece.partition("=")
        field = _UTM.get(unquote_plus(name) if "%" in name else name)
        if field and field not in found:
            found[field] = line(unquote_plus(as_utf8(value)), LONGEST_UTM)
    return {field: found[field] for field in UTM_FIELDS if found.get(field)}


def as_utf8(text: str) -> str:
    """What was read as Latin-1, as UTF-8 if it is that: names in headers and queries are."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except ValueError:
        return text


def line(text: str, longest: int) -> str:
    """The text on one line, with single spaces for all that cannot be seen or stored, and cut."""
    seen = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(seen.split())[:longest].rstrip()
