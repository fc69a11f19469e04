"""GS1 element strings in their bracketed form, as `(01)09506000134352(10)ABC123`.

Source: GS1 General Specifications, chapter 3 (application identifiers), figure 7.8.5-2 (identifiers
of predefined length) and figure 7.11-1 (character set 82). Each element is looked at alone: which
of them go together is judged by `activities.rules.gs1.pairing`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from activities.rules.gs1.identifiers import needs_separator
from activities.rules.gs1.values import faults_of

SEPARATOR = "\x1d"
"""What readers tell between two elements, the first of which has no predefined length."""

ELEMENT = re.compile(r"\(([0-9]{2,4})\)([^()]*)")

UNREADABLE = (
    "Write each application identifier in parentheses before its data, and use them for nothing "
    "else: (01)09506000134352(10)ABC123."
)


@dataclass(frozen=True)
class Element:
    """An application identifier of two to four digits and what it says."""

    identifier: str
    data: str


def read_elements(text: str) -> tuple[Element, ...]:
    """The elements of a bracketed string; ValueError with a sentence for what is none.

    Parentheses are for identifiers alone, though character set 82 has them: a reader could not
    tell the two apart.
    """
    elements: list[Element] = []
    place = 0
    while place < len(text):
        found = ELEMENT.match(text, place)
        if found is None:
            raise ValueError(UNREADABLE)
        place = found.end()
        element = Element(*found.groups())
        for fault in faults_of(element.identifier, element.data):
            raise ValueError(fault.message)
        if element.identifier in {known.identifier for known in elements}:
            raise ValueError(f"({element.identifier}) is given twice.")
        elements.append(element)
    return tuple(elements)


def joined(elements: tuple[Element, ...]) -> str:
    """The data as a symbol carries it: no brackets, a separator where an element needs one."""
    parts = [element.identifier + element.data + _ending(element) for element in elements]
    return "".join(parts).removesuffix(SEPARATOR)


def bracketed(elements: tuple[Element, ...], opening: str = "(", closing: str = ")") -> str:
    """The elements with their identifiers in brackets."""
    return "".join(f"{opening}{each.identifier}{closing}{each.data}" for each in elements)


def _ending(element: Element) -> str:
    return SEPARATOR if needs_separator(element.identifier) else ""
