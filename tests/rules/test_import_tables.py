"""A CSV file becomes a table, or is refused with the line of what is wrong."""

from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.errors import InvalidFields
from activities.rules.imports.tables import MOST_BYTES, Table, folded, read_table

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


def lines_of(table: Table) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in table.rows]


def refused(content: bytes) -> str:
    with pytest.raises(InvalidFields) as caught:
        read_table(content)
    (sentence,) = caught.value.fields["file"]
    return sentence


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_usual_encodings_are_read(encoding: str, told: str) -> None:
    table = read_table("url,título\r\nhttps://a.example,Café\r\n".encode(encoding))
    assert table.encoding == told
    assert table.headers == ("url", "título")
    assert lines_of(table) == [(2, ("https://a.example", "Café"))]


@pytest.mark.parametrize("end", ["be", "le"])
def test_both_ends_of_utf_16_are_read(end: str) -> None:
    mark = {"be": b"\xfe\xff", "le": b"\xff\xfe"}[end]
    assert read_table(mark + "a;ü\n1;2".encode(f"utf-16-{end}")).headers == ("a", "ü")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("url,slug\n", ","),
        ("url;slug\n", ";"),
        ("url\tslug\n", "\t"),
        ('"a;b;c",slug\n', ","),
        ('"a,b,c";slug\n', ";"),
        ("url\n", ","),
        ("\n\nurl;slug\n", ";"),
        ("url;slug\rhttps://a.example;b\r", ";"),
        ("sep=;\nurl;slug\n", ";"),
        ("sep=,\r\nurl,slug\r\n", ","),
        ("sep=\t\nurl\tslug\n", "\t"),
    ],
)
def test_the_delimiter_is_told_by_the_header(text: str, delimiter: str) -> None:
    table = read_table(text.encode())
    assert table.delimiter == delimiter
    assert len(table.headers) == (1 if text == "url\n" else 2)


def test_a_row_has_the_line_on_which_it_begins() -> None:
    text = 'sep=,\nurl,note\n\nb,"one\ntwo\r\nthree"\n,\nc,last\n'
    assert lines_of(read_table(text.encode())) == [
        (4, ("b", "one\ntwo\r\nthree")),
        (8, ("c", "last")),
    ]


def test_short_and_long_rows_are_kept_as_they_are() -> None:
    assert lines_of(read_table(b"a,b\n1\n1,2,3\n")) == [(2, ("1",)), (3, ("1", "2", "3"))]


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert read_table(b"url,slug") == Table(("url", "slug"), (), "utf-8", ",")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"url,slug,\n", "Line 1: column 3 has no header"),
        (b"\nurl,URL\n", "Line 2: columns 1 and 2"),
        (b"short url,x,Short_URL\n", "columns 1 and 3"),
        (b"a,b\n1,2\n3,\x004\n", "Line 3: remove the NUL"),
        ("a,b\n1,2".encode("utf-16-le"), "NUL"),
        ("a,b\n1,2".encode("utf-32"), "NUL"),
        (b"a,b\n1,\x81\n", "no known encoding"),
        (b"\xff\xfea", "no known encoding"),
        (b"PK\x03\x04\x14\x00", "spreadsheet"),
        (b'a,b\n1,2\n3,"open\n4,5\n', "Line 3: a quotation mark is opened"),
        (b'a,b\n1,"x"y\n', "Line 2: write a quotation mark"),
        (b"a,b\n1," + b"x" * 5_001, "Line 2: a cell has more than 5,000"),
        (b"a,b\n1," + b"x" * 200_000, "Line 2: a cell has more than 5,000"),
        (b"a\n" + b"," * 100, "Line 2: there are 101 cells"),
        (b",".join(b"h%d" % column for column in range(101)), "Line 1: there are 101 cells"),
        (b"a\n" + b"1\n" * 10_001, "Line 10002: send at most 10,000 rows"),
        (b"a" + b"\n" * 200_000, "at most 200,000 lines"),
        (b"a\n" + b"x" * MOST_BYTES, "at most 5 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(content: bytes, word: str) -> None:
    assert word in refused(content)


def test_the_limits_themselves_are_allowed() -> None:
    header = b",".join(b"h%d" % column for column in range(100))
    assert len(read_table(header + b"\n" + b"x" * 5_000).headers) == 100
    assert len(read_table(b"a\n" + b"1\n" * 10_000).rows) == 10_000


@pytest.mark.parametrize(
    ("header", "key"),
    [("Destination URL", "destinationurl"), (" short_url ", "shorturl"), ("Größe", "grösse")],
)
def test_headers_are_compared_by_letters_and_digits(header: str, key: str) -> None:
    assert folded(header) == key


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS).filter(lambda row: any(c.strip() for c in row))),
    st.sampled_from(",;\t"),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_is_read_back(
    rows: list[tuple[str, str, str]], delimiter: str, end: str, encoding: str
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("url", "slug", "title"), *rows])
    table = read_table(file.getvalue().encode(encoding))
    assert [row.cells for row in table.rows] == rows
    assert table.delimiter == delimiter


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(InvalidFields):
        assert read_table(content).headers
