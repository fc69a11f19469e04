"""Few combinations in which every two values of any two fields meet (all-pairs testing)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

Pair = tuple[str, int, str, int]


def pairwise(fields: Mapping[str, Sequence[Any]], seed: int = 1) -> list[dict[str, Any]]:
    """Combinations that together hold every pair; the same ones for the same seed."""
    dice = random.Random(seed)
    names = list(fields)
    missing: set[Pair] = {
        (one, at, other, to)
        for one, other in combinations(names, 2)
        for at in range(len(fields[one]))
        for to in range(len(fields[other]))
    }
    chosen = []
    while missing:
        best = max((_candidate(fields, missing, dice) for _ in range(20)), key=lambda each: each[0])
        missing -= pairs_of(best[1])
        chosen.append({name: fields[name][at] for name, at in best[1].items()})
    return chosen


def pairs_of(combination: Mapping[str, int]) -> set[Pair]:
    """The pairs in it, as numbers of the values."""
    return {
        (one, combination[one], other, combination[other])
        for one, other in combinations(combination, 2)
    }


def _candidate(
    fields: Mapping[str, Sequence[Any]], missing: set[Pair], dice: random.Random
) -> tuple[int, dict[str, int]]:
    one, at, other, to = dice.choice(sorted(missing))
    combination = {name: dice.randrange(len(values)) for name, values in fields.items()}
    combination |= {one: at, other: to}
    return len(pairs_of(combination) & missing), combination
