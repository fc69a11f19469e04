"""Arithmetic of inventory: what a movement does to the levels of an item by location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from activities.rules.errors import InvalidFields

Movement = Literal["in", "out", "adjust", "transfer"]

KINDS: tuple[Movement, ...] = get_args(Movement)
MOST = 1_000_000_000_000
"""The largest quantity and level; what an item has at all its locations is inside eight bytes."""

_ENDS: Mapping[str, tuple[bool, bool]] = {
    "in": (False, True),
    "out": (True, False),
    "adjust": (False, True),
    "transfer": (True, True),
}
"""Whether a movement has a location that it comes from, and one that it goes to."""


def applied(
    levels: Mapping[str, int],
    kind: Movement,
    quantity: int,
    from_location: str | None,
    to_location: str | None,
    *,
    negative_allowed: bool = False,
) -> dict[str, int]:
    """The levels after the movement; `levels` stay as they are. A location without level has 0.

    `in` adds to a location, `out` takes from one, `transfer` does both, `adjust` sets the level of
    `to_location` to `quantity`. Raises `InvalidFields` on `kind`, `quantity`, `from_location` or
    `to_location`; no level falls below 0 by it unless `negative_allowed`.
    """
    if wrong := _faults(kind, quantity, from_location, to_location, negative_allowed):
        raise InvalidFields(wrong)
    after = dict(levels)
    if kind == "adjust":
        after[to_location or ""] = quantity
        return after
    if from_location:
        here = after.get(from_location, 0)
        if here < quantity and not negative_allowed:
            raise InvalidFields({"quantity": [f"Only {max(here, 0)} are at this location."]})
        after[from_location] = here - quantity
    if to_location:
        after[to_location] = after.get(to_location, 0) + quantity
    if any(abs(after[end]) > MOST for end in (from_location, to_location) if end):
        raise InvalidFields({"quantity": [f"A location holds no more than {MOST}."]})
    return after


def crossed(before: int, after: int, threshold: int | None) -> bool:
    """Whether stock fell to its threshold just now: it was above, and is at or below."""
    return threshold is not None and before > threshold >= after


def _faults(
    kind: str, quantity: int, from_location: str | None, to_location: str | None, negative: bool
) -> dict[str, list[str]]:
    if kind not in _ENDS:
        return {"kind": [f"Use one of {', '.join(KINDS)}."]}
    wrong: dict[str, list[str]] = {}
    given = {"from_location": from_location, "to_location": to_location}
    for (field, location), needed in zip(given.items(), _ENDS[kind], strict=True):
        if needed and not location:
            wrong[field] = [f"Give this location: a movement '{kind}' needs it."]
        elif location and not needed:
            wrong[field] = [f"Remove this location: a movement '{kind}' has none."]
    if kind == "transfer" and from_location and from_location == to_location:
        wrong["to_location"] = ["Give another location than the one it comes from."]
    least = 1 if kind != "adjust" else -MOST if negative else 0
    if not least <= quantity <= MOST:
        wrong["quantity"] = [f"Give a whole number from {least} to {MOST}."]
    return wrong
