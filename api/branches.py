"""Refusals of a value that may be of several kinds, told as one.

Pydantic refuses such a value once for each kind, at a place that names the kind: `retry_policy,
list[constrained-float], 0`. Clients know neither: they are told what is wrong with the kind that
they gave, at the place where they gave it, or else what there may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Place = tuple[str | int, ...]
Problem = Mapping[str, Any]

_EXPECTED = "Input should be "
_KEY = "[key]"
"""What pydantic puts behind the name of an object's field that is a wrong name."""

_NOWHERE = object()


@dataclass(frozen=True)
class _Choice:
    """A value of several kinds: what is wrong with it, by the name of the kind."""

    place: Place
    kinds: dict[str | int, list[tuple[Place, Problem]]] = field(default_factory=dict)

    def told(self) -> list[tuple[Place, Problem]]:
        """What to tell of it."""
        fitting = [wrong for wrong in self.kinds.values() if not self._is_of_another(wrong)]
        if fitting:
            return min(fitting, key=len)
        refused = [wrong[0][1] for wrong in self.kinds.values()]
        allowed = _either([_allowed(problem) for problem in refused])
        return [(self.place, {"type": "no_kind", "msg": f"{_EXPECTED}{allowed}"})]

    def _is_of_another(self, wrong: Sequence[tuple[Place, Problem]]) -> bool:
        """Whether the value as a whole is of no such kind."""
        return any(
            place == self.place and problem["msg"].startswith(_EXPECTED) and _names_a_kind(problem)
            for place, problem in wrong
        )


def without_branches(problems: Sequence[Problem], given: object) -> Iterator[tuple[Place, Problem]]:
    """The problems with their places in the body that was given, those of one value as one.

    Places have no part for the body itself. Of what was not given as JSON nothing is known; its
    places are left as they are.
    """
    choices: dict[Place, _Choice] = {}
    found: list[tuple[Place, Problem] | _Choice] = []
    for problem in problems:
        parts = tuple(problem["loc"][1:])
        is_known = problem["loc"][0] == "body" and isinstance(given, Mapping | list)
        place, choice, kind = _walk(parts, given, problem) if is_known else (parts, None, "")
        if choice is None:
            found.append((place, problem))
            continue
        if choice not in choices:
            choices[choice] = _Choice(choice)
            found.append(choices[choice])
        choices[choice].kinds.setdefault(kind, []).append((place, problem))
    for one in found:
        yield from one.told() if isinstance(one, _Choice) else [one]


def _walk(parts: Place, given: object, problem: Problem) -> tuple[Place, Place | None, str | int]:
    """The parts that lead somewhere in what was given; the first place that is a choice, and the
    kind that was tried there."""
    place: list[str | int] = []
    choice: Place | None = None
    kind: str | int = ""
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        there = _at(given, part)
        if there is not _NOWHERE:
            given = there
        elif not (part == _KEY or (is_last and problem["type"] == "missing")):
            if choice is None:
                choice, kind = tuple(place), part
            continue
        place.append(part)
    judged = problem.get("input")
    if choice is None or not (given is judged or given == judged):
        # What was judged was put there by us, such as a default.
        return parts, None, ""
    return tuple(place), choice, kind


def _at(given: object, part: str | int) -> object:
    if isinstance(given, Mapping):
        return given.get(part, _NOWHERE)
    if isinstance(given, list) and isinstance(part, int) and part < len(given):
        return given[part]
    return _NOWHERE


def _names_a_kind(problem: Problem) -> bool:
    """Whether the problem is of the kind, and not of a value of that kind."""
    kind: str = problem["type"]
    return kind.endswith(("_type", "_error", "enum"))


def _allowed(problem: Problem) -> str:
    """What there may be, without the names of our classes."""
    if problem["type"] == "model_type":
        return "an object"
    told: str = problem["msg"]
    return told.removeprefix(_EXPECTED)


def _either(allowed: Sequence[str]) -> str:
    """`a text, a number or a list`."""
    *more, last = dict.fromkeys(allowed)
    return f"{', '.join(more)} or {last}" if more else last
