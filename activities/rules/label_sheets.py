"""Sheets of labels that shops sell, as data: millimetres, from the left upper corner of the page.

Sources: the makers' own templates (avery.com, avery-zweckform.com), by product number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

SheetName = Literal["l7159", "l7160", "l7163", "3474", "5160", "5163"]
SHEET_NAMES: tuple[SheetName, ...] = get_args(SheetName)

_INCH = 25.4
_A4 = (210.0, 297.0)
_LETTER = (8.5 * _INCH, 11 * _INCH)


@dataclass(frozen=True)
class LabelSheet:
    """A grid of equal labels.

    `page` and `label` are width and height, `first` the corner of the first label, `pitch` the way
    from one label to the next, across and down.
    """

    page: tuple[float, float]
    columns: int
    rows: int
    label: tuple[float, float]
    first: tuple[float, float]
    pitch: tuple[float, float]

    @property
    def labels(self) -> int:
        """On one page."""
        return self.columns * self.rows

    def place(self, number: int) -> tuple[int, float, float]:
        """The page of a label, and its corner there; row by row, numbers from 0."""
        page, on_page = divmod(number, self.labels)
        row, column = divmod(on_page, self.columns)
        left, top = self.first
        return page, left + column * self.pitch[0], top + row * self.pitch[1]


SHEETS: Mapping[SheetName, LabelSheet] = {
    "l7159": LabelSheet(_A4, 3, 8, (63.5, 33.9), (7.25, 12.9), (66.0, 33.9)),
    "l7160": LabelSheet(_A4, 3, 7, (63.5, 38.1), (7.25, 15.15), (66.0, 38.1)),
    "l7163": LabelSheet(_A4, 2, 7, (99.1, 38.1), (4.65, 15.15), (101.6, 38.1)),
    "3474": LabelSheet(_A4, 3, 8, (70.0, 37.0), (0.0, 0.5), (70.0, 37.0)),
    "5160": LabelSheet(
        _LETTER,
        3,
        10,
        (2.625 * _INCH, 1.0 * _INCH),
        (0.1875 * _INCH, 0.5 * _INCH),
        (2.75 * _INCH, 1.0 * _INCH),
    ),
    "5163": LabelSheet(
        _LETTER,
        2,
        5,
        (4.0 * _INCH, 2.0 * _INCH),
        (0.15625 * _INCH, 0.5 * _INCH),
        (4.1875 * _INCH, 2.0 * _INCH),
    ),
}


def places(sheet: LabelSheet, count: int, skipped: int = 0) -> Iterator[tuple[int, float, float]]:
    """Where `count` labels go when the first `skipped` of the first page are used up."""
    return (sheet.place(number) for number in range(skipped, skipped + count))
