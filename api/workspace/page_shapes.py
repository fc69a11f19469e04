"""Blocks of link pages as the document describes them; what they are judged by is a rule.

So every fault is told under the name of its field, as `blocks.3.url`, all at once.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from activities.rules.block_values import NETWORKS
from activities.rules.page_blocks import EXAMPLES, ICONS, MOST_BLOCKS, NEEDED, OPTIONAL
from api.dialect import Text

_TOLD = {
    "heading": "a heading",
    "text": "text; a blank line begins a paragraph",
    "link": "a button that leads to an address",
    "short_link": "a button that leads to one of your short links, so that clicks are counted; "
    "left out while the link is deleted or switched off",
    "image": "a picture",
    "divider": "a line",
    "social": "a profile on a social network, as its logo",
    "email": "a button that writes a mail",
    "phone": "a button that calls a number",
}
_LABEL = {"type": "string", "minLength": 1, "maxLength": 120}
_URL = {"type": "string", "format": "uri", "maxLength": 2048}
_FIELDS: dict[str, dict[str, Any]] = {
    "label": {**_LABEL, "description": "what the button says"},
    "url": {**_URL, "description": "an http or https address"},
    "icon": {
        "type": "string",
        "pattern": "^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$",
        "description": f"drawn beside it, where known: {', '.join(ICONS)}",
    },
    "linkId": {"type": "string", "description": "the id of the link: lnk_ and 32 hex digits"},
    "alt": {
        "type": "string",
        "maxLength": 300,
        "description": "what the picture shows, for who does not see it; empty for decoration",
    },
    "href": {**_URL, "description": "where the picture leads"},
    "network": {"type": "string", "enum": list(NETWORKS), "description": "which network"},
    "address": {"type": "string", "format": "email", "maxLength": 254, "description": "to whom"},
    "number": {
        "type": "string",
        "maxLength": 40,
        "description": "3 to 15 digits, after a + where it is international",
    },
}
_OF_KINDS: dict[tuple[str, str], dict[str, Any]] = {
    ("heading", "text"): {**_LABEL, "description": "the heading"},
    ("text", "text"): {
        "type": "string",
        "minLength": 1,
        "maxLength": 2000,
        "description": "the text, plain",
    },
    ("image", "url"): {**_URL, "description": "where the picture is: an https address"},
    ("short_link", "label"): {**_LABEL, "description": "the name of the link when absent"},
}
_ID = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]{1,40}$",
    "description": "given when absent; keep it when you send the block again",
}


def _shape(kind: str, example: Any) -> dict[str, Any]:
    needed, optional = NEEDED[kind], OPTIONAL.get(kind, {})
    fields = {name: _OF_KINDS.get((kind, name)) or _FIELDS[name] for name in (*needed, *optional)}
    return {
        "type": "object",
        "title": kind,
        "description": _TOLD[kind],
        "properties": {"type": {"const": kind}, "id": _ID, **fields},
        "required": ["type", *needed],
        "additionalProperties": False,
        "examples": [example],
    }


BLOCK = {"oneOf": [_shape(kind, example) for kind, example in zip(NEEDED, EXAMPLES, strict=True)]}
"""The JSON Schema of one block."""

Blocks = Annotated[
    list[dict[Text, Any]],
    WithJsonSchema({"type": "array", "items": BLOCK, "maxItems": MOST_BLOCKS}),
    Field(
        description="what the page shows, from top to bottom",
        examples=[[example for example in EXAMPLES if example["type"] != "short_link"]],
    ),
]
"""The blocks of a page, in a body and in an answer."""
