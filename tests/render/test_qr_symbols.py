"""Symbols are those of segno to the module, whatever the payload, level and version."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from segno import consts, encoder

from activities.render.qr_laying import lay
from activities.render.qr_layout import LEVELS as LEVEL_CODES
from activities.render.qr_layout import MASKS, layout_of
from activities.render.qr_masks import penalties
from activities.render.qr_message import message_of
from activities.render.qr_symbols import make_symbol
from tests.builders.examples import so_many

FULL = os.environ.get("INKLOOM_PROOF") == "full"
CAPACITIES: Any = consts.SYMBOL_CAPACITY
SCORER: Any = encoder
LEVELS = ("L", "M", "Q", "H")
LETTERS = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
VERSIONS = range(1, 41) if FULL else (1, 2, 3, 5, 6, 7, 9, 10, 14, 21, 26, 27, 32, 40)

LINKS = st.builds(
    lambda host, slug: f"https://{host}/q/{slug}",
    st.sampled_from(["ink.test", "go.example.com", "a.b", "very-long-host.of.example.org"]),
    st.text(LETTERS, min_size=3, max_size=16),
)
PAYLOADS = st.one_of(
    LINKS,
    st.text("0123456789", min_size=1, max_size=400),
    st.text("ABCXYZ $%*+-./:0189", min_size=1, max_size=250),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=120),
    st.text(st.characters(codec="ascii"), min_size=1, max_size=200),
)


def long_way(data: bytes, version: int, level: str) -> int:
    """Every bit of the message at its module."""
    layout = layout_of(version)
    bits = message_of(data, version, level).ljust(layout.bits + 1, "0")
    return int("".join(layout.pick(bits)), 2)


def of_segno(payload: str, level: str) -> tuple[list[str], int]:
    mode, encoding = (None, None) if payload.isascii() else ("byte", "utf-8")
    symbol = segno.make(
        payload, error=level, mode=mode, encoding=encoding, micro=False, boost_error=False
    )
    return ["".join(map(str, row)) for row in symbol.matrix], int(symbol.version)


def ours(payload: str, level: str) -> tuple[list[str], int]:
    symbol = make_symbol(payload, level)
    assert symbol is not None
    return symbol.words, symbol.version


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("version", range(1, 7))
def test_the_short_way_leads_where_the_long_one_does(version: int, level: str) -> None:
    dice = random.Random(f"{version}{level}")
    octets = CAPACITIES[version][LEVEL_CODES[level]] // 8
    for _ in range(120):
        data = dice.randbytes(octets)
        assert lay(data, version, level) == long_way(data, version, level)


@settings(max_examples=so_many(300), deadline=None)
@given(PAYLOADS, st.sampled_from(LEVELS))
def test_any_payload_becomes_the_symbol_of_segno(payload: str, level: str) -> None:
    assert ours(payload, level) == of_segno(payload, level)


@pytest.mark.parametrize("number", range(300 if FULL else 40))
def test_our_links_become_the_symbols_of_segno(number: int) -> None:
    dice = random.Random(number)
    payload = "https://ink.test/q/" + "".join(dice.choices(LETTERS, k=7))
    assert ours(payload, "M") == of_segno(payload, "M")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_that_is_full_is_the_one_of_segno(version: int, level: str) -> None:
    """The longest of bytes, and one more, which is the next version or none at all."""
    longest = CAPACITIES[version][consts.ERROR_MAPPING[level]] // 8
    length = longest - (2 if version < 10 else 3)
    payload = "".join(random.Random(version).choices(LETTERS, k=length))
    expected = of_segno(payload, level)
    assert expected[1] == version
    assert ours(payload, level) == expected
    following = make_symbol(payload + "x", level)
    assert following is None if version == 40 else following and following.version == version + 1


@settings(max_examples=so_many(60), deadline=None)
@given(st.sampled_from([1, 2, 3, 7, 10]), st.integers(0, 2**32))
def test_penalties_are_those_of_segno(version: int, seed: int) -> None:
    """Also for symbols that no payload makes: lines, blocks and finders everywhere."""
    layout, dice = layout_of(version), random.Random(seed)
    size = layout.size
    symbols = []
    for _ in range(MASKS):
        words = ("1011101", "00001011101", "10111010000", "1011101011101", "10111011101", "11111")
        rows = [
            "".join(dice.choices(words, k=size // 5 + 3))[dice.randrange(9) :][:size]
            for _ in range(size)
        ]
        if dice.random() < 0.5:
            rows = ["".join(column) for column in zip(*rows, strict=True)]
        symbols.append(rows)
    together = 0
    for rows in symbols:
        spelled = "".join(row.ljust(layout.stride, "0") for row in rows)
        together = together << layout.length | int(spelled.ljust(layout.length, "0"), 2)
    expected = [
        SCORER.evaluate_mask([bytearray(map(int, row)) for row in rows], size, size)
        for rows in symbols
    ]
    assert penalties(version, together) == expected


def test_half_a_letter_is_no_payload() -> None:
    with pytest.raises(UnicodeEncodeError):
        make_symbol("\ud83d", "M")
