"""Content lines, of which vCards and iCalendar objects are made.

Source: RFC 2426 4 and 5, RFC 6350 3.2 to 3.4, RFC 5545 3.1 and 3.3.11, which agree on this.
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_LINE = 75
"""Octets of a line without its line end."""


def escaped(text: str) -> str:
    """A text value: backslash, semicolon, comma and line feed escaped."""
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, written)
    return text


def structured(parts: Iterable[str]) -> str:
    """A value of several texts, such as a name or a postal address."""
    return ";".join(escaped(part) for part in parts)


def document(lines: Iterable[str]) -> str:
    """The lines folded at 75 octets, never inside a character, each ended by CR LF."""
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _folded(line: str) -> str:
    pieces, length = [""], 0
    for sign in line:
        octets = len(sign.encode())
        if length + octets > LONGEST_LINE:
            pieces.append(" ")
            length = 1
        pieces[-1] += sign
        length += octets
    return "\r\n".join(pieces)
