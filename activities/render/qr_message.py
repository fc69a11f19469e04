"""What a QR symbol says: a payload becomes the bits of a message with its error correction.

Source: ISO/IEC 18004:2015, 7.4 to 7.6. All of a payload is in one mode, as segno has it, whose
symbols these are to the bit (`tests/render/test_qr_symbols.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import Any, NamedTuple

from segno import consts

from activities.render.qr_layout import LEVELS

_CAPACITY: Any = consts.SYMBOL_CAPACITY
_BLOCKS: Any = consts.ECC
_ALPHANUMERIC = {
    sign: at for at, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
}
_COUNT_BITS = {"numeric": (10, 12, 14), "alphanumeric": (9, 11, 13), "byte": (8, 16, 16)}
_INDICATORS = {"numeric": 0b0001, "alphanumeric": 0b0010, "byte": 0b0100}
_LARGEST_OF_RANGE = (9, 26, 40)
_TERMINATOR = 4
_PADS = bytes((0b11101100, 0b00010001)) * 1500
_FIELD = 0x11D
"""The polynomial of the field of 256 elements, 7.5.2."""


class _Frame(NamedTuple):
    """What is around the bits of a segment: before them `head`, after them `light` zeros.

    `octets` are all of that together, `capacity` what the version holds of data.
    """

    version: int
    head: int
    light: int
    octets: int
    capacity: int


def data_of(payload: str, level: str) -> tuple[int, bytes] | None:
    """The smallest version that holds the payload, and all of its data codewords; None when no
    version does. Text beyond ASCII is UTF-8. Raises UnicodeEncodeError for half a character.
    """
    mode, count, bits, length = _segment(payload)
    frame = _frame(mode, count, length, level)
    if frame is None:
        return None
    octets = (frame.head << length | bits) << frame.light
    data = octets.to_bytes(frame.octets, "big")[: frame.capacity]
    return frame.version, data + _PADS[: frame.capacity - len(data)]


def message_of(data: bytes, version: int, level: str) -> str:
    """Data and error correction as `0` and `1`, in the order in which they are laid out."""
    codewords = _final(data, version, level)
    return f"{int.from_bytes(codewords, 'big'):0{8 * len(codewords)}b}"


def _segment(payload: str) -> tuple[str, int, int, int]:
    """Mode, characters, bits as an integer and how many."""
    if payload.isascii():
        if payload.isdigit():
            return "numeric", len(payload), *_numeric(payload)
        if _ALPHANUMERIC.keys() >= set(payload):
            return "alphanumeric", len(payload), *_alphanumeric(payload)
    octets = payload.encode("utf-8")
    return "byte", len(octets), int.from_bytes(octets, "big"), 8 * len(octets)


def _numeric(payload: str) -> tuple[int, int]:
    bits = length = 0
    for at in range(0, len(payload), 3):
        part = payload[at : at + 3]
        bits = bits << (3 * len(part) + 1) | int(part)
        length += 3 * len(part) + 1
    return bits, length


def _alphanumeric(payload: str) -> tuple[int, int]:
    bits = length = 0
    for at in range(0, len(payload) - 1, 2):
        bits = bits << 11 | _ALPHANUMERIC[payload[at]] * 45 + _ALPHANUMERIC[payload[at + 1]]
        length += 11
    if len(payload) % 2:
        return bits << 6 | _ALPHANUMERIC[payload[-1]], length + 6
    return bits, length


@lru_cache(maxsize=1024)
def _frame(mode: str, count: int, length: int, level: str) -> _Frame | None:
    for version, capacity in _capacities(level):
        counted = _COUNT_BITS[mode][_range(version)]
        total = 4 + counted + length
        if total <= capacity:
            end = min(capacity - total, _TERMINATOR)
            # segno pads a whole octet where none is needed; a reader has stopped before it.
            light = end + 8 - (total + end) % 8
            head = _INDICATORS[mode] << counted | count
            return _Frame(version, head, light, (total + light) // 8, capacity // 8)
    return None


def _range(version: int) -> int:
    return next(n for n, largest in enumerate(_LARGEST_OF_RANGE) if version <= largest)


@lru_cache(maxsize=4)
def _capacities(level: str) -> tuple[tuple[int, int], ...]:
    """Versions and how many bits of data they hold."""
    return tuple((v, _CAPACITY[v][LEVELS[level]]) for v in range(1, 41))


def _final(data: bytes, version: int, level: str) -> bytes:
    """Data and error correction of all blocks, interleaved (7.6)."""
    blocks: list[bytes] = []
    corrections: list[bytes] = []
    at = 0
    for part in _BLOCKS[version][LEVELS[level]]:
        for _ in range(part.num_blocks):
            block = data[at : at + part.num_data]
            at += part.num_data
            blocks.append(block)
            corrections.append(_correction(block, part.num_total - part.num_data))
    if len(blocks) == 1:
        return blocks[0] + corrections[0]
    return bytes((*_interleaved(blocks), *_interleaved(corrections)))


def _interleaved(blocks: list[bytes]) -> Iterator[int]:
    for octets in zip_longest(*blocks):
        for octet in octets:
            if octet is not None:
                yield octet


def _correction(block: bytes, number: int) -> bytes:
    """The rest of the division by the generator polynomial: `number` octets (7.5.2)."""
    table = _rests(number)
    top, rest, whole = 8 * (number - 1), 0, (1 << 8 * number) - 1
    for octet in block:
        rest = (rest << 8 & whole) ^ table[rest >> top ^ octet]
    return rest.to_bytes(number, "big")


@lru_cache(maxsize=32)
def _rests(number: int) -> tuple[int, ...]:
    """For each octet the rest of it times x to the power of `number`."""
    generator = [1]
    root = 1
    for _ in range(number):
        # Times (x - root).
        shifted = [*generator, 0]
        for at, factor in enumerate(generator, 1):
            shifted[at] ^= _times(factor, root)
        generator = shifted
        root = _times(root, 2)
    return tuple(
        int.from_bytes(bytes(_times(octet, factor) for factor in generator[1:]), "big")
        for octet in range(256)
    )


def _times(left: int, right: int) -> int:
    """The product in the field."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left <<= 1
        if left > 255:
            left ^= _FIELD
        right >>= 1
    return product
