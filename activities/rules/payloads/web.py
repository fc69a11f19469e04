"""URL: an address in the web. TEXT: words for the reader of the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activities.rules import destinations
from activities.rules.payloads.fields import FieldReader, without_absent

LONGEST_TEXT = 2000

URL_FIELDS: Mapping[str, str] = {
    "url": "The http or https address that the code holds. Required.",
}
URL_EXAMPLE: Mapping[str, Any] = {"url": "https://example.com/welcome"}

TEXT_FIELDS: Mapping[str, str] = {
    "text": f"The text that is shown, up to {LONGEST_TEXT} characters, in lines. Required.",
}
TEXT_EXAMPLE: Mapping[str, Any] = {"text": "Table 12\nBon appétit!"}


def read_url(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form. Raises InvalidFields."""
    reader = FieldReader(fields, URL_FIELDS)
    url = reader.url("url", required="Give an address, for example https://example.com/welcome.")
    reader.done()
    return without_absent({"url": url})


def url_payload(content: Mapping[str, Any]) -> str:
    """The address in ASCII, the same as a redirect would carry it."""
    return destinations.location(content["url"])


def read_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: line ends are line feeds. Raises InvalidFields."""
    reader = FieldReader(fields, TEXT_FIELDS)
    text = reader.text("text", LONGEST_TEXT, required="Give a text.", spacing="lines")
    reader.done()
    return without_absent({"text": text})


def text_payload(content: Mapping[str, Any]) -> str:
    """The text itself."""
    return str(content["text"])
