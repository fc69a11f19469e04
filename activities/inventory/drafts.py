"""Words and numbers of inventory in the form to keep, judged before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activities.rules.errors import InvalidFields
from activities.rules.searching import search_text
from activities.rules.stock import MOST
from activities.rules.visible import hidden_sign, one_line

LONGEST_NAME = 200
LONGEST_SKU = 64
LONGEST_UNIT = 32
LONGEST_LOCATION = 64
LONGEST_PLACE = 200
LONGEST_NOTE = 500
MOST_LOCATIONS = 200
"""Where one item can be at a time."""

MAIN = "main"
"""The location of a movement that names none."""


def drafted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an item that a client decides, with its search text.

    `values` has `name`, `sku`, `unit`, `threshold`, `allows_negative` and `barcode_id`. White space
    at the ends does not count. Raises `InvalidFields`.
    """
    kept = {
        **values,
        "name": one_line(values["name"]),
        "sku": None if values["sku"] is None else one_line(values["sku"]),
        "unit": one_line(values["unit"]),
    }
    refusals = {
        "name": _line_refusal(kept["name"], LONGEST_NAME),
        "sku": None if kept["sku"] is None else _line_refusal(kept["sku"], LONGEST_SKU),
        "unit": _line_refusal(kept["unit"], LONGEST_UNIT),
        "threshold": _threshold_refusal(kept["threshold"]),
    }
    must_be_sound(refusals)
    return {**kept, "search_text": search_text(kept["name"], kept["sku"])}


def opening_of(stock: Mapping[str, int]) -> dict[str, int]:
    """The levels to begin with, by location. Raises `InvalidFields` on `opening_stock`."""
    opening: dict[str, int] = {}
    wrong = [] if len(stock) <= MOST_LOCATIONS else [f"Give at most {MOST_LOCATIONS} locations."]
    for name, quantity in stock.items():
        location = one_line(name)
        if refusal := _line_refusal(location, LONGEST_LOCATION):
            wrong.append(refusal)
        if not 0 <= quantity <= MOST:
            wrong.append(f"Give a whole number from 0 to {MOST} for each location.")
        if location in opening:
            wrong.append(f"'{location[:LONGEST_LOCATION]}' is there twice; give it once.")
        opening[location] = quantity
    if wrong:
        raise InvalidFields({"opening_stock": list(dict.fromkeys(wrong))})
    return {location: quantity for location, quantity in opening.items() if quantity}


def ends_of(
    kind: str, from_location: str | None, to_location: str | None
) -> tuple[str | None, str | None]:
    """Where a movement comes from and goes to, `main` where that goes without saying.

    A transfer names both. Raises `InvalidFields`.
    """
    source, goal = (
        None if name is None else one_line(name) for name in (from_location, to_location)
    )
    must_be_sound(
        {
            field: None if name is None else _line_refusal(name, LONGEST_LOCATION)
            for field, name in (("from_location", source), ("to_location", goal))
        }
    )
    if kind == "out" and source is None:
        source = MAIN
    if kind in ("in", "adjust") and goal is None:
        goal = MAIN
    return source, goal


def note_refusal(note: str) -> str | None:
    """Why this is no note; None when it is. It may have several lines."""
    if len(note) > LONGEST_NOTE:
        return f"Ensure this note has no more than {LONGEST_NOTE} characters."
    if hidden_sign(note.replace("\r\n", "\n"), may_break=True):
        return "Remove characters that cannot be seen."
    return None


def place_refusal(place: str | None) -> str | None:
    """Why this is no name of a place; None when it is, or there is none."""
    return None if place is None else _line_refusal(place, LONGEST_PLACE)


def must_be_sound(refusals: Mapping[str, str | None]) -> None:
    """Raise `InvalidFields` for the fields that have a refusal."""
    if wrong := {field: [said] for field, said in refusals.items() if said}:
        raise InvalidFields(wrong)


def _line_refusal(text: str, longest: int) -> str | None:
    if not text:
        return "Give this in letters or digits, or leave it out."
    if len(text) > longest:
        return f"Use at most {longest} characters."
    if hidden_sign(text):
        return "Remove characters that cannot be seen."
    return None


def _threshold_refusal(threshold: int | None) -> str | None:
    if threshold is None or 0 <= threshold <= MOST:
        return None
    return f"Give a whole number from 0 to {MOST}."
