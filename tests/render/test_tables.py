"""Tables are read back as they were, and no cell of theirs runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.render.tables import Cell, csv_lines, xlsx_bytes
from activities.rules.imports.formats import OWN_COLUMNS, recognise
from activities.rules.imports.rows import judge_rows
from activities.rules.imports.tables import read_table

MOMENT = datetime(2026, 5, 7, 20, 42, 30, 123_000, tzinfo=timezone(timedelta(hours=2)))
RISKY = [
    '=HYPERLINK("https://evil.example","x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    "-",
    "+49 151 1234",
    "-1e5",
]
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def csv_rows(
    rows: Sequence[Sequence[Cell]], columns: Sequence[str] = ("a", "b")
) -> list[list[str]]:
    text = b"".join(csv_lines(columns, rows)).decode()
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def sheet_of(content: bytes) -> Any:
    book = openpyxl.load_workbook(io.BytesIO(content))
    (sheet,) = book.worksheets
    return sheet


def xlsx_rows(rows: Sequence[Sequence[Cell]]) -> list[tuple[object, ...]]:
    return list(sheet_of(xlsx_bytes("Links", ("a", "b"), rows)).iter_rows(values_only=True))


def test_a_csv_file_is_written_row_by_row() -> None:
    rows: list[tuple[Cell, Cell]] = [
        ("x, y", 'say "hi"'),
        ("two\nlines", None),
        (True, MOMENT),
        (5, -1.5),
    ]
    assert list(csv_lines(("a", "b"), rows)) == [
        b"a,b\r\n",
        b'"x, y","say ""hi"""\r\n',
        b'"two\nlines",\r\n',
        b"true,2026-05-07T18:42:30.123Z\r\n",
        b"5,-1.5\r\n",
    ]


def test_a_mark_is_written_when_asked_for() -> None:
    assert b"".join(csv_lines(("é",), [], bom=True)) == b"\xef\xbb\xbf\xc3\xa9\r\n"


def test_rows_are_taken_as_they_are_needed() -> None:
    lines = csv_lines(("n",), ((number,) for number in iter(int, 1)))
    assert [next(lines) for _ in range(3)] == [b"n\r\n", b"0\r\n", b"0\r\n"]


@pytest.mark.parametrize("cell", RISKY)
def test_what_looks_like_a_formula_is_led_by_an_apostrophe(cell: str) -> None:
    assert csv_rows([(cell, "x")], (cell, "b")) == [[f"'{cell}", "b"], [f"'{cell}", "x"]]


@pytest.mark.parametrize("cell", ["-5", "+3.5", "-0.25", "a=b", "'=1", " =1", ""])
def test_numbers_and_harmless_texts_stay_as_they_are(cell: str) -> None:
    assert csv_rows([(cell, "x")])[1] == [cell, "x"]


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_any_text_survives_csv(rows: list[tuple[str, str]]) -> None:
    read = csv_rows(rows)[1:]
    assert [[cell.lstrip("'") for cell in row] for row in read] == [
        [cell.lstrip("'") for cell in row] for row in rows
    ]


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_no_cell_of_a_csv_file_begins_a_formula(rows: list[tuple[str, str]]) -> None:
    for row in csv_rows(rows):
        for cell in row:
            assert not cell.startswith(("=", "@", "\t", "\r", "\n"))
            assert not cell.startswith(("+", "-")) or float(cell) is not None


def test_half_a_sign_and_endless_numbers_do_no_harm() -> None:
    row: tuple[Cell, Cell] = ("a\ud800", float("nan"))
    assert csv_rows([row])[1] == ["a?", ""]
    assert xlsx_rows([row])[1] == ("a\ufffd", None)


def test_our_own_export_can_be_imported_again() -> None:
    row = ("-abc", "https://go.example/-abc", "https://shop.example/", "=Sale", "a,b", True)
    lines = csv_lines(OWN_COLUMNS, [(*row, MOMENT, None, 7, False)], bom=True)
    table = read_table(b"".join(lines))
    layout = recognise(table.headers)
    assert layout is not None
    (read,) = judge_rows(table, layout, own_hosts=())
    assert (read.slug, read.name, read.tags, read.problems) == ("-abc", "=Sale", ("a", "b"), ())
    assert (read.created_at, read.clicks, read.is_active) == (MOMENT, 7, True)


def test_a_workbook_keeps_what_cells_are() -> None:
    rows: list[tuple[Cell, Cell]] = [("text", 5), (True, 1.5), (MOMENT, None), ("007", 10**17)]
    assert xlsx_rows(rows) == [
        ("a", "b"),
        ("text", 5),
        (True, 1.5),
        (datetime(2026, 5, 7, 18, 42, 30, 123_000), None),  # noqa: DTZ001
        ("007", "100000000000000000"),
    ]


def test_a_workbook_is_easy_to_read() -> None:
    rows = [("x" * 30, MOMENT), ("y" * 900, None)]
    sheet = sheet_of(xlsx_bytes("Links", ("name", "made"), rows))
    assert sheet.title == "Links"
    assert sheet["A1"].font.b
    assert not sheet["A2"].font.b
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet["B2"].is_date
    assert sheet["B2"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert 60 <= sheet.column_dimensions["A"].width <= 61
    assert 20 <= sheet.column_dimensions["B"].width <= 23


@pytest.mark.parametrize("cell", [*RISKY, "https://evil.example/", "mailto:a@b.example", "1e5"])
def test_no_text_of_a_workbook_runs(cell: str) -> None:
    sheet = sheet_of(xlsx_bytes("Links", (cell,), [(cell,)]))
    for place in ("A1", "A2"):
        assert sheet[place].data_type == "s"
        assert sheet[place].hyperlink is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Links", "Links"),
        ("a/b:c*?[d]\\e", "a b c   d  e"),
        ("'quoted'", "quoted"),
        ("x" * 40, "x" * 31),
        ("x" + "𐀀" * 31, "x" + "𐀀" * 15),
        ("History", "History Sheet"),
        ("???", "Sheet"),
        ("", "Sheet"),
    ],
)
def test_a_sheet_has_a_name_that_fits(title: str, name: str) -> None:
    assert sheet_of(xlsx_bytes(title, ("a",), [])).title == name


def test_a_moment_before_the_calendar_of_excel_is_text() -> None:
    early = datetime(1899, 12, 31, tzinfo=UTC)
    assert xlsx_rows([(early, "x" * 40_000)])[1] == ("1899-12-31T00:00:00.000Z", "x" * 32_767)


def test_the_same_table_gives_the_same_bytes() -> None:
    assert xlsx_bytes("T", ("a",), [("x",)]) == xlsx_bytes("T", ("a",), [("x",)])


@given(TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_any_text_makes_a_workbook_that_opens(title: str, rows: list[tuple[str, str]]) -> None:
    sheet = sheet_of(xlsx_bytes(title, ("a", "b"), rows))
    assert sheet["A1"].value == "a"
