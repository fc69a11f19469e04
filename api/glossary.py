"""What fields mean that are the same in many answers, for the OpenAPI documents.

A field says its meaning where it is defined when that is its own; otherwise it is here, once for
all languages. `glossary.json` has the name in snake_case, the meaning and an example.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic.alias_generators import to_snake

PLAIN = ("string", "integer", "number")
"""Types whose examples cannot be told from the type alone."""


def add_meanings(document: Mapping[str, Any]) -> None:
    """Add in place what is missing: a description to each field, an example to those of answers."""
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        for field, part in schema.get("properties", {}).items():
            meaning, *example = _words().get(to_snake(field), [""])
            if meaning and not says(part, "description"):
                part["description"] = meaning
            if example and not name.endswith("In") and _is_plain(part, type(example[0])):
                part["examples"] = example


def says(part: Mapping[str, Any], word: str) -> bool:
    """Whether a field, or what it may be, has this word of JSON Schema."""
    return word in part or any(says(choice, word) for choice in part.get("anyOf", ()))


def _is_plain(part: Mapping[str, Any], kind: type) -> bool:
    """Whether the field is of a plain type that such an example fits, and has none."""
    told = any(says(part, word) for word in ("examples", "enum", "const", "default"))
    wanted = {str: "string", int: "integer"}[kind]
    return not told and wanted in set(_types(part))


def _types(part: Mapping[str, Any]) -> Iterator[str]:
    if "type" in part:
        yield str(part["type"])
    for choice in part.get("anyOf", ()):
        yield from _types(choice)


@cache
def _words() -> Mapping[str, list[Any]]:
    words: Mapping[str, list[Any]] = json.loads((files("api") / "glossary.json").read_text("utf-8"))
    return words
