"""The archive of a bulk as it grows: its files part by part, its manifest, its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from activities.pictures.bulk_items import Fault, Line
from activities.render.archive import Member, closing, moved, pack
from activities.render.batches import Outcome
from activities.render.tables import Cell, csv_lines

MANIFEST = "manifest.csv"
COLUMNS = ("index", "name", "file", "payload", "score", "error")


@dataclass(frozen=True)
class Result:
    """A line of the manifest."""

    index: int
    name: str
    file: str = ""
    payload: str = ""
    score: int | None = None
    error: str = ""

    @property
    def cells(self) -> Sequence[Cell]:
        """Under `COLUMNS`."""
        return (self.index, self.name, self.file, self.payload, self.score, self.error)


class Archive:
    """What is known of an archive whose files were sent: where each is, and its manifest."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._members: list[Member] = []
        self._results = [Result(each.index, each.name, error=each.sentence) for each in faults]
        self._at = 0
        self.made = 0

    def add(self, octets: int, lines: Sequence[Line], outcomes: Sequence[Outcome]) -> None:
        """Note a part of so many octets, which comes next."""
        members = [outcome.member for outcome in outcomes if outcome.member]
        self._members += moved(members, self._at)
        self._results += [result_of(*pair) for pair in zip(lines, outcomes, strict=True)]
        self._at += octets
        self.made += len(members)

    def end(self) -> bytes:
        """The manifest in the order of the items, and what closes the archive."""
        rows = [each.cells for each in sorted(self._results, key=lambda each: each.index)]
        piece = pack([(MANIFEST, b"".join(csv_lines(COLUMNS, rows)))], deflated=True)
        members = [*self._members, *moved(piece.members, self._at)]
        return piece.content + closing(members, self._at + len(piece.content))


def result_of(line: Line, outcome: Outcome) -> Result:
    """What became of a line."""
    if outcome.member is None:
        error = outcome.fault or ""
        return Result(line.index, line.name, "", line.payload, outcome.score, error)
    score = line.score if outcome.score is None else outcome.score
    return Result(line.index, line.name, line.file, line.payload, score)
