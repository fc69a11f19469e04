"""Single cells of a file, as other platforms write them. Nothing here raises.

What a cell hides behind an escape (`%00`, `"\\ud800"`) is answered only as text that can be kept.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, urlsplit

_YES = frozenset({"true", "yes", "y", "1", "on", "active", "enabled", "live"})
_NO = frozenset({"false", "no", "n", "0", "off", "inactive", "disabled", "paused"})
_NUMBER = re.compile(r"[0-9]{1,18}")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([ ,.'\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3}){0,4}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and half of a surrogate pair is no character."""


def read_yes(text: str) -> bool | None:
    """Yes or no in one of its words; None for another word."""
    word = text.lower()
    return True if word in _YES else False if word in _NO else None


def read_number(text: str) -> int | None:
    """A count, also one grouped by thousands (`1,234`); None when it is not one."""
    if _NUMBER.fullmatch(text):
        return int(text)
    if _GROUPED.fullmatch(text):
        return int("".join(sign for sign in text if sign.isascii() and sign.isdigit()))
    return None


def read_short_url(text: str) -> tuple[str, str]:
    """The host of a short link and the last part of its path; an empty text for what is missing.

    The scheme may be missing (`bit.ly/abc`). Of a list, as Bitly's custom links are, the first
    counts. An address that is neither http nor https, or that carries a password, gives nothing.
    """
    first = re.split(r"[\s,;|]+", text.strip("[]\"' \t"), maxsplit=1)[0].strip("\"'")
    try:
        parts = urlsplit(first if _SCHEME.match(first) else f"https://{first}")
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "", ""
    if parts.scheme.lower() not in ("http", "https") or parts.username is not None:
        return "", ""
    return host, _storable(unquote(parts.path.rstrip("/").rpartition("/")[2]))


def read_tags(text: str) -> tuple[str, ...]:
    """The tags of a cell, each once: a JSON list, or separated by `|`, else `;`, else `,`."""
    found = _listed(text)
    if found is None:
        separator = next((sign for sign in "|;" if sign in text), ",")
        found = text.split(separator)
    unique: dict[str, str] = {}
    for tag in found:
        bare = " ".join(tag.split())
        if bare:
            unique.setdefault(bare.casefold(), bare)
    return tuple(unique.values())


def _listed(text: str) -> list[str] | None:
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [part.strip(" \"'") for part in text[1:-1].split(",")]
    return [_storable(part) for part in found if isinstance(part, str)]


def _storable(text: str) -> str:
    return _NO_TEXT.sub("\ufffd", text)
