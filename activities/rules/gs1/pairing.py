"""Which application identifiers go together.

Source: GS1 General Specifications 4.14 (mandatory associations, invalid pairs), which are meant for
all symbols on an item together: one symbol alone may lack what another has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from activities.rules.gs1.identifiers import IDENTIFIERS
from activities.rules.gs1.uris import Found
from activities.rules.gs1.values import Fault


def pair_faults(found: Sequence[Found]) -> Iterator[Fault]:
    """What is there twice, lacks its company, or must not be beside another; each pair once."""
    places: dict[str, int] = {}
    for each in found:
        if each.name in places:
            told = f"({each.name}) is given twice."
            yield Fault("duplicate_ai", told, each.name, each.position)
        places.setdefault(each.name, each.position)
    told_pairs: set[frozenset[str]] = set()
    for name in places:
        known = IDENTIFIERS.get(name)
        if known is None:
            continue
        if known.needs and not any(_is_there(company, places) for company in known.needs):
            yield Fault("missing_ai", _wanted(name, known.needs), name, places[name])
        for other in _clashing(name, known.never, places):
            pair = frozenset((name, other))
            if pair not in told_pairs:
                told_pairs.add(pair)
                told = f"({name}) and ({other}) cannot be together."
                yield Fault("conflicting_ai", told, name, places[name])


def _is_there(company: tuple[str, ...], places: dict[str, int]) -> bool:
    return all(any(_pattern(wanted).fullmatch(name) for name in places) for wanted in company)


def _clashing(name: str, never: tuple[str, ...], places: dict[str, int]) -> Iterator[str]:
    for other in places:
        if other != name and any(_pattern(each).fullmatch(other) for each in never):
            yield other


def _wanted(name: str, needs: tuple[tuple[str, ...], ...]) -> str:
    ways = [" with ".join(f"({each})" for each in company) for company in needs]
    listed = ways[0] if len(ways) == 1 else f"{', '.join(ways[:-1])} or {ways[-1]}"
    return f"({name}) needs {listed} beside it."


@cache
def _pattern(spelled: str) -> re.Pattern[str]:
    return re.compile(spelled.replace("n", "[0-9]"))
