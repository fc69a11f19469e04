"""What a client says about a code, judged and brought into the form in which it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from activities.gs1.claiming import content_here
from activities.rules import destinations, slugs
from activities.rules.errors import InvalidFields
from activities.rules.experiments import normalised_variants
from activities.rules.lifecycle import must_be_sound
from activities.rules.payloads import contents
from activities.rules.searching import search_text
from activities.rules.styles import style_refusal

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
MOST_STYLE = 50

OF_DYNAMIC_CODES = {
    "short_code": "short_code",
    "variants": "variants",
    "starts_at": "starts_at",
    "expires_at": "expires_at",
    "visit_limit": "scan_limit",
    "expired_url": "expired_url",
    "link_id": "link_id",
    "health_check": "health_check",
    "password": "password",
}
"""What means something only while scans pass through us: columns and the password -> fields."""

CAN_BE_DYNAMIC = ("URL", "GS1")
"""Types whose symbols can hold an address of ours: a short one, or a Digital Link."""

UNSEARCHED = ("password", "version", "encryption", "type")
"""Fields of contents that nobody looks for; least of all the password of a network."""


def judge_words(
    name: str, description: str, short_code: str | None, style: Mapping[str, Any]
) -> None:
    """Raise `InvalidFields` for a name, description, code or style that cannot be."""
    wrong: dict[str, list[str]] = {}
    if len(name) > LONGEST_NAME:
        wrong["name"] = [f"Ensure this name has no more than {LONGEST_NAME} characters."]
    if len(description) > LONGEST_DESCRIPTION:
        wrong["description"] = [f"Use at most {LONGEST_DESCRIPTION} characters."]
    if short_code is not None and (refusal := slugs.refusal(short_code)):
        wrong["short_code"] = [refusal]
    if len(style) > MOST_STYLE:
        wrong["style"] = [f"Use at most {MOST_STYLE} fields."]
    elif refusal := style_refusal(style):
        wrong["style"] = [refusal]
    if wrong:
        raise InvalidFields(wrong)


def judge_terms(values: Mapping[str, Any]) -> None:
    """Raise `InvalidFields` for a lifecycle that cannot be."""
    must_be_sound(
        values["starts_at"], values["expires_at"], values["visit_limit"], values["expired_url"]
    )


def address_in(kind: str, content: Mapping[str, Any], destination_url: str | None) -> str | None:
    """Where a code leads: its destination, or the `url` of a content of type URL.

    Raises `InvalidFields` for a content that is wrong, or that says another address.
    """
    if kind != "URL" or not content:
        return destination_url
    url: str = contents.normalised("URL", content)["url"]
    if destination_url not in (None, url):
        raise InvalidFields({"content": ["Another address was given beside it; give one of both."]})
    return url


def led_by(values: Mapping[str, Any]) -> dict[str, str]:
    """Every address that a code leads to, by the name of its field."""
    urls = {
        f"variants.{number}.destinationUrl": variant["destinationUrl"]
        for number, variant in enumerate(values["variants"])
    }
    for name in ("destination_url", "expired_url"):
        if values[name] is not None:
            urls[name] = values[name]
    for name, url in values["content"].get("links", {}).items():
        urls[f"content.links.{name}"] = url
    return urls


def with_content(
    values: Mapping[str, Any], content: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The values with their content, variants and payload in the form to keep.

    `values` are columns; a code of type URL has its address in `destination_url`, and its `content`
    is not looked at. Raises `InvalidFields`.
    """
    kind, is_dynamic = values["type"], values["is_dynamic"]
    if not is_dynamic:
        must_suit_static({**values, "variants": variants})
    kept: dict[str, Any] = {}
    payload = None
    if kind != "URL":
        _must_hold_its_content(values, content)
        kept = content_here(content) if is_dynamic else contents.normalised(kind, content)
        payload = contents.payload(kind, kept)
    leads = is_dynamic or kind == "URL"
    if leads and values["destination_url"] is None and not values["link_id"]:
        raise InvalidFields({"destination_url": ["This field is required."]})
    if leads and not is_dynamic:
        payload = _address(values["destination_url"])
    stored = normalised_variants(variants) if variants else []
    return {**values, "content": kept, "payload": payload, "variants": stored}


def with_known_ids(
    variants: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The variants of a change, each with an id: its own, or that of the one that led there.

    One that is new gets an id that none had, so that its visits are not counted to another.
    """
    taken = [variant.get("id") for variant in variants]
    known: dict[Any, list[str]] = {}
    for variant in before:
        if variant["id"] not in taken:
            known.setdefault(variant["destinationUrl"], []).append(variant["id"])
    named: list[Mapping[str, Any]] = []
    for variant in variants:
        ids = known.get(variant.get("destinationUrl"))
        own = variant.get("id") or (ids.pop(0) if ids else f"v{uuid4().hex[:8]}")
        named.append({**variant, "id": own})
    return named


def must_suit_static(values: Mapping[str, Any]) -> None:
    """Raise `InvalidFields` for what a static code cannot have: it never asks us anything."""
    wrong = {
        field: ["Leave this out: nobody but the reader is asked when a static code is scanned."]
        for column, field in OF_DYNAMIC_CODES.items()
        if values.get(column)
    }
    if wrong:
        raise InvalidFields(wrong)


def found_by(values: Mapping[str, Any]) -> str:
    """What a code is found by: its name, codes, destination, description and content."""
    parts = [values[part] for part in ("name", "short_code", "destination_url", "description")]
    return search_text(*parts, *_words(values["content"]))


def _must_hold_its_content(values: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    if values["is_dynamic"]:
        if values["type"] not in CAN_BE_DYNAMIC:
            raise InvalidFields({"is_dynamic": ["Only codes of type URL or GS1 can be dynamic."]})
        return
    if values["destination_url"] is not None:
        told = "Only codes of type URL and dynamic ones of type GS1 have a destination."
        raise InvalidFields({"destination_url": [told]})
    if values["type"] == "GS1" and content.get("links"):
        raise InvalidFields({"content.links": ["Leave this out: only a dynamic code has links."]})


def _address(url: str) -> str:
    """The payload of a static code that leads there."""
    if refusal := destinations.refusal(url):
        raise InvalidFields({"destination_url": [refusal]})
    try:
        return contents.payload("URL", {"url": url})
    except InvalidFields as fault:
        raise InvalidFields({"destination_url": fault.fields["content"]}) from fault


def _words(part: object) -> list[str]:
    """The texts of a content that people look for."""
    match part:
        case str():
            return [part]
        case Mapping():
            parts = [value for name, value in part.items() if name not in UNSEARCHED]
            return [word for value in parts for word in _words(value)]
        case list():
            return [word for value in part for word in _words(value)]
    return []
