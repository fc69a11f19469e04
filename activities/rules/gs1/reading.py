"""The elements that a text has, in each of the forms in which people and machines write them.

Nothing is judged here but the form itself: what an element says is left to
`activities.rules.gs1.values`, which of them go together to `activities.rules.gs1.pairing`.
"""

from __future__ import annotations

import re
from typing import Literal

from activities.rules.element_strings import ELEMENT, SEPARATOR, UNREADABLE
from activities.rules.gs1.identifiers import IDENTIFIERS, name_length, needs_separator
from activities.rules.gs1.uris import Found, Reading, read_uri
from activities.rules.gs1.values import Fault, longest

Form = Literal["gtin", "element_string", "digital_link"]

LONGEST = 2048
"""Characters of a text that is looked at."""

_NEXT = re.compile(r"\([0-9]{2,4}\)")
_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1|I1)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GTIN_LENGTHS = (8, 12, 13, 14)
_SPELLED_SEPARATOR = "\u241d"


def form_of(text: str) -> Form:
    """What the text looks like."""
    if _SCHEME.match(text):
        return "digital_link"
    if re.fullmatch(r"[0-9 -]{1,14}", text):
        return "gtin"
    return "element_string"


def read(text: str, form: Form) -> Reading:
    """The elements of the text, and what is wrong with its form."""
    if not text:
        return Reading((), (Fault("empty", "Give a GTIN, an element string or a Digital Link."),))
    if form == "gtin":
        return _read_gtin(text)
    if form == "digital_link":
        return read_uri(text)
    return _read_bracketed(text) if text.startswith("(") else _read_plain(text)


def _read_gtin(text: str) -> Reading:
    wrong = re.search("[^0-9]", text)
    if wrong:
        told = "A GTIN has digits only, no spaces and no hyphens."
        return Reading((), (Fault("character", told, "01", wrong.start()),))
    if len(text) not in _GTIN_LENGTHS:
        told = f"A GTIN has 8, 12, 13 or 14 digits; these are {len(text)}."
        return Reading((), (Fault("length", told, "01", 0),))
    return Reading((Found("01", text.zfill(14), 0),), ())


def _read_bracketed(text: str) -> Reading:
    """The elements that can be read, whatever is between them."""
    found: list[Found] = []
    faults: list[Fault] = []
    place = 0
    while place < len(text):
        element = ELEMENT.match(text, place)
        if element is None:
            faults.append(Fault("syntax", UNREADABLE, None, place))
            following = _NEXT.search(text, place + 1)
            place = following.start() if following else len(text)
            continue
        found.append(Found(element[1], element[2], place))
        place = element.end()
    return Reading(tuple(found), tuple(faults))


def _read_plain(text: str) -> Reading:
    """The elements of what a symbol carries: separators where an element needs one.

    A symbology identifier in front is left out; U+241D stands for the separator as well.
    """
    begin = _SYMBOLOGY.match(text)
    place = begin.end() if begin else 0
    text = text.replace(_SPELLED_SEPARATOR, SEPARATOR)
    if text.startswith(SEPARATOR, place):
        place += 1
    found: list[Found] = []
    faults: list[Fault] = []
    while place < len(text):
        name = text[place : place + name_length(text[place : place + 2])]
        end = text.find(SEPARATOR, place)
        end = len(text) if end < 0 else end
        if name not in IDENTIFIERS:
            told = f"No application identifier begins with '{text[place : place + 4]}'."
            faults.append(Fault("unknown_ai", told, None, place))
        else:
            if not needs_separator(name):
                end = min(end, place + len(name) + longest(name))
            found.append(Found(name, text[place + len(name) : end], place))
        place = end + text.startswith(SEPARATOR, end)
        if place == len(text) and end < place:
            told = "A separator is only needed between two elements; take it off the end."
            faults.append(Fault("separator", told, None, end))
    return Reading(tuple(found), tuple(faults))
