"""`/api/style-presets`: how codes shall look, under a name."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import ConfigDict, Field

from activities.brand.presets import (
    CreateStylePreset,
    DeleteStylePreset,
    ListStylePresets,
    ReadStylePreset,
    StylePresetView,
    UpdateStylePreset,
    create_style_preset,
    delete_style_preset,
    list_style_presets,
    read_style_preset,
    update_style_preset,
)
from activities.rules.naming import LONGEST_NAME
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, WorkspaceId, an_id, path_id, to_uuid
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain
from api.workspace.qr_in import Style

router = make_router(authenticate, dependencies=[documented], tags=["style-presets"])

to_id = partial(path_id, "sty", "style preset")

ALL = "/api/style-presets"
ONE = "/api/style-presets/{id}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as sty_ and 32 hex digits")]
Name = Annotated[
    Text,
    Field(
        max_length=LONGEST_NAME,
        description="what you call it; one of each name in a workspace, case ignored",
        examples=["Autumn"],
    ),
]
IsDefault = Annotated[
    bool,
    Field(
        description="whether new codes of the workspace begin with it; one preset does at most",
        examples=[False],
    ),
]


class StylePresetIn(In):
    """A style to keep."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Autumn", "style": {"foreground": "#7a2e0e"}}]}
    )

    name: Name = Field(min_length=1)
    style: Style
    is_default: IsDefault = False
    workspace_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="null: the first one",
        examples=[None],
        json_schema_extra=an_id("wsp"),
    )


class StylePresetChangesIn(In):
    """What of a preset to change: what is left out stays; `style` is replaced as a whole."""

    name: Name = Field(default_factory=str)
    style: Style = Field(default_factory=dict)
    is_default: IsDefault = Field(default_factory=bool)


class StylePresetOut(Out):
    """A preset."""

    id: str = Field(description="its id", examples=["sty_" + "0" * 32])
    workspace_id: str = Field(description="where it is", examples=["wsp_" + "0" * 32])
    name: str = Field(description="what you call it", examples=["Autumn"])
    style: dict[str, Any] = Field(
        description="how codes look with it", examples=[{"foreground": "#7a2e0e"}]
    )
    is_default: bool = Field(
        description="whether new codes of the workspace begin with it", examples=[False]
    )
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(
        description="when it was made", examples=["2026-11-21T12:00:00.000Z"]
    )
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-11-21T12:00:00.000Z"]
    )


@router.get(ALL, summary="List style presets by name")
async def list_all(
    by: By,
    asked: Asked,
    workspace_id: WorkspaceId = None,
    org_id: OrgId = None,
) -> PlainPageOut[StylePresetOut]:
    home = to_uuid("workspace_id", "wsp", workspace_id)
    page = await list_style_presets(ListStylePresets(by, asked, home))
    return present_plain(page, present_preset)


@router.post(ALL, status_code=201, summary="Keep a style under a name")
async def create(
    body: StylePresetIn, by: By, response: Response, org_id: OrgId = None
) -> StylePresetOut:
    home = to_uuid("workspace_id", "wsp", body.workspace_id)
    command = CreateStylePreset(by, body.name, body.style, body.is_default, home)
    return answer(response, await create_style_preset(command))


@router.get(ONE, summary="Fetch one style preset")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> StylePresetOut:
    return answer(response, await read_style_preset(ReadStylePreset(by, to_id(id))))


@router.patch(ONE, summary="Change a style preset; codes that were made with it stay")
async def change(
    id: PathId,
    body: StylePresetChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> StylePresetOut:
    command = UpdateStylePreset(
        by, to_id(id), version=expected, **body.model_dump(exclude_unset=True)
    )
    return answer(response, await update_style_preset(command))


@router.delete(ONE, status_code=204, summary="Take a style preset away; its codes stay")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_style_preset(DeleteStylePreset(by, to_id(id), version=expected))


def answer(response: Response, preset: StylePresetView) -> StylePresetOut:
    """The preset in this dialect's words, under its ETag."""
    set_etag(response, preset.version)
    return present_preset(preset)


def present_preset(preset: StylePresetView) -> StylePresetOut:
    """The preset in this dialect's words."""
    return StylePresetOut(
        id=prefixed("sty", preset.id),
        workspace_id=prefixed("wsp", preset.workspace_id),
        name=preset.name,
        style=dict(preset.style),
        is_default=preset.is_default,
        version=preset.version,
        created_at=preset.created_at,
        updated_at=preset.updated_at,
    )
