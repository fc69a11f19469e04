"""`/api/utm-templates`: UTM parameters under a name."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path, Response
from pydantic import ConfigDict, Field

from activities.rules.naming import LONGEST_NAME
from activities.rules.spelling import prefixed
from activities.shelf.utm_templates import (
    CreateUtmTemplate,
    DeleteUtmTemplate,
    ListUtmTemplates,
    ReadUtmTemplate,
    UpdateUtmTemplate,
    UtmTemplateView,
    create_utm_template,
    delete_utm_template,
    list_utm_templates,
    read_utm_template,
    update_utm_template,
)
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.links_out import LinkUtmOut
from api.workspace.links_parts import LinkUtmIn
from api.workspace.listing import LONGEST_ID, OrgId, WorkspaceId, an_id, path_id, to_uuid
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["utm-templates"])

to_id = partial(path_id, "utm", "UTM template")

ALL = "/api/utm-templates"
ONE = "/api/utm-templates/{id}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as utm_ and 32 hex digits")]
Name = Annotated[
    Text,
    Field(
        max_length=LONGEST_NAME,
        description="what you call it; one of each name in a workspace, case ignored",
        examples=["Newsletter"],
    ),
]
Utm = Annotated[LinkUtmIn, Field(description="the parameters to fill in, at least one")]


class UtmTemplateIn(In):
    """A template to keep."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Newsletter", "utm": {"source": "newsletter", "medium": "email"}}]
        }
    )

    name: Name = Field(min_length=1)
    utm: Utm
    workspace_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="null: the first one",
        examples=[None],
        json_schema_extra=an_id("wsp"),
    )


class UtmTemplateChangesIn(In):
    """What of a template to change: what is left out stays; `utm` is replaced as a whole."""

    name: Name = Field(default_factory=str)
    utm: Utm = Field(default_factory=LinkUtmIn)


class UtmTemplateOut(Out):
    """A template."""

    id: str = Field(description="its id", examples=["utm_" + "0" * 32])
    workspace_id: str = Field(description="where it is", examples=["wsp_" + "0" * 32])
    name: str = Field(description="what you call it", examples=["Newsletter"])
    utm: LinkUtmOut = Field(description="the parameters to fill in")
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(
        description="when it was made", examples=["2026-11-21T12:00:00.000Z"]
    )
    updated_at: Moment = Field(
        description="when it was changed last", examples=["2026-11-21T12:00:00.000Z"]
    )


@router.get(ALL, summary="List UTM templates by name")
async def list_all(
    by: By,
    asked: Asked,
    workspace_id: WorkspaceId = None,
    org_id: OrgId = None,
) -> PlainPageOut[UtmTemplateOut]:
    home = to_uuid("workspace_id", "wsp", workspace_id)
    page = await list_utm_templates(ListUtmTemplates(by, asked, home))
    return present_plain(page, present_template)


@router.post(ALL, status_code=201, summary="Keep UTM parameters under a name")
async def create(
    body: UtmTemplateIn, by: By, response: Response, org_id: OrgId = None
) -> UtmTemplateOut:
    home = to_uuid("workspace_id", "wsp", body.workspace_id)
    command = CreateUtmTemplate(by, body.name, body.utm.model_dump(), home)
    return answer(response, await create_utm_template(command))


@router.get(ONE, summary="Fetch one UTM template")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> UtmTemplateOut:
    return answer(response, await read_utm_template(ReadUtmTemplate(by, to_id(id))))


@router.patch(ONE, summary="Change a UTM template; links that were made with it stay")
async def change(
    id: PathId,
    body: UtmTemplateChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> UtmTemplateOut:
    command = UpdateUtmTemplate(
        by, to_id(id), version=expected, **body.model_dump(exclude_unset=True)
    )
    return answer(response, await update_utm_template(command))


@router.delete(ONE, status_code=204, summary="Take a UTM template away; its links stay")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_utm_template(DeleteUtmTemplate(by, to_id(id), version=expected))


def answer(response: Response, template: UtmTemplateView) -> UtmTemplateOut:
    """The template in this dialect's words, under its ETag."""
    set_etag(response, template.version)
    return present_template(template)


def present_template(template: UtmTemplateView) -> UtmTemplateOut:
    """The template in this dialect's words."""
    return UtmTemplateOut(
        id=prefixed("utm", template.id),
        workspace_id=prefixed("wsp", template.workspace_id),
        name=template.name,
        utm=LinkUtmOut.model_validate(dict(template.utm)),
        version=template.version,
        created_at=template.created_at,
        updated_at=template.updated_at,
    )
