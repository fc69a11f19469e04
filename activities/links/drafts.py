"""What a client says about a link, judged and brought into the form in which it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from activities.rules import slugs
from activities.rules.deep_links import normalised_deep_links
from activities.rules.errors import InvalidFields
from activities.rules.experiments import normalised_variants
from activities.rules.health import normalised_check
from activities.rules.lifecycle import must_be_sound
from activities.rules.previews import normalised_preview
from activities.rules.routing import normalised_rules
from activities.rules.searching import search_text
from activities.rules.utm import normalised_utm

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000

_PLAIN = (
    *("name", "description", "slug", "destination_url", "passes_query", "is_active"),
    *("starts_at", "expires_at", "expired_url"),
)


def normalised(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns for the fields that a client gave, each judged by itself.

    Raises `InvalidFields`, in the words of the rules for what is nested: `rules.0.when.1.in`.
    """
    _judge_words(asked)
    kept = {name: asked[name] for name in _PLAIN if name in asked}
    if "click_limit" in asked:
        kept["visit_limit"] = asked["click_limit"]
    for name, read in _READERS.items():
        if name in asked:
            kept[name] = read(asked[name])
    return kept


def judge_terms(values: Mapping[str, Any]) -> None:
    """Raise `InvalidFields` for a lifecycle that cannot be."""
    must_be_sound(
        values["starts_at"],
        values["expires_at"],
        values["visit_limit"],
        values["expired_url"],
        limit_field="click_limit",
    )


def led_by(values: Mapping[str, Any]) -> dict[str, str]:
    """Every address that a link leads to, by the name of its field."""
    urls = {
        f"{field}.{number}.destinationUrl": part["destinationUrl"]
        for field in ("rules", "variants")
        for number, part in enumerate(values[field])
    }
    for name in ("destination_url", "expired_url"):
        if values[name] is not None:
            urls[name] = values[name]
    for system, part in values["deep_links"].items():
        for name in ("url", "storeUrl"):
            # An address of an app has a scheme of its own and leads to no host.
            if part.get(name, "").lower().startswith(("http://", "https://")):
                urls[f"deep_links.{system}.{name}"] = part[name]
    return urls


def found_by(values: Mapping[str, Any], hostname: str | None) -> str:
    """What a search for the link looks into."""
    parts = (values[name] for name in ("name", "slug", "destination_url", "description"))
    return search_text(*parts, hostname)


def _judge_words(asked: Mapping[str, Any]) -> None:
    wrong: dict[str, list[str]] = {}
    if len(asked.get("name", "")) > LONGEST_NAME:
        wrong["name"] = [f"Ensure this name has no more than {LONGEST_NAME} characters."]
    if len(asked.get("description", "")) > LONGEST_DESCRIPTION:
        wrong["description"] = [f"Use at most {LONGEST_DESCRIPTION} characters."]
    slug = asked.get("slug")
    if slug is not None and (refusal := slugs.refusal(slug)):
        wrong["slug"] = [refusal]
    if wrong:
        raise InvalidFields(wrong)


def _variants(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return normalised_variants(given) if given else []


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "rules": normalised_rules,
    "variants": _variants,
    "utm": normalised_utm,
    "preview": normalised_preview,
    "deep_links": normalised_deep_links,
    "health_check": normalised_check,
}
