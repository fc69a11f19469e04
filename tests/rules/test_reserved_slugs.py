"""Whatever the platform itself serves, no tenant can serve in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from activities.rules.slugs import ALPHABET, RESERVED, refusal, short_code
from api.app import make_app
from api.health import PATHS as HEALTH
from api.mailbox import PATH as MAILBOX
from api.pages.app import PAGES
from api.pages.assets import FOLDER
from api.redirect import PREFIX
from tests.api.surface import every_operation

OPEN_DOCUMENTS = ("/docs", "/docs/studio/openapi.json", "/openapi.json")


def first_segment(path: str) -> str:
    return path.strip("/").split("/")[0]


def served() -> Iterator[str]:
    """Paths of every kind that answer today."""
    yield from (asked.path for asked in every_operation())
    yield from (*HEALTH, *PAGES, *OPEN_DOCUMENTS, MAILBOX, FOLDER, PREFIX)

    async def here() -> bool:
        return True

    dispatcher = make_app(temporal_here=here)._application  # type: ignore[attr-defined]
    for dialect in dispatcher.dialects:
        yield from dialect.prefixes
    assert all(dispatcher._documents.owns(path) for path in OPEN_DOCUMENTS)


def test_every_first_segment_that_is_served_is_reserved() -> None:
    segments = {first_segment(path) for path in served()}
    assert {"api", "v1", "oauth", "docs", "sign-in", "static", "q", "metrics"} <= segments
    spelled_alike = {segment for segment in segments if re.fullmatch(r"[A-Za-z0-9_-]+", segment)}
    assert spelled_alike - RESERVED == set()


def test_names_of_files_and_hidden_folders_are_reserved_without_dot_and_ending() -> None:
    bare = {first_segment(path).lstrip(".").split(".")[0] for path in served()}
    assert bare - RESERVED == set()


@pytest.mark.parametrize(
    "slug",
    [
        *("01", "q", "p", "v1", "api", "oauth", "scim", "mcp", "dashboard", "account", "settings"),
        *("security", "legal", "terms", "privacy", "pricing", "webhooks", "inkloom", "robots"),
        *("well-known", "sitemap", "favicon", "apple-app-site-association", "assetlinks", "login"),
    ],
)
def test_what_is_meant_to_be_served_is_reserved(slug: str) -> None:
    assert slug in RESERVED
    assert refusal(slug)


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_a_reserved_slug_is_refused_in_any_case(slug: str) -> None:
    assert slug == slug.lower()
    for spelling in (slug, slug.upper(), slug.title()):
        sentence = refusal(spelling)
        assert sentence
        assert sentence.endswith(".")
        if len(slug) >= 3:
            assert sentence == f"'{spelling}' is reserved; choose another."


def test_drawn_codes_are_never_refused() -> None:
    drawn = [short_code(number.to_bytes(2) * 8) for number in range(1, 2000)]
    assert all(set(code) <= set(ALPHABET) for code in drawn)
    assert [code for code in drawn if refusal(code)] == []
