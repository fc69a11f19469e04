"""Lists in digests: read whole, cut to size, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from activities.rules.mail_lists import (
    MOST_LINES,
    MOST_ROWS,
    MOST_SECTIONS,
    DigestRow,
    DigestSection,
    read_lines,
    read_sections,
)

ROW: dict[str, Any] = {"name": "Spring", "kind": "QR code", "scans": 12, "change": "+3%"}
SECTION: dict[str, Any] = {
    "name": "Berlin",
    "scans": 1204,
    "change": "−4%",
    "chart": "https://ink.test/chart.png",
    "rows": [ROW],
}


def test_a_week_is_read_with_the_tone_of_its_changes() -> None:
    assert read_sections(json.dumps([SECTION])) == (
        DigestSection(
            "Berlin",
            1204,
            "−4%",
            "down",
            "https://ink.test/chart.png",
            (DigestRow("Spring", "QR code", 12, "+3%", "up"),),
        ),
    )


@pytest.mark.parametrize(
    ("change", "tone"), [("+1%", "up"), ("-1%", "down"), ("–1%", "down"), ("new", "same")]
)
def test_a_change_has_a_tone(change: str, tone: str) -> None:
    (section,) = read_sections(json.dumps([{**SECTION, "change": change}]))
    assert section.tone == tone


def test_names_and_lines_are_cleaned_and_cut() -> None:
    row = {**ROW, "name": "a\n\u202eb", "kind": "k" * 99, "change": ""}
    (section,) = read_sections(json.dumps([{**SECTION, "name": "\ud800 ", "rows": [row]}]))
    assert (section.name, section.rows[0].name) == ("(no name)", "a b")
    assert len(section.rows[0].kind) == 24
    assert [len(line) for line in read_lines(json.dumps(["x" * 999, "y"]))] == [200, 1]


def test_a_section_may_have_no_chart_and_no_rows() -> None:
    (section,) = read_sections(json.dumps([{**SECTION, "chart": "", "rows": []}]))
    assert (section.chart, section.rows) == ("", ())


@pytest.mark.parametrize(
    "lines", [[], {}, "x", ["x"] * (MOST_LINES + 1), [1], [None], [["x"]], None]
)
def test_lines_that_are_none_are_refused(lines: Any) -> None:
    with pytest.raises(ValueError, match="list"):
        read_lines(json.dumps(lines))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 1},
        {"scans": "1"},
        {"scans": -1},
        {"scans": True},
        {"scans": 1.5},
        {"change": None},
        {"chart": "/chart.png"},
        {"chart": "javascript:alert(1)"},
        {"chart": "https://x/" + "a" * 2048},
        {"chart": None},
        {"rows": None},
        {"rows": [ROW] * (MOST_ROWS + 1)},
        {"rows": ["x"]},
        {"rows": [{**ROW, "kind": None}]},
    ],
)
def test_a_section_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"list|chart|scans"):
        read_sections(json.dumps([{**SECTION, **wrong}]))


@pytest.mark.parametrize(
    "text", ["", "[", "[" * 100_000, "[]", json.dumps([SECTION] * (MOST_SECTIONS + 1))]
)
def test_text_that_is_no_list_of_sections_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"list|Expecting|deep"):
        read_sections(text)
