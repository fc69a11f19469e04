"""What a client says about a page, judged and brought into the form in which it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from activities.rules import slugs
from activities.rules.block_values import Reader, line, lines
from activities.rules.errors import InvalidFields
from activities.rules.page_blocks import normalised_blocks, normalised_theme
from activities.rules.searching import search_text
from activities.rules.spelling import unprefixed

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 500
MOST_SEARCHED = 2000
"""Signs of the blocks that a search looks into."""

_LED = {"link": ("url",), "social": ("url",), "image": ("href",)}
"""The fields of a block that lead a visitor away, by its kind."""

_WORDS = ("text", "label", "alt", "address", "number", "network")


def drafted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns `name`, `description`, `blocks`, `theme` and `search_text`, judged.

    `values` also has `slug`, which is only looked into. Raises `InvalidFields`.
    """
    words = {
        "name": _read("name", line(LONGEST_NAME), values["name"]),
        "description": _read("description", lines(LONGEST_DESCRIPTION), values["description"])
        if values["description"].strip()
        else "",
    }
    blocks = normalised_blocks(values["blocks"])
    told = " ".join(block[word] for block in blocks for word in _WORDS if word in block)
    return {
        **words,
        "blocks": blocks,
        "theme": normalised_theme(values["theme"]),
        "search_text": search_text(
            words["name"], values["slug"], words["description"], told[:MOST_SEARCHED]
        ),
    }


def judge_slug(slug: str | None) -> None:
    """Raise `InvalidFields` for a slug that a client may not choose."""
    if slug is not None and (refusal := slugs.refusal(slug)):
        raise InvalidFields({"slug": [refusal]})


def led_by(blocks: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Every address that the page leads to, by the name of its field."""
    return {
        f"blocks.{place}.{field}": block[field]
        for place, block in enumerate(blocks)
        for field in _LED.get(block["type"], ())
        if field in block
    }


def links_in(blocks: Iterable[Mapping[str, str]]) -> dict[str, UUID]:
    """The links of ours that the page shows, by the name of their field."""
    found = {
        f"blocks.{place}.linkId": unprefixed("lnk", block["linkId"])
        for place, block in enumerate(blocks)
        if block["type"] == "short_link"
    }
    return {field: link_id for field, link_id in found.items() if link_id is not None}


def without_links(
    blocks: Sequence[Mapping[str, str]], missing: Iterable[UUID]
) -> tuple[Mapping[str, str], ...]:
    """The blocks but those that show a missing link."""
    gone = set(missing)
    return tuple(
        block
        for block in blocks
        if block["type"] != "short_link" or unprefixed("lnk", block["linkId"]) not in gone
    )


def _read(field: str, read: Reader, value: str) -> str:
    try:
        return read(value)
    except ValueError as refusal:
        raise InvalidFields({field: [str(refusal)]}) from None
