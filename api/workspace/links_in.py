"""Short links as clients of `/api/links` write them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from activities.links.creating import CreateLink
from activities.links.drafts import LONGEST_DESCRIPTION, LONGEST_NAME
from activities.links.filling import BuildAddress
from activities.passwords import LONGEST as LONGEST_PASSWORD
from activities.rules import experiments, routing
from activities.rules.actors import Actor
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.lifecycle import LARGEST_LIMIT
from activities.rules.slugs import SPELLING
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Text
from api.scalars import In, When
from api.workspace.links_parts import (
    LinkDeepLinksIn,
    LinkHealthCheckIn,
    LinkPreviewIn,
    LinkRuleIn,
    LinkUtmIn,
    LinkVariantIn,
    written,
)
from api.workspace.listing import LONGEST_ID, to_uuid

LONGEST_HOSTNAME = 253

PARTS = ("utm", "preview", "deep_links", "health_check")
LISTS = ("rules", "variants")
IDS = {
    "workspace_id": "wsp",
    "folder_id": "fld",
    "utm_template_id": "utm",
    "qr_id": "qr",
}
"""Fields that hold an id, with its prefix."""

RENAMED = {"pass_query": "passes_query", "qr_id": "qr_code_id", "create_qr": "creates_qr"}
"""Fields that the domain calls otherwise."""

Url = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="where it leads: http or https, and not to a short link of ours",
        examples=["https://example.com/welcome"],
    ),
]
Slug = Annotated[
    Text,
    Field(
        description="the end of its address; drawn when left out, and never given to anybody else",
        json_schema_extra={"pattern": SPELLING},
        examples=["spring-sale"],
    ),
]
Domain = Annotated[
    Text,
    Field(
        max_length=LONGEST_HOSTNAME,
        description="a domain that your organization verified; null is the default one",
        examples=[None],
    ),
]
Name = Annotated[
    Text, Field(max_length=LONGEST_NAME, description="what you call it", examples=["Spring sale"])
]
Description = Annotated[
    Text,
    Field(max_length=LONGEST_DESCRIPTION, description="a note to yourself", examples=["Posters"]),
]
AnId = Annotated[Text, Field(max_length=LONGEST_ID, examples=[None])]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["spring"]]),
]
Rules = Annotated[
    list[LinkRuleIn],
    Field(
        max_length=routing.MOST_RULES,
        description="other destinations for some visits, in their order",
        examples=[[]],
    ),
]
Variants = Annotated[
    list[LinkVariantIn],
    Field(
        max_length=experiments.MOST,
        description="an A/B test of several destinations, for visits that no rule fits",
        examples=[[]],
    ),
]
PassQuery = Annotated[
    bool, Field(description="whether a visitor's own parameters are carried on", examples=[False])
]
Password = Annotated[
    Text,
    Field(
        max_length=LONGEST_PASSWORD,
        description="asked of each visitor; it is never shown again",
        examples=[None],
    ),
]
StartsAt = Annotated[When, Field(description="it leads nowhere before", examples=[None])]
ExpiresAt = Annotated[When, Field(description="it leads nowhere from then on", examples=[None])]
ClickLimit = Annotated[
    int,
    Field(ge=1, le=LARGEST_LIMIT, description="it is over after so many clicks", examples=[None]),
]
ExpiredUrl = Annotated[
    Text,
    Field(max_length=LONGEST_URL, description="where it leads when it is over", examples=[None]),
]
IsActive = Annotated[bool, Field(description="whether it leads anywhere", examples=[True])]
Utm = Annotated[LinkUtmIn, Field(description="UTM parameters", examples=[{"source": "newsletter"}])]
Preview = Annotated[
    LinkPreviewIn, Field(description="what chats show of it", examples=[{"title": "Spring sale"}])
]
DeepLinks = Annotated[LinkDeepLinksIn, Field(description="apps that it opens", examples=[None])]
HealthCheck = Annotated[
    LinkHealthCheckIn, Field(description="looks at its destination", examples=[{"enabled": True}])
]


class LinkIn(In):
    """A short link to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Spring sale", "destinationUrl": "https://example.com/spring"}]
        }
    )

    destination_url: Url
    slug: Slug | None = None
    domain: Domain | None = None
    name: Name = ""
    description: Description = ""
    workspace_id: AnId | None = Field(None, description="the workspace; by default the first")
    folder_id: AnId | None = Field(None, description="a folder of the workspace")
    tags: Tags = Field(default_factory=list)
    rules: Rules = Field(default_factory=list)
    variants: Variants = Field(default_factory=list)
    utm: Utm | None = None
    utm_template_id: AnId | None = Field(None, description="fills up what utm leaves open")
    pass_query: PassQuery = False
    password: Password | None = Field(None, repr=False)
    starts_at: StartsAt | None = None
    expires_at: ExpiresAt | None = None
    click_limit: ClickLimit | None = None
    expired_url: ExpiredUrl | None = None
    preview: Preview | None = None
    deep_links: DeepLinks | None = None
    health_check: HealthCheck | None = None
    is_active: IsActive = True
    create_qr: bool = Field(
        False, description="make a QR code too, which leads wherever it does", examples=[False]
    )
    qr_id: AnId | None = Field(
        None, description="a dynamic QR code that leads wherever it does from now on"
    )


class LinkChangesIn(In):
    """What of a short link to change; what is left out stays as it is.

    Under a slug or domain that it had before it goes on leading there.
    """

    destination_url: Url = Field(default_factory=str)
    slug: Slug = Field(default_factory=str)
    domain: Domain | None = Field(default_factory=lambda: None)
    name: Name = Field(default_factory=str)
    description: Description = Field(default_factory=str)
    workspace_id: AnId = Field(default_factory=str, description="the workspace to move it to")
    folder_id: AnId | None = Field(
        default_factory=lambda: None, description="null takes it out of its folder"
    )
    tags: Tags = Field(default_factory=list)
    rules: Rules = Field(default_factory=list)
    variants: Variants = Field(default_factory=list)
    utm: Utm | None = Field(default_factory=lambda: None)
    utm_template_id: AnId = Field(
        default_factory=str, description="fills up what the link leaves open"
    )
    pass_query: PassQuery = Field(default_factory=bool)
    password: Password | None = Field(default_factory=lambda: None, repr=False)
    starts_at: StartsAt | None = Field(default_factory=lambda: None)
    expires_at: ExpiresAt | None = Field(default_factory=lambda: None)
    click_limit: ClickLimit | None = Field(default_factory=lambda: None)
    expired_url: ExpiredUrl | None = Field(default_factory=lambda: None)
    preview: Preview | None = Field(default_factory=lambda: None)
    deep_links: DeepLinks | None = Field(default_factory=lambda: None)
    health_check: HealthCheck | None = Field(default_factory=lambda: None)
    is_active: IsActive = Field(default_factory=bool)
    qr_id: AnId | None = Field(
        default_factory=lambda: None,
        description="one more dynamic QR code that leads wherever it does; null unties them all",
    )


class LinkDuplicateIn(In):
    """How the copy shall differ."""

    name: Name | None = Field(None, description="null: that of the original and (copy)")


class LinkUtmUrlIn(In):
    """A destination and the UTM parameters to put into it."""

    destination_url: Url
    utm: LinkUtmIn = Field(
        default_factory=LinkUtmIn,
        description="UTM parameters; they win over those of the address",
        examples=[{"source": "newsletter", "medium": "email"}],
    )


def to_create(body: LinkIn, by: Actor) -> CreateLink:
    """The body as the domain takes it. Raises `InvalidFields` for ids of no known spelling."""
    return CreateLink(by, **_asked(body))


def to_changes(body: LinkChangesIn) -> dict[str, Any]:
    """The fields of `UpdateLink` that the body gives. Raises `InvalidFields` as `to_create`."""
    return _asked(body)


def to_build(body: LinkUtmUrlIn, by: Actor) -> BuildAddress:
    """The body as the domain takes it."""
    return BuildAddress(by, body.destination_url, written(body.utm))


def _asked(body: LinkIn | LinkChangesIn) -> dict[str, Any]:
    """What the client gave, by the domain's names."""
    asked = {name: getattr(body, name) for name in body.model_fields_set}
    for name in PARTS:
        if name in asked:
            asked[name] = written(asked[name])
    for name in LISTS:
        if name in asked:
            asked[name] = tuple(written(part) for part in asked[name])
    for name, prefix in IDS.items():
        if name in asked:
            asked[name] = to_uuid(RENAMED.get(name, name), prefix, asked[name])
    if "tags" in asked:
        asked["tags"] = tuple(body.tags)
    return {RENAMED.get(name, name): value for name, value in asked.items()}
