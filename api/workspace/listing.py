"""The words of every list of assets: what to look for, in which order, and how a page looks.

A handler takes `AskedListing`, or the one that knows more filters, hands it to the list
operation and answers `present_page(page, present_one, summary)` as a `PageOut[OneOut, SummaryOut]`:

    @router.get("/api/things", summary="List things")
    async def list_all(by: By, asked: AskedListing, org_id: OrgId = None) -> ThingPage: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from activities.rules.errors import InvalidFields, NotFound
from activities.rules.listings import Listing, Shelf, Sort
from activities.rules.paging import Page, PageRequest
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.spelling import unprefixed
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.cursors import read_cursor, write_cursor
from api.dialect import Text
from api.scalars import Out
from api.workspace.paging import Asked

View = TypeVar("View")
Shown = TypeVar("Shown", bound=BaseModel)
Summary = TypeVar("Summary", bound=BaseModel)

LONGEST_ID = 64
LONGEST_CURSOR = 64

OrgId = Annotated[
    Text | None,
    Query(
        alias="orgId",
        max_length=LONGEST_ID,
        description="may be left out by members of one organization",
    ),
]
"""The organization that is meant; `read_member` has judged it before a handler runs."""


_HEX = "[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def an_id(prefix: str) -> dict[str, Any]:
    """What the document says about the spelling of an id with this prefix."""
    return {"pattern": f"^({prefix}_[0-9a-f]{{32}}|{_HEX})$"}


def to_uuid(field: str, prefix: str, text: str | None) -> UUID | None:
    """The id that a query or body names; None for none.

    Raises `InvalidFields` (`field`, in the domain's words) for any other spelling.
    """
    if text is None:
        return None
    found = unprefixed(prefix, text)
    if found is None:
        raise InvalidFields({field: [f"Give an id like {prefix}_ and 32 hex digits."]})
    return found


def path_id(prefix: str, noun: str, text: str) -> UUID:
    """The id in a path; `NotFound` (`noun`) for any other spelling."""
    found = unprefixed(prefix, text)
    if found is None:
        raise NotFound(noun)
    return found


def id_query(alias: str, prefix: str, description: str) -> Any:
    """A parameter of a query that names something by its id; see `to_uuid`."""
    return Query(
        alias=alias,
        max_length=LONGEST_ID,
        description=description,
        json_schema_extra=an_id(prefix),
    )


FolderId = Annotated[Text | None, id_query("folderId", "fld", "only those in this folder")]
WorkspaceId = Annotated[Text | None, id_query("workspaceId", "wsp", "only those of this workspace")]


def _part(
    asked: Asked,
    cursor: Annotated[
        Text | None,
        Query(
            max_length=LONGEST_CURSOR,
            description="`nextCursor` of the page before, in place of `page`; "
            "for lists that are sorted by `newest`",
        ),
    ] = None,
) -> PageRequest:
    return asked if cursor is None else replace(asked, after=read_cursor(cursor))


AskedPart = Annotated[PageRequest, Depends(_part)]
"""Which page of a list, newest first."""


def _place(
    asked: AskedPart,
    sort: Annotated[
        Sort, Query(description="`newest` is by creation, `visits` by how often it was visited")
    ] = "newest",
) -> tuple[PageRequest, Sort]:
    """Which page, in which order."""
    if asked.after is not None and sort != "newest":
        raise InvalidFields({"cursor": ["Leave the cursor out, or sort by newest."]})
    return asked, sort


def _words(
    place: Annotated[tuple[PageRequest, Sort], Depends(_place)],
    search: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="words of it, case ignored")
    ] = "",
    folder_id: FolderId = None,
    workspace_id: WorkspaceId = None,
    tag: Annotated[
        list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
        Query(max_length=MOST_TAGS, description="repeated: only those that have all of them"),
    ] = [],  # noqa: B006 - FastAPI copies it
    state: Annotated[
        Shelf, Query(description="in use, put aside, or deleted within the last 30 days")
    ] = "here",
) -> Listing:
    """Everything but the filter."""
    page, sort = place
    return Listing(
        page,
        search=search,
        folder_id=to_uuid("folder_id", "fld", folder_id),
        tags=tuple(tag),
        workspace_id=to_uuid("workspace_id", "wsp", workspace_id),
        shelf=state,
        sort=sort,
    )


Words = Annotated[Listing, Depends(_words)]


def _filtered(
    listing: Words,
    filter: Annotated[
        Literal["all", "active", "inactive"], Query(description="by whether it is switched on")
    ] = "all",
) -> Listing:
    return replace(listing, filter=filter)


def _filtered_short(
    listing: Words,
    filter: Annotated[
        Literal[
            "all", "active", "inactive", "ab", "expiring", "health_failing", "health_monitored"
        ],
        Query(
            description="`ab` has variants, `expiring` ends within seven days, the last two are "
            "by what is known of the destination"
        ),
    ] = "all",
) -> Listing:
    return replace(listing, filter=filter)


AskedListing = Annotated[Listing, Depends(_filtered)]
"""What a list of assets is asked for."""

AskedShortListing = Annotated[Listing, Depends(_filtered_short)]
"""The same where assets have variants, an end and destinations: links and QR codes."""


class PageOut(Out, Generic[Shown, Summary]):
    """One page of a list, and totals over everything that the list could show."""

    items: list[Shown] = Field(description="the page, in the order that was asked for")
    total: int = Field(description="how many there are on all pages", examples=[1])
    page: int = Field(description="the number of this page, from 1", examples=[1])
    page_size: int = Field(description="how many items a page has at most", examples=[25])
    next_cursor: str | None = Field(
        description="where the next page begins; null at the end, and in other orders than newest",
        examples=[None],
    )
    summary: Summary = Field(description="totals of the organization, whatever the page shows")


def present_page(
    page: Page[View], present: Callable[[View], Shown], summary: Summary
) -> PageOut[Any, Any]:
    """The page in this dialect's words."""
    return PageOut[Any, Any](
        items=[present(item) for item in page.items],
        total=page.total,
        page=page.request.number,
        page_size=page.request.size,
        next_cursor=write_cursor(page.next),
        summary=summary,
    )
