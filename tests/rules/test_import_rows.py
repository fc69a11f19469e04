"""Each row is judged on its own, with all its problems."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.imports.cells import read_number, read_short_url, read_tags, read_yes
from activities.rules.imports.formats import recognise
from activities.rules.imports.rows import Judged, judge_rows, preview, with_taken
from activities.rules.imports.tables import read_table

GOOD = "https://shop.example/"


def judged(
    text: str, *, https_only: bool = True, domains: tuple[str, ...] = (), tags: tuple[str, ...] = ()
) -> tuple[Judged, ...]:
    table = read_table(text.encode())
    layout = recognise(table.headers)
    assert layout is not None
    own = ("link.example",)
    return judge_rows(
        table, layout, own_hosts=own, domains=domains, tags=tags, https_only=https_only
    )


def problems(text: str) -> str:
    (row,) = judged(text)
    return " ".join(row.problems)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (",abc", "Give a destination."),
        ("null,abc", "Give a destination."),
        ("http://shop.example/,abc", "https"),
        ("shop.example,abc", "http or https"),
        ("javascript:alert(1),abc", "http and https"),
        ("https://user:secret@shop.example,abc", "Remove the user name"),
        (f"https://shop.example/{'x' * 3_000},abc", "no more than 2048"),
        ("https://link.example/abc,abc", "short"),
        (f"{GOOD},admin", "'admin' is reserved"),
        (f"{GOOD},ab", "3 to 64"),
        (f"{GOOD},a.b.c", "3 to 64"),
        (f"{GOOD}", "1 cells, the header 2"),
        (f"{GOOD},abc,more", "3 cells, the header 2"),
    ],
)
def test_what_cannot_be_saved_has_a_problem(row: str, word: str) -> None:
    assert word in problems(f"url,slug\n{row}\n")


@pytest.mark.parametrize(
    ("header", "cell", "word"),
    [
        ("name", "x" * 201, "200 characters"),
        ("name", "a\u202eb", "one line"),
        ("created_at", "04/05/2026", "'04/05/2026' is no clear time"),
        ("expires", "soon", "'soon' is no clear time"),
        ("active", "perhaps", "Write true or false"),
        ("tags", "|".join(f"tag{number}" for number in range(31)), "no more than 30 tags"),
        ("tags", "x" * 51, "no more than 50 characters"),
        ("password", "ab", "Its password cannot be kept. Use 4 to 128 characters."),
        ("short url", "https://bit.ly/a%00b", "3 to 64"),
        ("short url", "https://bit.ly/a%ED%A0%80b", "3 to 64"),
        ("short url", "https://go.example/", "does not end with a slug"),
        ("short url", "javascript:alert(1)", "does not end with a slug"),
    ],
)
def test_every_field_is_judged(header: str, cell: str, word: str) -> None:
    assert word in problems(f"url,{header}\n{GOOD},{cell}\n")


def test_a_row_has_all_its_problems() -> None:
    (row,) = judged("url,slug,expires\nhttp://shop.example,api,soon\n")
    assert len(row.problems) == 3


def test_plain_http_is_allowed_where_it_is_asked_for() -> None:
    (row,) = judged("url\nhttp://shop.example\n", https_only=False)
    assert row.problems == ()


def test_empty_cells_beyond_the_header_do_no_harm() -> None:
    (row,) = judged(f"url,slug\n{GOOD},abc,,\n")
    assert row.problems == ()


def test_a_slug_that_is_there_twice_names_its_lines() -> None:
    first, other, third = judged(f"url,slug\n{GOOD},abc\n{GOOD},ABC\n{GOOD},abc\n")
    assert first.problems == third.problems == ("The slug 'abc' is on lines 2, 4; keep one.",)
    assert other.problems == ()


def test_a_slug_that_is_there_a_thousand_times_is_told_briefly() -> None:
    rows = judged("url,slug\n" + f"{GOOD},abc\n" * 1_000)
    assert rows[0].problems == ("The slug 'abc' is on lines 2, 3, 4, 5, 6 and 995 more; keep one.",)


def test_a_slug_is_another_one_on_each_domain_of_ones_own() -> None:
    file = (
        f"url,slug,domain\n{GOOD},abc,go.shop.example\n{GOOD},abc,bit.ly\n{GOOD},xyz,bit.ly\n"
        f"{GOOD},xyz,\n"
    )
    mine, default, *both = judged(file, domains=("go.shop.example",))
    assert mine.problems == default.problems == ()
    assert {row.problems for row in both} == {("The slug 'xyz' is on lines 4, 5; keep one.",)}


def test_the_tags_of_a_row_and_those_of_the_file_are_counted_together() -> None:
    more = tuple(f"more{number}" for number in range(29))
    fits, does_not = judged(f"url,tags\n{GOOD},more1|own\n{GOOD},own|other\n", tags=more)
    assert (fits.problems, fits.tags) == ((), ("more1", "own"))
    assert does_not.problems == ("Ensure there are no more than 30 tags.",)


@given(st.lists(st.text(max_size=9)))
def test_what_a_cell_hides_can_be_kept(texts: list[str]) -> None:
    listed = json.dumps([*texts, "a\x00b", "\ud800"])
    host, last = read_short_url("https://bit.ly/" + "".join(f"%{byte:02X}" for byte in range(256)))
    for answered in (*read_tags(listed), host, last):
        assert "\x00" not in answered
        answered.encode()


def test_rows_without_a_slug_are_never_duplicates() -> None:
    assert [row.problems for row in judged(f"url,slug\n{GOOD},\n{GOOD},\n")] == [(), ()]


def test_taken_slugs_are_told_as_they_are_spelled() -> None:
    rows = with_taken(judged(f"url,slug\n{GOOD},abc\n{GOOD},ABC\n{GOOD},\n"), ["abc", ""])
    assert [row.problems for row in rows] == [
        ("The slug 'abc' is taken; choose another.",),
        (),
        (),
    ]


def test_a_preview_counts_and_names_duplicates() -> None:
    table = read_table(f"url,slug\n{GOOD},abc\n{GOOD},abc\n{GOOD},xyz\n".encode())
    layout = recognise(table.headers)
    assert layout is not None
    seen = preview(table, layout, judge_rows(table, layout, own_hosts=()))
    assert (seen.format, seen.headers) == ("plain", ("url", "slug"))
    assert seen.columns == {"destination": ("url",), "slug": ("slug",)}
    assert (seen.good, seen.bad, seen.duplicate_slugs) == (1, 2, ("abc",))
    assert [row.number for row in seen.rows] == [2, 3, 4]


def test_null_is_nothing_but_a_slug_may_be_called_so() -> None:
    (row,) = judged(f"url,slug,name,tags,password\n{GOOD},null,null,null,null\n")
    assert row == Judged(number=2, destination=GOOD, slug="null")


def test_line_breaks_in_a_name_become_spaces() -> None:
    (row,) = judged(f'url,name\n{GOOD},"Spring\n sale"\n')
    assert (row.name, row.problems) == ("Spring sale", ())


def test_an_end_that_never_comes_is_none() -> None:
    for word in ("never", "null", "0000-00-00 00:00:00", ""):
        (row,) = judged(f"url,expires\n{GOOD},{word}\n")
        assert (row.expires_at, row.problems) == (None, ())


def test_lifecycle_and_password_are_read() -> None:
    (row,) = judged(f"url,active,expires,password\n{GOOD},no,2027-01-01,geheim\n")
    assert (row.is_active, row.password) == (False, "geheim")
    assert row.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    assert "geheim" not in repr(row)


@pytest.mark.parametrize(
    "text",
    [
        f"address,target,password\nabc,{GOOD},true\n",
        f"path,originalURL,hasPassword\nabc,{GOOD},true\n",
    ],
)
def test_a_protected_link_does_not_come_open(text: str) -> None:
    (row,) = judged(text)
    assert row.password is None
    assert "has a password that the file does not tell" in " ".join(row.problems)


def test_a_link_that_was_banned_comes_inactive() -> None:
    (row,) = judged(f"address,target,banned\nabc,{GOOD},true\n")
    assert not row.is_active


def test_an_archived_link_stays_alive() -> None:
    (row,) = judged(f"link,long_url,archived\nbit.ly/abc,{GOOD},true\n")
    assert (row.is_active, row.problems) == (True, ())


def test_what_our_own_export_escaped_is_read_back() -> None:
    (row,) = judged(
        f"slug,short_url,destination,name,is_active\n'-abc,x.example/-abc,{GOOD},'=1+1,true\n"
    )
    assert (row.slug, row.name, row.problems) == ("-abc", "=1+1", ())


def test_an_apostrophe_of_another_platform_is_kept() -> None:
    (row,) = judged(f"url,name\n{GOOD},'=1+1\n")
    assert row.name == "'=1+1"


@pytest.mark.parametrize(
    ("text", "host", "slug"),
    [
        ("https://bit.ly/AbC", "bit.ly", "AbC"),
        ("bit.ly/AbC", "bit.ly", "AbC"),
        ("HTTP://Bit.LY:8080/AbC/?x=1#y", "bit.ly", "AbC"),
        ("https://sho.rt/y/abc", "sho.rt", "abc"),
        ("https://sho.rt/caf%C3%A9", "sho.rt", "café"),
        ("['https://a.example/b', 'https://c.example/d']", "a.example", "b"),
        ("https://a.example/b|https://c.example/d", "a.example", "b"),
        ("https://bit.ly", "bit.ly", ""),
        ("ftp://bit.ly/abc", "", ""),
        ("https://me:secret@bit.ly/abc", "", ""),
        ("https://[bit.ly/abc", "", ""),
        ("javascript:alert(1)", "", ""),
        ("", "", ""),
    ],
)
def test_a_short_link_has_a_host_and_a_slug(text: str, host: str, slug: str) -> None:
    assert read_short_url(text) == (host, slug)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", ()),
        ("news", ("news",)),
        ("a,b;c|d", ("a,b;c", "d")),
        ("a,b;c", ("a,b", "c")),
        ("a, b ,,a,A", ("a", "b")),
        ('["a, b", "c", 1, null]', ("a, b", "c")),
        ("['a', 'b']", ("a", "b")),
        ("[" * 4_000 + "]" * 4_000, ("[" * 3_999 + "]" * 3_999,)),
    ],
)
def test_tags_are_separated_by_the_strongest_sign(text: str, tags: tuple[str, ...]) -> None:
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    ("text", "number"),
    [("42", 42), ("1,234", 1234), ("1.234.567", 1234567), ("1\u202f234", 1234)]
    + [(text, None) for text in ("", "-1", "1.5", "1,23", "many", "٤٢", "9" * 40)],
)
def test_counts_are_read(text: str, number: int | None) -> None:
    assert read_number(text) == number


def test_yes_and_no_have_many_words() -> None:
    assert [read_yes(word) for word in ("TRUE", "1", "Off", "maybe")] == [True, True, False, None]


@given(st.lists(st.lists(st.text(max_size=30), min_size=1, max_size=8), max_size=5))
def test_no_row_raises(rows: list[list[str]]) -> None:
    lines = "\n".join(
        ",".join('"' + cell.replace('"', '""').replace("\x00", "") + '"' for cell in row)
        for row in rows
    )
    header = "url,short url,domain,name,tags,created,active,password"
    table = read_table(f"{header}\n{lines}".encode("utf-8", "replace"))
    layout = recognise(table.headers)
    assert layout is not None
    assert len(judge_rows(table, layout, own_hosts=("link.example",))) == len(table.rows)
