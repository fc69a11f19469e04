"""Many pictures as they are asked for, and as they are ready to be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from activities.pictures.making import Wish
from activities.render.batches import HEAVIEST, Order, weight_of
from activities.render.pictures import Output, Picture
from activities.rules.looks import Style
from activities.rules.reading_styles import read_style

MOST_ITEMS = 5000
"""Pictures of one request."""

MOST_STREAMED = 500
"""Pictures that are answered at once where nobody says otherwise; more are a job."""

MOST_IN_A_PART = 250
"""Pictures that are drawn in one go, and that are lost at most when a worker dies."""


@dataclass(frozen=True)
class BulkItem:
    """One picture of many, of exactly one of `data`, `short_code` and `destination_url`.

    `changes` are fields of a style as JSON. `fault` is what its reader found wrong already.
    """

    wish: Wish = field(default_factory=Wish)
    name: str = ""
    data: str | None = None
    short_code: str | None = None
    destination_url: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True)
class Look:
    """What pictures of a bulk have in common. With `forced` they need not be readable."""

    output: Output
    style: Style
    size_px: int
    dpi: int | None
    logo: bytes | None = None
    forced: bool = False

    def picture(self, payload: str, title: str = "") -> Picture:
        """A payload that looks like this."""
        return Picture(
            payload=payload,
            output=self.output,
            style=self.style,
            size_px=self.size_px,
            dpi=self.dpi,
            logo=self.logo,
            title=title,
        )


@dataclass(frozen=True)
class Line:
    """A picture that can be drawn: the `index` of its item, its file, its payload and its look.

    The payload is empty until the code that leads to `destination_url` is made. `score` is None
    where it has to be found out when it is drawn.
    """

    index: int
    name: str
    file: str
    payload: str
    look: int
    title: str = ""
    destination_url: str | None = None
    score: int | None = None


@dataclass(frozen=True)
class Fault:
    """Why an item became no picture."""

    index: int
    name: str
    sentence: str


@dataclass(frozen=True)
class Bulk:
    """All that is to be drawn, in the order of the items, and what will not be."""

    looks: tuple[Look, ...]
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]

    @property
    def total(self) -> int:
        """How many items there were."""
        return len(self.lines) + len(self.faults)


def order_of(line: Line, looks: Sequence[Look]) -> Order:
    """The line as those who draw take it."""
    look = looks[line.look]
    picture = look.picture(line.payload, line.title)
    return Order(line.file, picture, judged=line.score is None and not look.forced)


def parts_of(bulk: Bulk) -> Iterator[tuple[Line, ...]]:
    """The lines in parts that are drawn in one go each: the heavier pictures are, the fewer."""
    weights = [weight_of(look.picture("")) for look in bulk.looks]
    part: list[Line] = []
    held = 0.0
    for line in bulk.lines:
        weight = weights[line.look]
        if part and (held + weight > HEAVIEST or len(part) >= MOST_IN_A_PART):
            yield tuple(part)
            part, held = [], 0.0
        part.append(line)
        held += weight
    if part:
        yield tuple(part)


def look_told(look: Look) -> dict[str, Any]:
    """A look as JSON; its logo is kept beside."""
    return {
        "output": look.output,
        "style": asdict(look.style),
        "size_px": look.size_px,
        "dpi": look.dpi,
        "forced": look.forced,
    }


def look_read(told: Mapping[str, Any], logo: bytes | None) -> Look:
    """The look that was kept."""
    style, _ = read_style(told["style"])
    return Look(told["output"], style, told["size_px"], told["dpi"], logo, told["forced"])
