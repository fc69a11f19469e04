"""The types of content that a QR code can have: their fields, and the text of the symbol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from activities.rules.errors import InvalidFields
from activities.rules.payloads import calendar, contact, gs1_links, messages, network, places, web

ContentType = Literal["URL", "VCARD", "WIFI", "EMAIL", "SMS", "TEL", "GEO", "EVENT", "TEXT", "GS1"]
CONTENT_TYPES: tuple[ContentType, ...] = (
    *("URL", "VCARD", "WIFI", "EMAIL", "SMS", "TEL", "GEO", "EVENT", "TEXT", "GS1"),
)

LONGEST_PAYLOAD = 2331
"""Bytes that the largest symbol holds at level M (ISO/IEC 18004 table 7)."""


@dataclass(frozen=True)
class _Kind:
    """What is known of a type; `read` is for what clients send, `payload` for what it returned."""

    fields: Mapping[str, str]
    example: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], dict[str, Any]]
    payload: Callable[[Mapping[str, Any]], str]


_KINDS: Mapping[ContentType, _Kind] = {
    "URL": _Kind(web.URL_FIELDS, web.URL_EXAMPLE, web.read_url, web.url_payload),
    "VCARD": _Kind(contact.FIELDS, contact.EXAMPLE, contact.read_vcard, contact.vcard_payload),
    "WIFI": _Kind(network.FIELDS, network.EXAMPLE, network.read_wifi, network.wifi_payload),
    "EMAIL": _Kind(
        messages.EMAIL_FIELDS, messages.EMAIL_EXAMPLE, messages.read_email, messages.email_payload
    ),
    "SMS": _Kind(
        messages.SMS_FIELDS, messages.SMS_EXAMPLE, messages.read_sms, messages.sms_payload
    ),
    "TEL": _Kind(
        messages.TEL_FIELDS, messages.TEL_EXAMPLE, messages.read_tel, messages.tel_payload
    ),
    "GEO": _Kind(places.FIELDS, places.EXAMPLE, places.read_geo, places.geo_payload),
    "EVENT": _Kind(calendar.FIELDS, calendar.EXAMPLE, calendar.read_event, calendar.event_payload),
    "TEXT": _Kind(web.TEXT_FIELDS, web.TEXT_EXAMPLE, web.read_text, web.text_payload),
    "GS1": _Kind(gs1_links.FIELDS, gs1_links.EXAMPLE, gs1_links.read_gs1, gs1_links.gs1_payload),
}

FIELDS: Mapping[ContentType, Mapping[str, str]] = {
    name: kind.fields for name, kind in _KINDS.items()
}
"""Every field of every type with its meaning, for documents."""

EXAMPLES: Mapping[ContentType, dict[str, Any]] = {
    name: dict(kind.example) for name, kind in _KINDS.items()
}
"""One good content of every type, in canonical form."""


def normalised(type: ContentType, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The content in canonical form, fit for JSON: what is absent is left out, defaults are in.

    `fields` is what a client sent, in any shape. Normalising a second time changes nothing. Raises
    InvalidFields with every fault, under keys such as `content.ssid` or `content.emails.0`.
    """
    return _KINDS[type].read(fields)


def payload(type: ContentType, content: Mapping[str, Any]) -> str:
    """The exact text that the symbol holds, from a normalised content.

    Raises InvalidFields (`content`) when it is longer than a symbol holds at level M.
    """
    text = _KINDS[type].payload(content)
    if len(text.encode()) > LONGEST_PAYLOAD:
        raise InvalidFields(
            {"content": [f"Shorten the content; a code holds up to {LONGEST_PAYLOAD} bytes."]}
        )
    return text
