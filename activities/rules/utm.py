"""UTM parameters of a link, and the query string that a visit carries on.

The address of the link stays byte for byte as it is, but for what is added. Sources: RFC 3986 3.4
and 3.5, and the form encoding of the URL standard, by which parameters are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from activities.rules.findings import Findings

UTM_FIELDS = ("source", "medium", "campaign", "term", "content")

LONGEST = 200
LONGEST_PASSED = 2048
"""Of what is kept of a visitor's query string; parameters are kept whole or not at all."""

_QUERY_SIGNS = "!$%'()*+,-./:;=?@_~[]"


def normalised_utm(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields that are set, trimmed, in the order of `UTM_FIELDS`; None and blank are unset.

    Raises `InvalidFields` by paths such as `utm.source`.
    """
    found = Findings()
    given = found.read_object(fields, "utm", UTM_FIELDS)
    lines = {name: found.read_line(given.get(name), f"utm.{name}", LONGEST) for name in UTM_FIELDS}
    found.settle()
    return {name: line for name, line in lines.items() if line}


def merged(url: str, utm: Mapping[str, str], passed_query: str | None) -> str:
    """The address with the link's UTM parameters and what the visitor brought.

    The link's own UTM wins: it replaces what the address says, in the same place, and is appended
    where the address says nothing. Then follow the parameters of `passed_query`, except those whose
    name the address has by now: a visitor changes neither what the address fixes nor the link's
    UTM. What may not stand in a query is percent-encoded. The fragment stays last.

    `passed_query` is raw, without `?`, decoded as UTF-8 with surrogateescape; None or empty when
    nothing is to be carried on.
    """
    whole, hash_sign, fragment = url.partition("#")
    address, mark, query = whole.partition("?")
    pieces, missing = _overridden(query.split("&") if query else [], utm)
    taken = {_name(piece) for piece in (*pieces, *missing) if piece}
    added = missing + [p for p in _passed(passed_query or "") if _name(p) not in taken]
    if added:
        mark = "?"
        pieces = (pieces[:-1] if pieces and not pieces[-1] else pieces) + added
    return f"{address}{mark}{'&'.join(pieces)}{hash_sign}{fragment}"


def _overridden(pieces: list[str], utm: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The parameters with UTM put in, once, where it stood first; and UTM that stood nowhere."""
    wanted = {
        f"utm_{name}": f"utm_{name}={quote(utm[name], safe='')}"
        for name in UTM_FIELDS
        if name in utm
    }
    kept: list[str] = []
    missing = dict(wanted)
    for piece in pieces:
        name = _name(piece)
        if name not in wanted:
            kept.append(piece)
        elif name in missing:
            kept.append(missing.pop(name))
    return kept, list(missing.values())


def _passed(query: str) -> list[str]:
    """The visitor's parameters that fit, encoded so that they stay inside the query."""
    kept: list[str] = []
    room = LONGEST_PASSED
    for piece in query.split("&"):
        spelled = quote(piece, safe=_QUERY_SIGNS, errors="surrogateescape")
        if spelled and len(spelled) <= room:
            room -= len(spelled) + 1
            kept.append(spelled)
    return kept


def _name(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0])
