"""Signs of a text that nobody sees, but that make two texts differ, hide or turn one."""

from __future__ import annotations

import unicodedata

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u2800\u3164\uffa0"
"""Letters and marks that are drawn as nothing."""

_JOINERS = "\u200c\u200d"
_TAGS = range(0xE0020, 0xE0080)
"""They spell the flags of England, Scotland and Wales (Unicode TR 51) behind a black flag."""


def hidden_sign(text: str, *, may_break: bool = False) -> bool:
    """Whether the text has a control, invisible or direction-turning sign.

    Joiners between two signs of other scripts (Persian words, families of emoji) are a part of
    writing and let through; line feeds are with `may_break`.
    """
    return any(
        (unicodedata.category(sign) in _HIDDEN or sign in _BLANK)
        and not (may_break and sign == "\n")
        and not _is_written(text, place)
        for place, sign in enumerate(text)
    )


def one_line(text: str) -> str:
    """The text composed (NFC), trimmed, each run of white space a single space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def bare(text: str) -> str:
    """What is left to compare two texts by: without case, width, joiners and emoji style."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(
        sign for sign in folded if sign not in _JOINERS and sign not in ("\ufe0e", "\ufe0f")
    )


def _is_written(text: str, place: int) -> bool:
    """Whether this hidden sign has a use where it stands."""
    before = text[place - 1] if place else ""
    if ord(text[place]) in _TAGS:
        return before == "\U0001f3f4" or (before != "" and ord(before) in _TAGS)
    after = text[place + 1] if place + 1 < len(text) else ""
    return text[place] in _JOINERS and all(sign > "\u0590" for sign in (before, after))
