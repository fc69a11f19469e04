"""What a client says about a code, judged and brought into the form in which it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from activities.outside import outside
from activities.rules import slugs
from activities.rules.errors import InvalidFields
from activities.rules.experiments import normalised_variants
from activities.rules.lifecycle import must_be_sound
from activities.rules.payloads import contents
from activities.rules.searching import search_text

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
MOST_STYLE = 50


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
    if wrong:
        raise InvalidFields(wrong)


def judge_terms(values: Mapping[str, Any]) -> None:
    """Raise `InvalidFields` for a lifecycle that cannot be."""
    must_be_sound(
        values["starts_at"], values["expires_at"], values["visit_limit"], values["expired_url"]
    )


def led_by(values: Mapping[str, Any]) -> dict[str, str]:
    """Every address that a code leads to, by the name of its field."""
    urls = {
        f"variants.{number}.destinationUrl": variant["destinationUrl"]
        for number, variant in enumerate(values["variants"])
    }
    for name in ("destination_url", "expired_url"):
        if values[name] is not None:
            urls[name] = values[name]
    return urls


def with_content(
    values: dict[str, Any], content: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The values with their content, variants, payload and search text in the form to keep.

    `values` has `type`, `is_dynamic`, `destination_url`, `short_code`, `name` and `description`. A
    code of type URL has its address in `destination_url`. Raises `InvalidFields`.
    """
    kind, is_dynamic = values["type"], values["is_dynamic"]
    if kind == "URL":
        if content:
            raise InvalidFields({"content": ["A code of type URL has destination_url instead."]})
        if values["destination_url"] is None and not values["link_id"]:
            raise InvalidFields({"destination_url": ["This field is required."]})
        kept: dict[str, Any] = {}
        payload = None if is_dynamic else values["destination_url"]
    else:
        kept = contents.normalised(kind, content)
        payload = contents.payload(kind, kept)
        _must_be_static(values)
    if variants and not is_dynamic:
        raise InvalidFields({"variants": ["Only a dynamic code can have variants."]})
    searched = [values[part] for part in ("name", "short_code", "destination_url", "description")]
    return {
        **values,
        "content": kept,
        "payload": payload,
        "variants": normalised_variants(variants) if variants else [],
        "search_text": search_text(*searched, _words(kept)),
    }


def short_url(code: str | None) -> str | None:
    """The address that a dynamic code holds."""
    return outside().short_url(code) if code else None


def _must_be_static(values: Mapping[str, Any]) -> None:
    if values["is_dynamic"]:
        raise InvalidFields({"is_dynamic": ["Only codes of type URL can be dynamic."]})
    if values["destination_url"] is not None:
        raise InvalidFields({"destination_url": ["Only codes of type URL have a destination."]})


def _words(content: Mapping[str, Any]) -> str:
    """The texts of a content that people look for; never the password of a network."""
    return " ".join(
        value for name, value in content.items() if isinstance(value, str) and name != "password"
    )[:500]
