"""Which spellings a hurried reader takes for the same word.

A small part of the idea of Unicode TR 39 (skeletons of confusable text), for the signs that a slug
may have: digits that stand for letters, I l 1, rn for m, vv for w, and hyphens and underscores,
which are read over. A skeleton is for comparing only and need not be a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SHORTEST = 3
"""Words with fewer signs have no look-alikes: '0-1' is a result, not a way to write '01'."""

_SIGNS = str.maketrans("0134578i", "oleastbl", "-_")
_PAIRS = (("vv", "w"), ("rn", "m"))


def skeleton(text: str) -> str:
    """What two texts that look alike have in common; the skeleton of a skeleton is itself."""
    bones = text.lower().translate(_SIGNS)
    for pair, sign in _PAIRS:
        bones = bones.replace(pair, sign)
    return bones


def skeletons(words: Iterable[str]) -> dict[str, str]:
    """Each word by its skeleton, for `looked_like`; of words with the same the last by alphabet."""
    return {skeleton(word): word for word in sorted(words) if len(word) >= SHORTEST}


def looked_like(text: str, known: Mapping[str, str]) -> str | None:
    """The word of `known` that the whole text would be taken for; None when there is none.

    Parts of it do not count ('helping' is no 'help'), and a number is only a number.
    """
    if not any(sign.isalpha() for sign in text):
        return None
    return known.get(skeleton(text))
