"""Tables as CSV and XLSX files that a spreadsheet opens without running anything.

A cell that a spreadsheet would take for a formula is led by an apostrophe in CSV (OWASP, "CSV
Injection") and is a text cell in XLSX.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from activities.rules.spelling import stamp

Cell = str | int | float | bool | datetime | None
"""Moments have a zone; None is an empty cell."""

MOST_ROWS = 1_048_575
"""What fits on a sheet of XLSX below the header."""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_LONGEST_TEXT = 32_767
_EXACT = 10**15
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_EARLIEST = datetime(1900, 3, 1, tzinfo=UTC)
"""Excel counts a 29 February 1900; the days before are off by one."""

_MADE_AT = datetime(1980, 1, 1, tzinfo=UTC)
_NARROWEST, _WIDEST = 8, 60


def csv_lines(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool = False
) -> Iterator[bytes]:
    """The file piece by piece, a row each, the header first: UTF-8, RFC 4180 with CRLF.

    `bom` leads it with a byte order mark, without which Excel takes UTF-8 for Windows-1252. Moments
    are written in UTC as `2026-05-07T18:42:30.123Z`, yes and no as `true` and `false`.
    """
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    if bom:
        yield codecs.BOM_UTF8
    for cells in _all(columns, rows):
        writer.writerow([_text(cell) for cell in cells])
        yield line.getvalue().encode("utf-8", "replace")
        line.seek(0)
        line.truncate()


def xlsx_bytes(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    made_at: datetime = _MADE_AT,
) -> bytes:
    """A workbook of one sheet called `title`: bold header that stays, filters, real dates in UTC.

    No text is ever a formula or an address to click. It is put together in memory, fit for 100,000
    rows; the same input gives the same bytes. `ValueError` for more rows than a sheet holds.
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, {**options, "strings_to_numbers": False})
    book.set_properties({"title": _clean(title), "created": made_at.replace(tzinfo=None)})
    sheet = book.add_worksheet(_sheet_name(title))
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    widths = [_NARROWEST] * len(columns)
    last = 0
    for last, cells in enumerate(_all(columns, rows)):
        if last > MOST_ROWS:
            raise ValueError(f"A sheet holds {MOST_ROWS:,} rows.")
        for column, cell in enumerate(cells):
            width = _write(sheet, last, column, cell, moment if last else bold)
            if column < len(widths):
                widths[column] = max(widths[column], min(width + 2, _WIDEST))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    if columns:
        sheet.autofilter(0, 0, last, len(columns) - 1)
    book.close()
    return file.getvalue()


def _all(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    yield columns
    yield from rows


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        risky = cell.startswith(_RISKY) and not _NUMBER.fullmatch(cell)
        return f"'{cell}" if risky else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return stamp(cell)
    return "" if cell is None or _endless(cell) else str(cell)


def _endless(cell: float) -> bool:
    return isinstance(cell, float) and not math.isfinite(cell)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, look: Format) -> int:
    """Write one cell as what it is; returns how many characters wide it looks."""
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
        return 5
    if isinstance(cell, datetime):
        at = cell.astimezone(UTC)
        if at >= _EARLIEST:
            sheet.write_datetime(row, column, at.replace(tzinfo=None), look)
            return 19
        cell = stamp(cell)
    if isinstance(cell, int | float) and not _endless(cell) and abs(cell) < _EXACT:
        sheet.write_number(row, column, cell)
        return len(str(cell))
    text = cell if isinstance(cell, str) else _text(cell)
    if text:
        sheet.write_string(row, column, _clean(text), None if row else look)
    return max(map(len, text.splitlines()), default=0)


def _clean(text: str, longest: int = _LONGEST_TEXT) -> str:
    """The text without what XML cannot hold, cut to so many units of UTF-16, as Excel counts."""
    units = _NOT_XML.sub("\ufffd", text[:longest]).encode("utf-16-le")[: 2 * longest]
    return units.decode("utf-16-le", "ignore")


def _sheet_name(title: str) -> str:
    """What Excel allows: 31 characters without `[]:*?/\\`, no apostrophe at an end, not History."""
    name = _clean(_NOT_IN_A_NAME.sub(" ", title).strip("' "), 31).strip("' ")
    return name if name and name.lower() != "history" else f"{name} Sheet".strip()
