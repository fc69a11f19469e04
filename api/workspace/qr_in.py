"""QR codes as clients of `/api/qr` write them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, WithJsonSchema

from activities.passwords import LONGEST as LONGEST_PASSWORD
from activities.qr_codes.creating import CreateQrCode
from activities.qr_codes.drafts import LONGEST_DESCRIPTION, LONGEST_NAME, MOST_STYLE
from activities.rules.actors import Actor
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.experiments import LARGEST_WEIGHT, MOST
from activities.rules.experiments import LONGEST_NAME as LONGEST_VARIANT
from activities.rules.lifecycle import LARGEST_LIMIT
from activities.rules.payloads.contents import CONTENT_TYPES, EXAMPLES, ContentType
from activities.rules.slugs import SPELLING
from activities.rules.styles import LARGEST as LARGEST_STYLE
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Text
from api.scalars import In, When
from api.workspace.health_shapes import QrHealthCheckIn
from api.workspace.listing import LONGEST_ID, an_id, to_uuid
from api.workspace.qr_content import CONTENT_SCHEMA

Name = Annotated[
    Text, Field(max_length=LONGEST_NAME, description="what you call it", examples=["Menu"])
]
Description = Annotated[
    Text, Field(max_length=LONGEST_DESCRIPTION, description="a note to yourself", examples=["Bar"])
]
Url = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="the http or https address that a code of type URL or GS1 leads to",
        examples=["https://example.com/welcome"],
    ),
]
CONTENT = "the fields of its type; for type URL `destinationUrl` says the same"

Content = Annotated[
    dict[str, Any],
    WithJsonSchema(CONTENT_SCHEMA),
    Field(description=CONTENT),
]
ShortCode = Annotated[
    Text,
    Field(
        max_length=64,
        description="what its short address ends with; drawn when absent",
        examples=["menu-24"],
        json_schema_extra={"pattern": SPELLING},
    ),
]
WorkspaceId = Annotated[
    Text,
    Field(
        max_length=LONGEST_ID,
        description="the workspace it is in",
        examples=[None],
        json_schema_extra=an_id("wsp"),
    ),
]
FolderId = Annotated[
    Text,
    Field(
        max_length=LONGEST_ID,
        description="a folder of its workspace",
        examples=[None],
        json_schema_extra=an_id("fld"),
    ),
]
StylePresetId = Annotated[
    Text,
    Field(
        max_length=LONGEST_ID,
        description="a style preset of its workspace, which the style is put on top of; without a "
        "style or a preset the default preset of the workspace is taken",
        examples=[None],
        json_schema_extra=an_id("sty"),
    ),
]
LinkId = Annotated[
    Text,
    Field(
        max_length=LONGEST_ID,
        description="a short link; the code leads wherever that does",
        examples=[None],
        json_schema_extra=an_id("lnk"),
    ),
]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["summer"]]),
]
Style = Annotated[
    dict[str, Any],
    Field(
        max_length=MOST_STYLE,
        description=f"how it looks: JSON of up to {LARGEST_STYLE} bytes",
        examples=[{"foreground": "#1d1b18"}],
    ),
]
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
IsActive = Annotated[bool, Field(description="whether it leads anywhere", examples=[True])]


class QrVariantIn(In):
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
    list[QrVariantIn],
    Field(max_length=MOST, description="none, or two and more destinations", examples=[[]]),
]


def _examples() -> Any:
    """A body for each type, the usual one first."""
    others = [kind for kind in CONTENT_TYPES if kind != "URL"]
    return [
        {"name": "Menu", "destinationUrl": "https://example.com/welcome"},
        *({"name": kind.title(), "type": kind, "content": EXAMPLES[kind]} for kind in others),
    ]


class QrIn(In):
    """A QR code to make: of type URL with a destination, of any other with its content.

    Only dynamic codes, which are those of type URL unless `isDynamic` is false, can have a short
    code, variants, a time, a limit, a password or a link: a static one holds its content itself.
    One of type GS1 is dynamic when it leads somewhere: its Digital Link is then resolved here.
    """

    model_config = ConfigDict(json_schema_extra={"examples": _examples()})

    name: Name = ""
    type: ContentType = Field("URL", description="what it holds", examples=["URL"])
    destination_url: Url | None = None
    content: Content | None = Field(None, description=CONTENT)
    is_dynamic: bool | None = Field(
        None, description="whether it can be changed when printed; null: if it can", examples=[True]
    )
    short_code: ShortCode | None = None
    description: Description = ""
    workspace_id: WorkspaceId | None = None
    folder_id: FolderId | None = None
    tags: Tags = Field(default_factory=list)
    style: Style = Field(default_factory=dict)
    style_preset_id: StylePresetId | None = None
    variants: Variants = Field(default_factory=list)
    starts_at: StartsAt | None = None
    expires_at: ExpiresAt | None = None
    scan_limit: ScanLimit | None = None
    expired_url: ExpiredUrl | None = None
    password: Password | None = Field(None, repr=False)
    is_active: IsActive = True
    link_id: LinkId | None = None
    health_check: QrHealthCheckIn | None = Field(
        None, description="looks at what a dynamic code leads to", examples=[None]
    )


class QrChangesIn(In):
    """What of a QR code to change: what is left out stays as it is, null takes it away."""

    name: Name | None = Field(default_factory=str)
    description: Description | None = Field(default_factory=str)
    destination_url: Url | None = Field(default_factory=lambda: None)
    content: Content = Field(default_factory=dict)
    short_code: ShortCode = Field(
        default_factory=str, description="a new code; what was printed with the old one leads on"
    )
    workspace_id: WorkspaceId = Field(
        default_factory=str, description="another workspace, where it is in no folder unless told"
    )
    folder_id: FolderId | None = Field(default_factory=lambda: None)
    tags: Tags | None = Field(default_factory=list)
    style: Style | None = Field(default_factory=dict)
    variants: Variants | None = Field(default_factory=list)
    starts_at: StartsAt | None = Field(default_factory=lambda: None)
    expires_at: ExpiresAt | None = Field(default_factory=lambda: None)
    scan_limit: ScanLimit | None = Field(default_factory=lambda: None)
    expired_url: ExpiredUrl | None = Field(default_factory=lambda: None)
    password: Password | None = Field(default_factory=lambda: None, repr=False)
    is_active: IsActive = Field(default_factory=bool)
    link_id: LinkId | None = Field(default_factory=lambda: None)
    health_check: QrHealthCheckIn | None = Field(
        default_factory=lambda: None, description="looks at what it leads to", examples=[None]
    )


class QrCopyIn(In):
    """How the copy shall differ."""

    name: Name | None = Field(None, description="null: that of the original and (copy)")


def to_create(body: QrIn, by: Actor) -> CreateQrCode:
    """The body as the domain takes it. Raises `InvalidFields` for ids of no known spelling."""
    return CreateQrCode(by=by, **_in_domain(body))


def to_changes(body: QrChangesIn) -> dict[str, Any]:
    """The fields of `UpdateQrCode` that the body gives. Raises `InvalidFields` as `to_create`."""
    return _in_domain(body)


_IDS = {
    "workspace_id": "wsp",
    "folder_id": "fld",
    "link_id": "lnk",
    "style_preset_id": "sty",
}
_EMPTY: dict[str, Any] = {"name": "", "description": "", "tags": (), "style": {}, "variants": ()}
"""What null stands for where the domain has no None."""


def _in_domain(body: QrIn | QrChangesIn) -> dict[str, Any]:
    """What the body gives, by the domain's names; nothing of what it leaves out."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    for name in _IDS.keys() & values.keys():
        values[name] = to_uuid(name, _IDS[name], values[name])
    for name in [name for name in _EMPTY if name in values and values[name] is None]:
        values[name] = _EMPTY[name]
    if values.get("content", ...) is None:
        del values["content"]
    if "health_check" in values:
        check = values["health_check"]
        values["health_check"] = check.model_dump(by_alias=True) if check else {}
    if values.get("tags"):
        values["tags"] = tuple(values["tags"])
    if values.get("variants"):
        values["variants"] = tuple(
            variant.model_dump(by_alias=True, exclude_none=True) for variant in values["variants"]
        )
    return values
