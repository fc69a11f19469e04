"""`/api/v1/links`: short links; what this language calls a code is our slug, a title our name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field

from activities.links.changing import UpdateLink, update_link
from activities.links.creating import CreateLink, create_link
from activities.links.drafts import LONGEST_NAME
from activities.links.reading import ListLinks, ReadLink, list_links, read_link
from activities.links.shelving import DeleteLink, delete_link
from activities.links.views import LinkView
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.errors import InvalidFields
from activities.rules.listings import Listing
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.slugs import SPELLING
from activities.rules.spelling import prefixed, unprefixed
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Text
from api.etags import Expected, set_etag
from api.links.auth import authenticate, documented
from api.links.paging import Asked
from api.routers import By, make_router
from api.scalars import In, Moment, Out

router = make_router(authenticate, dependencies=[documented], tags=["links"])

ALL = "/api/v1/links"
ONE = f"{ALL}/{{code}}"
LONGEST_CODE = 64
PREFIX = "lnk_"

RENAMED = {"url": "destination_url", "code": "slug", "title": "name"}
"""Fields that the domain calls otherwise."""

_A_MOMENT = "2026-05-07T18:42:30.123Z"

PathCode = Annotated[
    Text,
    Path(max_length=LONGEST_CODE, description="its code, or its id: lnk_ and 32 hex digits"),
]
Url = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="where it leads: http or https, and not to a short link of ours",
        examples=["https://example.com/welcome"],
    ),
]
Code = Annotated[
    Text,
    Field(
        description="the end of its address; drawn when left out, and never given to anybody else",
        json_schema_extra={"pattern": SPELLING},
        examples=["spring-sale"],
    ),
]
Title = Annotated[
    Text, Field(max_length=LONGEST_NAME, description="what you call it", examples=["Spring sale"])
]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["spring"]]),
]
IsActive = Annotated[bool, Field(description="whether it leads anywhere", examples=[True])]


class LinkIn(In):
    """A short link to make."""

    url: Url
    code: Code | None = None
    title: Title = ""
    tags: Tags = Field(default_factory=list)
    is_active: IsActive = True


class LinkChangesIn(In):
    """What of a short link to change; under a code that it had before it goes on leading there."""

    url: Url = Field(default_factory=str)
    code: Code = Field(default_factory=str)
    title: Title = Field(default_factory=str)
    tags: Tags = Field(default_factory=list)
    is_active: IsActive = Field(default_factory=bool)


class LinkOut(Out):
    """A short link."""

    id: str = Field(description="its id", examples=["lnk_7d0c7a441f0b4c5e9a530c5a7d1b2f10"])
    code: str = Field(description="the end of its address", examples=["spring-sale"])
    domain: str | None = Field(description="null on the default domain", examples=[None])
    short_url: str = Field(description="its address", examples=["https://ink.example/spring-sale"])
    url: str = Field(description="where it leads", examples=["https://example.com/welcome"])
    title: str = Field(description="what you call it", examples=["Spring sale"])
    tags: list[str] = Field(description="its tags", examples=[["spring"]])
    clicks: int = Field(description="how often it was followed", examples=[0])
    last_clicked_at: Moment | None = Field(description="the last click", examples=[None])
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed last", examples=[_A_MOMENT])


@router.get(ALL, summary="List short links, newest first")
async def list_all(
    by: By,
    asked: Asked,
    search: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="words of it, case ignored")
    ] = "",
) -> list[LinkOut]:
    page = await list_links(ListLinks(by, Listing(asked, search=search)))
    return [present_link(link) for link in page.items]


@router.post(ALL, status_code=201, summary="Create a short link")
async def create(body: LinkIn, by: By, response: Response) -> LinkOut:
    with _own_words():
        link = await create_link(CreateLink(by, **_asked(body)))
    set_etag(response, link.version)
    return present_link(link)


@router.get(ONE, summary="Fetch one short link")
async def fetch(code: PathCode, by: By, response: Response) -> LinkOut:
    link = await read_link(ReadLink(by, *meant(code)))
    set_etag(response, link.version)
    return present_link(link)


@router.patch(ONE, summary="Change a short link")
async def change(
    code: PathCode, body: LinkChangesIn, by: By, expected: Expected, response: Response
) -> LinkOut:
    with _own_words():
        link = await update_link(UpdateLink(by, *meant(code), expected, **_asked(body)))
    set_etag(response, link.version)
    return present_link(link)


@router.delete(ONE, status_code=204, summary="Throw a short link away; restorable for 30 days")
async def remove(code: PathCode, by: By, expected: Expected) -> None:
    await delete_link(DeleteLink(by, *meant(code), expected))


def present_link(link: LinkView) -> LinkOut:
    """The link in this dialect's words."""
    return LinkOut(
        id=prefixed("lnk", link.id),
        code=link.slug,
        domain=link.domain,
        short_url=link.short_url,
        url=link.destination_url,
        title=link.name,
        tags=list(link.tags),
        clicks=link.click_count,
        last_clicked_at=link.last_clicked_at,
        is_active=link.is_active,
        created_at=link.created_at,
        updated_at=link.updated_at,
    )


def meant(code: str) -> tuple[UUID | None, str | None]:
    """The id that a path names, or the slug."""
    id_of_it = unprefixed("lnk", code) if code.startswith(PREFIX) else None
    return id_of_it, None if id_of_it else code


def _asked(body: LinkIn | LinkChangesIn) -> dict[str, Any]:
    """What the client gave, by the domain's names."""
    asked = {RENAMED.get(name, name): getattr(body, name) for name in body.model_fields_set}
    return {**asked, "tags": tuple(body.tags)} if "tags" in asked else asked


@contextmanager
def _own_words() -> Iterator[None]:
    """Fields that are wrong, as this language names those of links; others have a slug too."""
    named = {field: name for name, field in RENAMED.items()}
    try:
        yield
    except InvalidFields as refused:
        told = {named.get(field, field): why for field, why in refused.fields.items()}
        raise InvalidFields(told) from None
