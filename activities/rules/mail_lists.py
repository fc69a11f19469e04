"""Lists in mails: the lines of a daily digest, and the workspaces of a weekly one, as JSON.

JSON, because words are text; it is judged whole when the mail is queued and again when it is
written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

LONGEST_WORD = 80
LONGEST_LINE = 200
LONGEST_TAG = 24
"""What a kind or a change may say in a narrow column."""

NAMELESS = "(no name)"

LONGEST_ADDRESS = 2048

MOST_LINES = 50
MOST_SECTIONS = 8
MOST_ROWS = 8
"""Digests stay under 100 kB, where mail programs cut."""

CHART_WIDTH, CHART_HEIGHT = 520, 120
"""How large a chart is shown, in CSS pixels; its file may have twice as many."""

Tone = Literal["up", "down", "same"]


class DigestRow(NamedTuple):
    """A code of a weekly digest; `change` against the week before, such as "+12%".

    Templates take it apart: the sandbox asks long questions about each attribute.
    """

    name: str
    kind: str
    scans: int
    change: str
    tone: Tone


@dataclass(frozen=True)
class DigestSection:
    """A workspace of a weekly digest: its scans of the week, and its codes with the most of them.

    `chart` is the address of a picture of its days, or "".
    """

    name: str
    scans: int
    change: str
    tone: Tone
    chart: str
    rows: tuple[DigestRow, ...]


def plain(text: str, longest: int = LONGEST_WORD) -> str:
    """On one line, without control characters and marks that turn the direction of reading."""
    line = " ".join(text.split())
    if not line.isprintable():
        line = "".join(sign for sign in line if sign.isprintable())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def whole_address(text: str, word: str) -> str:
    """The address as it is; `ValueError` unless it is whole, http or https."""
    parts = urlsplit(text)
    whole = parts.scheme in ("http", "https") and parts.hostname
    if not whole or not text.isprintable() or " " in text:
        raise ValueError(f"the {word} is not a whole http or https address")
    return text


def read_lines(text: str) -> tuple[str, ...]:
    """`["sentence", ...]`, 1 to `MOST_LINES` of them; `ValueError` for anything else."""
    lines = _list(_read(text), "lines", MOST_LINES)
    return tuple(_text({"line": line}, "line", LONGEST_LINE) for line in lines)


def read_sections(text: str) -> tuple[DigestSection, ...]:
    """`[{"name", "scans", "change", "chart", "rows": [{"name", "kind", "scans", "change"}, ...]},
    ...]`, 1 to `MOST_SECTIONS` with at most `MOST_ROWS` each; scans are whole numbers, all else is
    text, and `change` and `chart` may be "". `ValueError` for anything else.
    """
    return tuple(map(_section, _list(_read(text), "sections", MOST_SECTIONS)))


def _section(told: Any) -> DigestSection:
    change, chart = _text(told, "change", LONGEST_TAG), told.get("chart")
    if not isinstance(chart, str) or len(chart) > LONGEST_ADDRESS:
        raise ValueError("the list needs the text 'chart'")
    return DigestSection(
        name=_text(told, "name") or NAMELESS,
        scans=_scans(told),
        change=change,
        tone=_tone(change),
        chart=chart and whole_address(chart, "chart"),
        rows=tuple(map(_row, _list(told.get("rows"), "rows", MOST_ROWS, least=0))),
    )


def _row(told: Any) -> DigestRow:
    change = _text(told, "change", LONGEST_TAG)
    return DigestRow(
        name=_text(told, "name") or NAMELESS,
        kind=_text(told, "kind", LONGEST_TAG),
        scans=_scans(told),
        change=change,
        tone=_tone(change),
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the list is too deep") from None


def _list(told: Any, what: str, most: int, *, least: int = 1) -> list[Any]:
    if not isinstance(told, list) or not least <= len(told) <= most:
        raise ValueError(f"{what} are a list of {least} to {most}")
    return told


def _text(told: Any, word: str, longest: int = LONGEST_WORD) -> str:
    if not isinstance(told, dict) or not isinstance(told.get(word), str):
        raise ValueError(f"the list needs the text {word!r}")
    return plain(told[word], longest)


def _scans(told: dict[str, Any]) -> int:
    scans = told.get("scans")
    if not isinstance(scans, int) or isinstance(scans, bool) or scans < 0:
        raise ValueError("scans are a whole number")
    return scans


def _tone(change: str) -> Tone:
    if change.startswith("+"):
        return "up"
    return "down" if change.startswith(("-", "−", "–")) else "same"
