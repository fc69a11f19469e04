"""`/api/tags`: the tags of all assets of an organization."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import Field

from activities.rules.colours import COLOUR
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.spelling import prefixed
from activities.rules.tagging import LONGEST_TAG
from activities.shelf.tags import (
    CreateTag,
    DeleteTag,
    ListTags,
    MergeTags,
    ReadTag,
    TagView,
    UpdateTag,
    create_tag,
    delete_tag,
    list_tags,
    merge_tags,
    read_tag,
    update_tag,
)
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, an_id, path_id
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["tags"])

to_id = partial(path_id, "tag", "tag")

ALL = "/api/tags"
ONE = "/api/tags/{id}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as tag_ and 32 hex digits")]
Name = Annotated[
    Text,
    Field(
        max_length=LONGEST_TAG,
        description="no two are the same, case ignored",
        examples=["Summer"],
    ),
]
Colour = Annotated[
    Text,
    Field(
        max_length=7,
        description="how it is marked",
        examples=["#b45309"],
        json_schema_extra={"pattern": COLOUR},
    ),
]


class TagIn(In):
    """A tag to make."""

    name: Name = Field(min_length=1)
    colour: Colour | None = None


class TagChangesIn(In):
    """What of a tag to change: what is left out stays as it is."""

    name: Name = Field(default_factory=str)
    colour: Colour | None = Field(default_factory=lambda: None)


class TagMergeIn(In):
    """The tag that is left."""

    into: Text = Field(
        max_length=LONGEST_ID,
        description="the tag that assets have in place of this one",
        examples=["tag_" + "0" * 32],
        json_schema_extra=an_id("tag"),
    )


class TagOut(Out):
    """A tag."""

    id: str = Field(description="its id", examples=["tag_" + "0" * 32])
    name: str = Field(description="what it says", examples=["Summer"])
    colour: str | None = Field(description="how it is marked", examples=["#b45309"])
    asset_count: int = Field(
        description="how many codes, links, barcodes and pages have it", examples=[12]
    )
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(
        description="when it was made", examples=["2026-11-21T12:00:00.000Z"]
    )


@router.get(ALL, summary="List tags by name")
async def list_all(
    by: By,
    asked: Asked,
    search: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="a part of the name, case ignored")
    ] = "",
    org_id: OrgId = None,
) -> PlainPageOut[TagOut]:
    return present_plain(await list_tags(ListTags(by, asked, search)), present_tag)


@router.post(ALL, status_code=201, summary="Make a tag")
async def create(body: TagIn, by: By, response: Response, org_id: OrgId = None) -> TagOut:
    return answer(response, await create_tag(CreateTag(by, body.name, body.colour)))


@router.get(ONE, summary="Fetch one tag")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> TagOut:
    return answer(response, await read_tag(ReadTag(by, to_id(id))))


@router.patch(ONE, summary="Rename or mark a tag; assets keep it")
async def change(
    id: PathId,
    body: TagChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> TagOut:
    command = UpdateTag(by, to_id(id), version=expected, **body.model_dump(exclude_unset=True))
    return answer(response, await update_tag(command))


@router.delete(ONE, status_code=204, summary="Take a tag away, from every asset too")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_tag(DeleteTag(by, to_id(id), version=expected))


@router.post(f"{ONE}/merge", summary="Let a tag end in another, which its assets have then")
async def merge(
    id: PathId, body: TagMergeIn, by: By, response: Response, org_id: OrgId = None
) -> TagOut:
    return answer(response, await merge_tags(MergeTags(by, to_id(id), to_id(body.into))))


def answer(response: Response, tag: TagView) -> TagOut:
    """The tag in this dialect's words, under its ETag."""
    set_etag(response, tag.version)
    return present_tag(tag)


def present_tag(tag: TagView) -> TagOut:
    """The tag in this dialect's words."""
    return TagOut(
        id=prefixed("tag", tag.id),
        name=tag.name,
        colour=tag.colour,
        asset_count=tag.asset_count,
        version=tag.version,
        created_at=tag.created_at,
    )
