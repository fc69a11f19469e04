"""Many pictures at once: drawn one after the other into a piece of an archive.

What they have in common is found out once: one style, drawn with symbols of one size, is proved by
one of its pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activities.render.archive import Member, Piece, pack
from activities.render.pictures import Picture, draw_picture, symbol_of
from activities.render.qr import BadPayload, Unrenderable
from activities.render.qr_message import data_of
from activities.rules.looks import Style

HEAVIEST = 250.0
"""How much of a batch is drawn in one go: the weight of so many plain pictures of 1024 pixels."""

_TEXTS = ("svg", "eps")
"""Outputs that are not compressed in themselves."""

_PLAIN_PIXELS = 4_000_000
_STYLED = 10.0
_STYLED_PIXELS = 1_000_000


@dataclass(frozen=True)
class Order:
    """A picture and its name in the archive. With `judged` it has to be readable."""

    file: str
    picture: Picture
    judged: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of an order: a member of the archive, or a fault in one sentence."""

    member: Member | None
    score: int | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Part:
    """The files of some orders, and for each order what became of it."""

    content: bytes
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Measured:
    """How many modules a symbol is wide, or why there is none."""

    modules: int | None
    fault: str | None = None


def weight_of(picture: Picture) -> float:
    """How much work a picture is, beside a plain one of 1024 pixels."""
    pixels = picture.size_px * picture.size_px
    if picture.output in ("png", "svg") and picture.style.is_plain:
        return max(1.0, pixels / _PLAIN_PIXELS if picture.output == "png" else 0)
    is_raster = picture.output in ("png", "webp")
    return _STYLED * max(1.0, pixels / _STYLED_PIXELS if is_raster else 1.0)


def measure_many(asked: Sequence[tuple[str, Style]]) -> tuple[Measured, ...]:
    """The width of the symbol of each payload in its style, without drawing any."""
    return tuple(_measured(payload, style) for payload, style in asked)


def draw_many(orders: Sequence[Order]) -> Part:
    """Draw them; what cannot be drawn, or is not readable though it has to be, has a fault."""
    pieces: list[Piece] = []
    outcomes: list[Outcome] = []
    at = 0
    for order in orders:
        try:
            content, score = _drawn(order)
        except Unrenderable as fault:
            outcomes.append(Outcome(None, fault=str(fault)))
            continue
        except _Unreadable as fault:
            outcomes.append(Outcome(None, fault.score, str(fault)))
            continue
        piece = pack([(order.file, content)], deflated=order.picture.output in _TEXTS)
        pieces.append(piece)
        outcomes.append(Outcome(_at(piece.members[0], at), score))
        at += len(piece.content)
    return Part(b"".join(piece.content for piece in pieces), tuple(outcomes))


class _Unreadable(Exception):
    """Readers would not find the code."""

    def __init__(self, sentence: str, score: int) -> None:
        super().__init__(sentence)
        self.score = score


def _drawn(order: Order) -> tuple[bytes, int | None]:
    picture = order.picture
    if order.judged:
        drawn = draw_picture(picture)
        assert drawn.score is not None
        if not drawn.score.is_readable:
            told = " ".join(reason.sentence for reason in drawn.score.reasons)
            raise _Unreadable(f"Unreadable ({drawn.score.value} of 100): {told}", drawn.score.value)
        return drawn.content, drawn.score.value
    return draw_picture(picture, proved=False).content, None


def _measured(payload: str, style: Style) -> Measured:
    try:
        if style.micro:
            return Measured(symbol_of(payload, style).size)
        message = data_of(payload, style.level) if payload else None
    except (BadPayload, UnicodeEncodeError) as fault:
        broken = BadPayload("not_unicode") if isinstance(fault, UnicodeEncodeError) else fault
        return Measured(None, str(broken))
    if message is None:
        return Measured(None, str(BadPayload("too_long" if payload else "empty")))
    return Measured(17 + 4 * message[0])


def _at(member: Member, at: int) -> Member:
    return Member(member.name, member.crc, member.size, member.packed, at)
