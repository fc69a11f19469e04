"""Randomness, as a gateway."""

from __future__ import annotations

import secrets
from typing import Protocol


class Dice(Protocol):
    """Throws bytes that nobody can guess, and numbers from 0 up to but not including 1."""

    def throw(self, count: int) -> bytes: ...

    def roll(self) -> float: ...


class SystemDice:
    """The operating system's randomness."""

    def throw(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def roll(self) -> float:
        return secrets.randbits(53) / (1 << 53)


class LoadedDice:
    """Dice that fall as told: each throw is the next of `throws`, cut or padded to length."""

    def __init__(self, *throws: bytes, roll: float = 0.0) -> None:
        self._throws = list(throws)
        self._roll = roll

    def throw(self, count: int) -> bytes:
        face = self._throws.pop(0) if len(self._throws) > 1 else self._throws[0]
        return face[:count].ljust(count, b"\0")

    def roll(self) -> float:
        return self._roll
