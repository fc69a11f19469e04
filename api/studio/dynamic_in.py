"""Dynamic codes as clients of the studio write them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from activities.passwords import LONGEST as LONGEST_PASSWORD
from activities.qr_codes.drafts import LONGEST_NAME
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.experiments import LARGEST_WEIGHT, MOST
from activities.rules.experiments import LONGEST_NAME as LONGEST_VARIANT
from activities.rules.lifecycle import LARGEST_LIMIT
from activities.rules.slugs import SPELLING
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Body, Text
from api.scalars import When

Url = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="http or https address it leads to",
        examples=["https://example.com/welcome"],
    ),
]
Name = Annotated[
    Text, Field(max_length=LONGEST_NAME, description="what you call it", examples=["Welcome"])
]
ShortId = Annotated[
    Text,
    Field(
        description="3 to 64 of A-Z a-z 0-9 _ -; drawn when absent",
        examples=["menu-24"],
        json_schema_extra={"pattern": SPELLING},
    ),
]
IsActive = Annotated[bool, Field(description="whether it leads anywhere", examples=[True])]
StartsAt = Annotated[
    When, Field(description="it leads nowhere before", examples=["2026-12-01T00:00:00Z"])
]
ExpiresAt = Annotated[
    When, Field(description="it is over from then on", examples=["2026-12-31T23:59:59Z"])
]
ScanLimit = Annotated[
    int,
    Field(ge=1, le=LARGEST_LIMIT, description="how many scans are let through", examples=[1000]),
]
ExpiredUrl = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="where it leads when it is over or used up",
        examples=["https://example.com/over"],
    ),
]
Password = Annotated[
    Text,
    Field(
        max_length=LONGEST_PASSWORD,
        description="what visitors must know; it is never shown again",
        examples=["open sesame"],
    ),
]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["summer"]]),
]


class VariantIn(Body):
    """One destination of an A/B test."""

    destination_url: Url
    weight: int = Field(
        ge=0,
        le=LARGEST_WEIGHT,
        description="its share of the visitors over the sum of all; 0 pauses it",
        examples=[50],
    )
    name: Text | None = Field(
        None, max_length=LONGEST_VARIANT, description="null: a letter", examples=["A"]
    )
    id: Text | None = Field(
        None,
        max_length=32,
        description="of an earlier answer, so that its statistics go on",
        examples=[None],
    )


Variants = Annotated[
    list[VariantIn],
    Field(max_length=MOST, description="none, or two and more destinations", examples=[[]]),
]


class DynamicIn(Body):
    """A dynamic code to make."""

    destination_url: Url
    name: Name = ""
    short_id: ShortId | None = None
    variants: Variants = Field(default_factory=list)
    is_active: IsActive = True
    starts_at: StartsAt | None = None
    expires_at: ExpiresAt | None = None
    scan_limit: ScanLimit | None = None
    expired_url: ExpiredUrl | None = None
    password: Password | None = Field(None, repr=False)
    tags: Tags = Field(default_factory=list)


class DynamicChangesIn(Body):
    """What of a dynamic code to change: what is left out stays as it is, null takes it away."""

    destination_url: Url = Field(default_factory=str)
    name: Name | None = Field(default_factory=str)
    short_id: ShortId = Field(
        default_factory=str, description="a new one; what was printed with the old one leads on"
    )
    variants: Variants | None = Field(default_factory=list)
    is_active: IsActive = Field(default_factory=bool)
    starts_at: StartsAt | None = Field(default_factory=lambda: None)
    expires_at: ExpiresAt | None = Field(default_factory=lambda: None)
    scan_limit: ScanLimit | None = Field(default_factory=lambda: None)
    expired_url: ExpiredUrl | None = Field(default_factory=lambda: None)
    password: Password | None = Field(default_factory=lambda: None, repr=False)
    tags: Tags | None = Field(default_factory=list)


def in_domain(body: DynamicIn | DynamicChangesIn) -> dict[str, Any]:
    """What the body gives, by the domain's names; nothing of what it leaves out."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    if "short_id" in values:
        values["short_code"] = values.pop("short_id")
    if "name" in values:
        values["name"] = values["name"] or ""
    if "tags" in values:
        values["tags"] = tuple(values["tags"] or ())
    if "variants" in values:
        values["variants"] = tuple(map(_variant, values["variants"] or ()))
    return values


def _variant(variant: VariantIn) -> dict[str, Any]:
    """As the domain keeps it."""
    kept = variant.model_dump(exclude_none=True)
    return {"destinationUrl": kept.pop("destination_url"), **kept}
