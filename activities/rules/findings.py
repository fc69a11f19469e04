"""Reading JSON that a client wrote: what is wrong is gathered by its path and told at once.

A path is spelled as the client wrote it, with dots and positions from 0: `rules.0.when.1.in`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from activities.rules import destinations
from activities.rules.errors import InvalidFields

LONGEST_ECHO = 40

_MOST_UNKNOWN = 5
_SANE_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_BREAKING = ("Cc", "Cs", "Zl", "Zp")


class Findings:
    """What is wrong with some JSON. Readers answer something harmless for what they refuse."""

    def __init__(self) -> None:
        self._told: dict[str, list[str]] = {}

    def tell(self, path: str, sentence: str | None) -> None:
        """Keep a sentence; None is no finding."""
        if sentence:
            self._told.setdefault(path, []).append(sentence)

    def settle(self) -> None:
        """Raise `InvalidFields` if anything was found."""
        if self._told:
            raise InvalidFields(self._told)

    def read_object(self, given: object, path: str, keys: Collection[str]) -> Mapping[str, Any]:
        """The object, without the keys that are not known; those are findings."""
        if not isinstance(given, Mapping):
            self.tell(path, "Give an object.")
            return {}
        unknown = [str(key) for key in given if key not in keys]
        for key in unknown[:_MOST_UNKNOWN]:
            self.tell(f"{path}.{echo(key)}", f"Known here are: {', '.join(keys)}.")
        return {key: value for key, value in given.items() if key in keys}

    def read_line(self, given: object, path: str, longest: int) -> str:
        """One line of text without spaces at its ends; empty for None."""
        if given is None:
            return ""
        if not isinstance(given, str):
            self.tell(path, "Give a text.")
            return ""
        line = given.strip()
        if len(line) > longest:
            self.tell(path, f"Ensure this has no more than {longest} characters.")
        elif any(unicodedata.category(sign) in _BREAKING for sign in line):
            self.tell(path, "Write it in one line, without control characters.")
        return line

    def read_destination(self, given: object, path: str) -> str:
        """An address that a code may lead to."""
        if not isinstance(given, str) or not given:
            self.tell(path, "Enter an address, for example https://example.com/welcome.")
            return ""
        self.tell(path, destinations.refusal(given))
        return given

    def read_https(self, given: object, path: str) -> str:
        """An https address; empty for None or an empty text."""
        if given is None or given == "":
            return ""
        url = self.read_destination(given, path)
        if url and not url.lower().startswith("https://"):
            self.tell(path, "Enter an address that starts with https://.")
        return url


def echo(given: object) -> str:
    """The beginning of what a client wrote, fit to be repeated: what cannot be seen is `?`."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(given)[:LONGEST_ECHO])


def ids_kept(given: Iterable[object], letter: str) -> list[str]:
    """An id for each place: the client's own when sane and the first of its kind, else r1, r2...

    Sane are 1 to 32 letters, digits, hyphens or underscores. A made id is `letter` and the lowest
    number that is free.
    """
    kept: list[str | None] = []
    for own in given:
        sane = isinstance(own, str) and _SANE_ID.fullmatch(own) and own not in kept
        kept.append(str(own) if sane else None)
    made = (f"{letter}{number}" for number in range(1, 2 * len(kept) + 1))
    free = (name for name in made if name not in kept)
    return [own or next(free) for own in kept]
