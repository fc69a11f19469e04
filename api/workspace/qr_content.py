"""What the document says about `content`: the fields of every type of QR code."""

from __future__ import annotations

from typing import Any

from activities.rules.payloads.contents import CONTENT_TYPES, EXAMPLES, FIELDS, ContentType

_ALWAYS = " Required."
"""How the description of a field ends that a content cannot do without."""


def _schema(kind: ContentType) -> dict[str, Any]:
    fields = FIELDS[kind]
    required = [name for name, told in fields.items() if told.endswith(_ALWAYS)]
    return {
        "title": kind,
        "type": "object",
        "properties": {name: {"description": told} for name, told in fields.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
        "examples": [EXAMPLES[kind]],
    }


CONTENT_SCHEMA: dict[str, Any] = {"anyOf": [_schema(kind) for kind in CONTENT_TYPES]}
"""A content of each type; which one is meant says `type`."""
