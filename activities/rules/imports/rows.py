"""What the rows of a file ask for, and what is wrong with each, before anything is saved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from activities.rules import destinations, slugs
from activities.rules.errors import InvalidFields
from activities.rules.imports.cells import read_number, read_short_url, read_tags, read_yes
from activities.rules.imports.dates import read_time
from activities.rules.imports.formats import INKLOOM, Format
from activities.rules.imports.tables import Row, Table
from activities.rules.naming import name_refusal
from activities.rules.shared_passwords import shared_refusal
from activities.rules.tagging import normalised_tags

MOST_LINES_NAMED = 5

_NOTHING = frozenset({"null", "undefined"})
"""What scripts write for an empty value; a slug may be called so."""

_NEVER = frozenset({"never", "none", "n/a", "-", "0000-00-00 00:00:00"})
_ESCAPED = ("'=", "'+", "'-", "'@")


@dataclass(frozen=True)
class Judged:
    """One row, read: `number` is its line in the file, `problems` what keeps it from being saved.

    `slug` and `domain` are where it was; both None when the file does not say. Times are UTC.
    """

    number: int
    destination: str
    slug: str | None = None
    domain: str | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    clicks: int | None = None
    is_active: bool = True
    expires_at: datetime | None = None
    password: str | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a file holds: `good` rows can be saved, `bad` ones have problems."""

    format: str
    title: str
    headers: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    good: int
    bad: int
    duplicate_slugs: tuple[str, ...]
    rows: tuple[Judged, ...]


def judge_rows(
    table: Table,
    layout: Format,
    *,
    own_hosts: Collection[str],
    domains: Collection[str] = (),
    tags: Sequence[str] = (),
    https_only: bool = True,
) -> tuple[Judged, ...]:
    """Every row of the file, in its order, with all its problems; none raises.

    `own_hosts` are those that redirect here: a destination there would lead in a circle. On each of
    `domains` a slug is another one; every other domain's links come to the default one. `tags` are
    those that every row gets beside its own.
    """
    reader = _Reader(table.headers, layout, tags)
    judged = [reader.read(row) for row in table.rows]
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in judged:
        if row.slug:
            lines[place_of(row, domains)].append(row.number)
    return tuple(
        replace(
            row,
            problems=(
                *row.problems,
                *_of_destination(row.destination, own_hosts, https_only),
                *_of_slug(row.slug, lines[place_of(row, domains)]),
            ),
        )
        for row in judged
    )


def place_of(row: Judged, domains: Collection[str]) -> tuple[str, str]:
    """Where a row will be: one of `domains` or, spelled empty, the default one; and its slug."""
    return (row.domain if row.domain in domains else None) or "", row.slug or ""


def with_taken(judged: Sequence[Judged], taken: Collection[str]) -> tuple[Judged, ...]:
    """The rows, those with a slug among `taken` (spelled exactly so) with that problem too."""
    known = frozenset(taken)
    return tuple(
        replace(row, problems=(*row.problems, f"The slug '{row.slug}' is taken; choose another."))
        if row.slug in known
        else row
        for row in judged
    )


def preview(
    table: Table, layout: Format, judged: Sequence[Judged], domains: Collection[str] = ()
) -> Preview:
    """The summary of a judged file. A slug is duplicate when one domain has it more than once."""
    bad = sum(bool(row.problems) for row in judged)
    counted = Counter(place_of(row, domains) for row in judged if row.slug)
    return Preview(
        format=layout.name,
        title=layout.title,
        headers=table.headers,
        columns=layout.columns,
        good=len(judged) - bad,
        bad=bad,
        duplicate_slugs=tuple(
            dict.fromkeys(slug for (_, slug), times in counted.items() if times > 1)
        ),
        rows=tuple(judged),
    )


class _Reader:
    """Reads rows of one format; each method that finds a problem adds it to `problems`."""

    def __init__(self, headers: Sequence[str], layout: Format, tags: Sequence[str]) -> None:
        self.width = len(headers)
        self.more_tags = tags
        self.own = layout.name == INKLOOM.name
        place = {header: index for index, header in enumerate(headers)}
        self.places = {
            name: tuple(place[header] for header in columns)
            for name, columns in layout.columns.items()
        }
        self.cells: tuple[str, ...] = ()
        self.problems: list[str] = []

    def read(self, row: Row) -> Judged:
        self.cells, self.problems = row.cells, []
        if len(row.cells) < self.width or any(row.cells[self.width :]):
            self.problems.append(f"The row has {len(row.cells)} cells, the header {self.width}.")
        slug, domain = self.slug()
        return Judged(
            number=row.line,
            destination=self.text("destination"),
            slug=slug,
            domain=domain,
            name=self.name(),
            tags=self.tags(),
            created_at=self.time("created_at"),
            clicks=read_number(self.text("clicks")),
            is_active=self.yes("is_active", True) and not self.yes("is_banned", False),
            expires_at=self.time("expires_at"),
            password=self.password(),
            problems=tuple(self.problems),
        )

    def text(self, name: str) -> str:
        for place in self.places.get(name, ()):
            cell = self.cells[place].strip() if place < len(self.cells) else ""
            if cell and (name == "slug" or cell.lower() not in _NOTHING):
                return cell[1:] if self.own and cell.startswith(_ESCAPED) else cell
        return ""

    def slug(self) -> tuple[str | None, str | None]:
        slug, whole = self.text("slug").strip("/"), self.text("short_url")
        if "/" in slug:
            slug, whole = "", slug
        host, last = read_short_url(whole)
        if whole and not slug and not last:
            self.problems.append(f"The short link '{whole[:80]}' does not end with a slug.")
        return slug or last or None, self.text("domain").lower() or host or None

    def name(self) -> str | None:
        name = " ".join(self.text("name").split())
        refused = name_refusal(name) if name else None
        if refused:
            self.problems.append(refused)
        return name or None

    def tags(self) -> tuple[str, ...]:
        names = read_tags(self.text("tags"))
        try:
            normalised_tags((*names, *self.more_tags))
            return normalised_tags(names)
        except InvalidFields as error:
            self.problems.extend(error.fields["tags"])
            return names

    def time(self, name: str) -> datetime | None:
        text = self.text(name)
        if not text or text.lower() in _NEVER:
            return None
        moment = read_time(text)
        if moment is None:
            self.problems.append(
                f"'{text[:80]}' is no clear time; write it like 2026-12-31T23:59:59Z."
            )
        return moment

    def yes(self, name: str, otherwise: bool) -> bool:
        text = self.text(name)
        answer = read_yes(text) if text else otherwise
        if answer is None:
            self.problems.append(f"Write true or false instead of '{text[:80]}'.")
        return otherwise if answer is None else answer

    def password(self) -> str | None:
        """A link that was protected must not come here open, so a missing password is told."""
        password = self.text("password")
        if not password and self.yes("has_password", False):
            self.problems.append(
                "The link has a password that the file does not tell; add a 'password' column."
            )
        elif password and (refused := shared_refusal(password)):
            self.problems.append(f"Its password cannot be kept. {refused}")
        return password or None


def _of_destination(url: str, own_hosts: Collection[str], https_only: bool) -> list[str]:
    if not url:
        return ["Give a destination."]
    refused = destinations.refusal(url)
    if refused:
        return [refused]
    problems = []
    if https_only and not url.lower().startswith("https://"):
        problems.append("Use an https address as destination.")
    circle = destinations.leads_home(url, own_hosts)
    return [*problems, circle] if circle else problems


def _of_slug(slug: str | None, lines: Sequence[int]) -> list[str]:
    if slug is None:
        return []
    refused = slugs.refusal(slug)
    problems = [refused] if refused else []
    if len(lines) > 1:
        named = ", ".join(str(line) for line in lines[:MOST_LINES_NAMED])
        more = len(lines) - MOST_LINES_NAMED
        rest = f" and {more:,} more" if more > 0 else ""
        problems.append(f"The slug '{slug[:80]}' is on lines {named}{rest}; keep one.")
    return problems
