"""A/B variants: several destinations of one asset, each with its share of the visitors.

A list of variants is JSON, stored as `normalised_variants` answers it:

    {"id": "v1", "name": "A", "destinationUrl": "https://...", "weight": 50}

Shares are weights over their sum. A variant of weight 0 is paused: it keeps its id and gets nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from activities.rules.findings import Findings, ids_kept

FEWEST, MOST = 2, 10
LARGEST_WEIGHT = 1000
LONGEST_NAME = 100

_KEYS = ("id", "name", "destinationUrl", "weight")
_LETTERS = "ABCDEFGHIJ"
_ROLL_BITS = 53


def normalised_variants(
    variants: Sequence[Mapping[str, Any]], field: str = "variants"
) -> list[dict[str, Any]]:
    """The variants as they are stored; normalising them again changes nothing.

    Each has an id of its own (see `ids_kept`) and a name, by default the letter of its place.
    Raises `InvalidFields` by paths such as `variants.1.weight`, where `field` is the beginning.
    """
    found = Findings()
    if not FEWEST <= len(variants) <= MOST:
        found.tell(field, f"Give {FEWEST} to {MOST} variants.")
        found.settle()
    ids = ids_kept((v.get("id") if isinstance(v, Mapping) else None for v in variants), "v")
    stored = []
    for place, given in enumerate(variants):
        path = f"{field}.{place}"
        variant = found.read_object(given, path, _KEYS)
        name = found.read_line(variant.get("name"), f"{path}.name", LONGEST_NAME)
        url = found.read_destination(variant.get("destinationUrl"), f"{path}.destinationUrl")
        weight = _weight(variant.get("weight"), f"{path}.weight", found)
        stored.append(
            {
                "id": ids[place],
                "name": name or _LETTERS[place],
                "destinationUrl": url,
                "weight": weight,
            }
        )
    found.settle()
    if not any(variant["weight"] for variant in stored):
        found.tell(field, "Give at least one variant a weight above 0.")
    found.settle()
    return stored


def choose(variants: Sequence[Mapping[str, Any]], roll: float) -> Mapping[str, Any]:
    """The variant for this roll in [0, 1), exactly in proportion to the weights.

    `variants` are normalised. Counted in whole numbers: no rounding gives the last one more or
    less than its share, or leads past it.
    """
    point = int(roll * 2**_ROLL_BITS) * sum(v["weight"] for v in variants) >> _ROLL_BITS
    for variant in variants:
        point -= variant["weight"]
        if point < 0:
            return variant
    raise ValueError("no variant has a weight, or the roll is not below 1")


def roll_of(visitor: str, asset: UUID) -> float:
    """The same roll in [0, 1) whenever this visitor comes to this asset, even after a restart.

    At another asset the roll of the visitor is another, so experiments do not overlap.
    """
    digest = sha256(asset.bytes + visitor.encode("utf-8", "surrogatepass")).digest()
    return float((int.from_bytes(digest[:8], "big") >> (64 - _ROLL_BITS)) / 2**_ROLL_BITS)


def _weight(given: object, path: str, found: Findings) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= LARGEST_WEIGHT:
        return given
    found.tell(path, f"Give a whole number from 0 (paused) to {LARGEST_WEIGHT}.")
    return 0
