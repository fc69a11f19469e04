"""`/api/links`: short links as the dashboard sees them."""

from __future__ import annotations

from asyncio import gather
from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response

from activities.links.changing import UpdateLink, update_link
from activities.links.creating import DuplicateLink, create_link, duplicate_link
from activities.links.filling import build_address
from activities.links.reading import (
    ListLinkChanges,
    ListLinks,
    ReadLink,
    SummarizeLinks,
    list_link_changes,
    list_links,
    read_link,
    summarize_links,
)
from activities.links.shelving import (
    ArchiveLink,
    DeleteLink,
    RestoreLink,
    archive_link,
    delete_link,
    restore_link,
)
from activities.links.views import LinkView
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.links_in import (
    LONGEST_HOSTNAME,
    LinkChangesIn,
    LinkDuplicateIn,
    LinkIn,
    LinkUtmUrlIn,
    to_build,
    to_changes,
    to_create,
)
from api.workspace.links_out import (
    LinkItemOut,
    LinkOut,
    LinkSummaryOut,
    LinkUtmUrlOut,
    present_item,
    present_link,
    present_summary,
)
from api.workspace.listing import (
    LONGEST_ID,
    AskedShortListing,
    OrgId,
    PageOut,
    path_id,
    present_page,
)
from api.workspace.paging import Asked
from api.workspace.plain_pages import ChangeOut, PlainPageOut, present_change, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["links"])

to_id = partial(path_id, "lnk", "link")

ONE = "/api/links/{id}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="a link: lnk_ and 32 hex digits")]
OnDomain = Annotated[
    Text | None,
    Query(max_length=LONGEST_HOSTNAME, description="only those on the domain of this host name"),
]


@router.get("/api/links", summary="List short links")
async def list_all(
    by: By, asked: AskedShortListing, domain: OnDomain = None, org_id: OrgId = None
) -> PageOut[LinkItemOut, LinkSummaryOut]:
    page, summary = await gather(
        list_links(ListLinks(by, asked, domain)), summarize_links(SummarizeLinks(by))
    )
    return present_page(page, present_item, present_summary(summary))


@router.post("/api/links", status_code=201, summary="Create a short link, and a QR code for it")
async def create(body: LinkIn, by: By, response: Response, org_id: OrgId = None) -> LinkOut:
    return _shown(await create_link(to_create(body, by)), response)


@router.post("/api/links/utm", summary="Build an address with UTM parameters")
async def build(body: LinkUtmUrlIn, by: By, org_id: OrgId = None) -> LinkUtmUrlOut:
    return LinkUtmUrlOut(url=(await build_address(to_build(body, by))).url)


@router.get(ONE, summary="Fetch one short link, with its QR codes and link pages")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkOut:
    return _shown(await read_link(ReadLink(by, to_id(id))), response)


@router.patch(ONE, summary="Change a short link: where it leads, its address, terms or place")
async def change(
    id: PathId,
    body: LinkChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> LinkOut:
    command = UpdateLink(by, to_id(id), version=expected, **to_changes(body))
    return _shown(await update_link(command), response)


@router.delete(ONE, status_code=204, summary="Throw a short link away; restorable for 30 days")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_link(DeleteLink(by, to_id(id), version=expected))


@router.post(f"{ONE}/duplicate", status_code=201, summary="Make one more short link like this one")
async def duplicate(
    id: PathId,
    by: By,
    response: Response,
    body: LinkDuplicateIn | None = None,
    org_id: OrgId = None,
) -> LinkOut:
    command = DuplicateLink(by, to_id(id), body.name if body else None)
    return _shown(await duplicate_link(command), response)


@router.post(f"{ONE}/archive", summary="Put a short link aside; it goes on working")
async def archive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkOut:
    return _shown(await archive_link(ArchiveLink(by, to_id(id))), response)


@router.post(f"{ONE}/unarchive", summary="Put a short link back among the others")
async def unarchive(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkOut:
    return _shown(await archive_link(ArchiveLink(by, to_id(id), archived=False)), response)


@router.post(f"{ONE}/restore", summary="Take a short link back out of the trash")
async def restore(id: PathId, by: By, response: Response, org_id: OrgId = None) -> LinkOut:
    return _shown(await restore_link(RestoreLink(by, to_id(id))), response)


@router.get(f"{ONE}/history", summary="Where a short link led before")
async def history(
    id: PathId, by: By, asked: Asked, org_id: OrgId = None
) -> PlainPageOut[ChangeOut]:
    page = await list_link_changes(ListLinkChanges(by, to_id(id), asked))
    return present_plain(page, present_change)


def _shown(link: LinkView, response: Response) -> LinkOut:
    """The link with its version in the header."""
    set_etag(response, link.version)
    return present_link(link)
