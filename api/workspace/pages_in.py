"""Link pages as clients of `/api/pages` write them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from activities.link_pages.creating import CreateLinkPage
from activities.link_pages.drafts import LONGEST_DESCRIPTION, LONGEST_NAME
from activities.rules.actors import Actor
from activities.rules.colours import COLOUR
from activities.rules.page_blocks import DEFAULT_THEME
from activities.rules.slugs import SPELLING
from api.dialect import Text
from api.scalars import In
from api.workspace.listing import to_uuid
from api.workspace.page_shapes import Blocks
from api.workspace.qr_in import FolderId, Tags, WorkspaceId

Name = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="its title, which visitors see",
        examples=["Café Morgenrot"],
    ),
]
Slug = Annotated[
    Text,
    Field(
        max_length=64,
        description="what its address ends with; drawn when absent",
        examples=[None],
        json_schema_extra={"pattern": SPELLING},
    ),
]
Description = Annotated[
    Text,
    Field(
        max_length=LONGEST_DESCRIPTION,
        description="what visitors read below the title",
        examples=["Breakfast until noon."],
    ),
]
IsActive = Annotated[
    bool, Field(description="whether visitors see it; false for a draft", examples=[True])
]


def _colour(name: str, told: str) -> Any:
    return Field(
        default=DEFAULT_THEME[name],
        max_length=7,
        description=told,
        examples=[DEFAULT_THEME[name]],
        json_schema_extra={"pattern": COLOUR},
    )


class ThemeIn(In):
    """How a page looks; text has a contrast of 4.5 on what it stands on, or is refused."""

    background: Text = _colour("background", "the colour behind everything")
    foreground: Text = _colour("foreground", "the colour of text")
    accent: Text = _colour(
        "accent", "the colour of buttons; their text is in whichever of the others reads better"
    )
    button_shape: Literal["rounded", "pill", "square"] = Field(
        "rounded", description="the corners of buttons", examples=["pill"]
    )
    font: Literal["sans", "serif", "mono"] = Field(
        "sans", description="the kind of letters", examples=["serif"]
    )
    layout: Literal["list", "grid"] = Field(
        "list", description="buttons below or beside each other", examples=["grid"]
    )


Theme = Annotated[ThemeIn, Field(description="how it looks")]


class PageIn(In):
    """A link page to make."""

    name: Name
    slug: Slug | None = None
    description: Description = ""
    blocks: Blocks = Field(default_factory=list)
    theme: Theme = Field(default_factory=ThemeIn)
    is_active: IsActive = True
    workspace_id: WorkspaceId | None = None
    folder_id: FolderId | None = None
    tags: Tags = Field(default_factory=list)


class PageChangesIn(In):
    """What of a page to change: what is left out stays as it is.

    `blocks` are all of them; of the `theme` only what is given changes.
    """

    name: Name = Field(default_factory=str)
    slug: Slug = Field(
        default_factory=str, description="a new address; the one that was known before leads on"
    )
    description: Description | None = Field(default_factory=str)
    blocks: Blocks = Field(default_factory=list)
    theme: Theme = Field(default_factory=ThemeIn)
    is_active: IsActive = Field(default_factory=bool)
    workspace_id: WorkspaceId = Field(
        default_factory=str, description="another workspace, where it is in no folder unless told"
    )
    folder_id: FolderId | None = Field(default_factory=lambda: None)
    tags: Tags | None = Field(default_factory=list)


class PageCopyIn(In):
    """How the copy shall differ."""

    name: Name | None = Field(None, description="null: that of the original and (copy)")


def to_create(body: PageIn, by: Actor) -> CreateLinkPage:
    """The body as the domain takes it. Raises `InvalidFields` for ids of no known spelling."""
    return CreateLinkPage(by=by, **_in_domain(body))


def to_changes(body: PageChangesIn) -> dict[str, Any]:
    """The fields of `UpdateLinkPage` that the body gives. Raises `InvalidFields` as `to_create`."""
    return _in_domain(body)


_IDS = {"workspace_id": "wsp", "folder_id": "fld"}


def _in_domain(body: PageIn | PageChangesIn) -> dict[str, Any]:
    """What the body gives, by the domain's names; nothing of what it leaves out."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    for name in _IDS.keys() & values.keys():
        values[name] = to_uuid(name, _IDS[name], values[name])
    for name in ("blocks", "tags"):
        if name in values:
            values[name] = tuple(values[name] or ())
    if values.get("description", "") is None:
        values["description"] = ""
    if "theme" in values:
        values["theme"] = body.theme.model_dump(by_alias=True, exclude_unset=True)
    return values
