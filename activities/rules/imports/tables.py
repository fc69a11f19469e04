"""A CSV file as a table: its headers, its rows, and the line on which each row begins."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from activities.rules.errors import InvalidFields

MOST_BYTES = 5_000_000
MOST_ROWS = 10_000
MOST_COLUMNS = 100
LONGEST_CELL = 5_000
MOST_LINES = 200_000
"""Blank lines and lines inside of cells count here; five million of them would take seconds."""

_DELIMITERS = ",;\t"
_ZIP = b"PK\x03\x04"
_HINT = "sep="
"""Some spreadsheets begin a file with `sep=;`, which names the delimiter."""


@dataclass(frozen=True)
class Row:
    """The cells of one row as they stand, and the line of the file (from 1) where it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A file that could be read. Rows may be shorter or longer than the headers."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str
    delimiter: str


def folded(header: str) -> str:
    """What of a header counts when it is compared: its letters and digits, in small letters."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def read_table(content: bytes) -> Table:
    """The table in a CSV file (RFC 4180, with `,`, `;` or a tab between the cells).

    UTF-8 with or without a mark, UTF-16 with one; what is neither is read as Windows-1252. Blank
    rows are left out. `InvalidFields` of `file` names the line of what is wrong: a limit passed, a
    NUL byte, an open quote, a header that is empty or there twice.
    """
    text, encoding = _decoded(content)
    body, delimiter, skipped = _delimited(text)
    records = _records(body, delimiter, skipped)
    first = next(records, None)
    if first is None:
        raise _wrong("The file is empty; send one with a header line and rows.")
    headers = _headers(first)
    rows: list[Row] = []
    for row in records:
        if len(rows) == MOST_ROWS:
            raise _wrong(f"Line {row.line}: send at most {MOST_ROWS:,} rows in one file.")
        rows.append(row)
    return Table(headers, tuple(rows), encoding, delimiter)


def _decoded(content: bytes) -> tuple[str, str]:
    if len(content) > MOST_BYTES:
        raise _wrong(f"Send a file of at most {MOST_BYTES // 1_000_000} MB.")
    if content.startswith(_ZIP):
        raise _wrong("This is a spreadsheet or an archive; save the sheet as CSV and send that.")
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        place = text.find("\x00")
        if place >= 0:
            raise _wrong(
                f"Line {_line(text, place)}: remove the NUL byte, or save the file as UTF-8."
            )
        if _line(text, len(text)) > MOST_LINES:
            raise _wrong(f"Send a file of at most {MOST_LINES:,} lines.")
        return text, encoding.removesuffix("-sig")
    raise _wrong("The file is in no known encoding; save it as UTF-8.")


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def _line(text: str, place: int) -> int:
    before = text[:place].replace("\r\n", "\n")
    return before.count("\n") + before.count("\r") + 1


def _delimited(text: str) -> tuple[str, str, int]:
    """The text from its header on, the delimiter, and how many lines stand before the header."""
    first, end, rest = _first_line(text)
    hinted = first.strip().lower()
    if hinted.startswith(_HINT) and hinted[len(_HINT) :] in ("", *_DELIMITERS):
        # A tab after the hint is white space and was stripped.
        return rest, hinted[len(_HINT) :] or "\t", 1 if end else 0
    header = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    outside = "".join(header.split('"')[::2])
    return text, max(_DELIMITERS, key=outside.count), 0


def _first_line(text: str) -> tuple[str, str, str]:
    line = io.StringIO(text, newline="").readline()
    bare = line.rstrip("\r\n")
    return bare, line[len(bare) :], text[len(line) :]


def _records(text: str, delimiter: str, skipped: int) -> Iterator[Row]:
    """The rows that hold something, the header first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _wrong(f"Line {line}: {_advice(str(error))}") from None
        if len(cells) > MOST_COLUMNS:
            raise _wrong(
                f"Line {line}: there are {len(cells):,} cells, at most {MOST_COLUMNS} fit."
            )
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise _wrong(f"Line {line}: a cell has more than {LONGEST_CELL:,} characters.")
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cells))


def _advice(error: str) -> str:
    if "field limit" in error:
        return f"a cell has more than {LONGEST_CELL:,} characters."
    if "unexpected end" in error:
        return "a quotation mark is opened here and never closed."
    return "write a quotation mark inside a quoted cell twice."


def _headers(row: Row) -> tuple[str, ...]:
    headers = tuple(cell.strip() for cell in row.cells)
    seen: dict[str, int] = {}
    for column, header in enumerate(headers, start=1):
        if not header:
            raise _wrong(f"Line {row.line}: column {column} has no header; name or remove it.")
        earlier = seen.setdefault(folded(header) or header, column)
        if earlier != column:
            raise _wrong(
                f"Line {row.line}: columns {earlier} and {column} are both '{header[:80]}'."
            )
    return headers


def _wrong(sentence: str) -> InvalidFields:
    return InvalidFields({"file": [sentence]})
