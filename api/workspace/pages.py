"""`/api/pages`: link pages as the dashboard sees them."""

from __future__ import annotations

from asyncio import gather
from functools import partial
from typing import Annotated

from fastapi import Path, Response

from activities.link_pages.changing import UpdateLinkPage, update_link_page
from activities.link_pages.creating import (
    DuplicateLinkPage,
    create_link_page,
    duplicate_link_page,
)
from activities.link_pages.reading import (
    ListLinkPages,
    ReadLinkPage,
    SummarizeLinkPages,
    list_link_pages,
    read_link_page,
    summarize_link_pages,
)
from activities.link_pages.shelving import (
    ArchiveLinkPage,
    DeleteLinkPage,
    RestoreLinkPage,
    archive_link_page,
    delete_link_page,
    restore_link_page,
)
from activities.link_pages.views import LinkPageView
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, AskedListing, OrgId, PageOut, path_id, present_page
from api.workspace.pages_in import PageChangesIn, PageCopyIn, PageIn, to_changes, to_create
from api.workspace.pages_out import (
    LinkPageOut,
    LinkPageSummaryOut,
    present_link_page,
    present_summary,
)

router = make_router(authenticate, dependencies=[documented], tags=["pages"])

to_id = partial(path_id, "pg", "link page")

ALL = "/api/pages"
ONE = "/api/pages/{id}"

PathId = Annotated[
    Text, Path(max_length=LONGEST_ID, description="a link page: pg_ and 32 hex digits")
]


@router.get(ALL, summary="List link pages")
async def list_all(
    by: By, asked: AskedListing, org_id: OrgId = None
) -> PageOut[LinkPageOut, LinkPageSummaryOut]:
    page, summary = await gather(
        list_link_pages(ListLinkPages(by, asked)), summarize_link_pages(SummarizeLinkPages(by))
    )
    return present_page(page, present_link_page, present_summary(summary))


@router.post(ALL, status_code=201, summary="Create a link page")
async def create(body: PageIn, by: By, response: Response, org_id: OrgId = None) -> LinkPageOut:
    return answer(response, await create_link_page(to_create(body, by)))


@router.get(ONE, summary="Fetch one link page")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkPageOut:
    return answer(response, await read_link_page(ReadLinkPage(by, to_id(id))))


@router.patch(ONE, summary="Change a link page: its words, blocks, theme, slug or place")
async def change(
    id: PathId,
    body: PageChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> LinkPageOut:
    command = UpdateLinkPage(by, to_id(id), version=expected, **to_changes(body))
    return answer(response, await update_link_page(command))


@router.delete(ONE, status_code=204, summary="Throw a link page away; restorable for 30 days")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_link_page(DeleteLinkPage(by, to_id(id), version=expected))


@router.post(f"{ONE}/duplicate", status_code=201, summary="Make one more link page like this one")
async def duplicate(
    id: PathId,
    by: By,
    response: Response,
    body: PageCopyIn | None = None,
    org_id: OrgId = None,
) -> LinkPageOut:
    command = DuplicateLinkPage(by, to_id(id), body.name if body else None)
    return answer(response, await duplicate_link_page(command))


@router.post(f"{ONE}/archive", summary="Put a link page aside; visitors see it all the same")
async def archive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkPageOut:
    return answer(response, await archive_link_page(ArchiveLinkPage(by, to_id(id))))


@router.post(f"{ONE}/unarchive", summary="Put a link page back among the others")
async def unarchive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkPageOut:
    command = ArchiveLinkPage(by, to_id(id), archived=False)
    return answer(response, await archive_link_page(command))


@router.post(f"{ONE}/restore", summary="Take a link page back out of the trash")
async def restore(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkPageOut:
    return answer(response, await restore_link_page(RestoreLinkPage(by, to_id(id))))


def answer(response: Response, page: LinkPageView) -> LinkPageOut:
    """The page in this dialect's words, under its ETag."""
    set_etag(response, page.version)
    return present_link_page(page)
