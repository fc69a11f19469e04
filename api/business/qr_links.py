"""`/api/qr-links`: QR links, which are our dynamic codes; the slug is the short code."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.drafts import LONGEST_NAME
from activities.qr_codes.reading import ListQrCodes, ReadQrCode, list_qr_codes, read_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.qr_codes.views import QrCodeView
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.listings import Listing
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.slugs import SPELLING
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.business.auth import authenticate, documented
from api.business.fields import BusinessId, OrgId, PathId, to_id
from api.business.paging import Asked, Paginator, paginate
from api.dialect import Body, Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import Id, Moment, When

router = make_router(authenticate, dependencies=[documented], tags=["qr-links"])

ONE = "/api/qr-links/{id}"

RENAMED = {
    "destination": "destination_url",
    "slug": "short_code",
    "title": "name",
    "business_id": "workspace_id",
}
"""Fields that the domain calls otherwise."""

Destination = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="http or https address it leads to",
        examples=["https://example.com/welcome"],
    ),
]
Title = Annotated[
    Text,
    Field(max_length=LONGEST_NAME, description="what you call it", examples=["Welcome flyer"]),
]
IsActive = Annotated[bool, Field(description="whether it leads anywhere", examples=[True])]
Expiry = Annotated[
    When | None,
    Field(description="when it ends; null: never", examples=["2027-01-01T00:00:00Z"]),
]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["flyer"]]),
]
Slug = Annotated[
    Text,
    Field(
        description="3 to 64 of A-Z a-z 0-9 _ -",
        examples=["welcome24"],
        json_schema_extra={"pattern": SPELLING},
    ),
]


class QrLinkIn(Body):
    """A QR link to make."""

    destination: Destination
    slug: Slug | None = Field(None, description="drawn when it is null", examples=["welcome24"])
    title: Title = ""
    business_id: BusinessId | None = Field(
        None, description="null: that of the token, or your first", examples=[None]
    )
    is_active: IsActive = True
    expires_at: Expiry = None
    tags: Tags = Field(default_factory=list)


class QrLinkChangesIn(Body):
    """What of a QR link to change; what is left out stays. An old slug leads on beside a new."""

    destination: Destination = Field(default_factory=str)
    slug: Slug = Field(default_factory=str)
    title: Title = Field(default_factory=str)
    business_id: BusinessId = Field(
        default_factory=lambda: UUID(int=0),
        description="the business to move it to",
        examples=["0b2f5a0e-8e5c-4f0e-8f3a-6a1d6f5f7c11"],
    )
    is_active: IsActive = Field(default_factory=bool)
    expires_at: Expiry = Field(default_factory=lambda: None)
    tags: Tags = Field(default_factory=list)


class QrLinkOut(BaseModel):
    """A QR link."""

    id: Id = Field(description="its UUID", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"])
    slug: str | None = Field(description="the end of its address", examples=["welcome24"])
    short_url: str | None = Field(
        description="what its symbol holds", examples=["https://ink.example/q/welcome24"]
    )
    destination: str | None = Field(
        description="where it leads", examples=["https://example.com/welcome"]
    )
    title: str = Field(description="what you call it", examples=["Welcome flyer"])
    business_id: Id = Field(
        description="its business", examples=["0b2f5a0e-8e5c-4f0e-8f3a-6a1d6f5f7c11"]
    )
    scans: int = Field(description="visits of people so far", examples=[4213])
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    expires_at: Moment | None = Field(description="when it ends", examples=[None])
    tags: list[str] = Field(description="its tags", examples=[["flyer"]])
    created_at: Moment = Field(
        description="when it was made", examples=["2026-05-07T18:42:30.123Z"]
    )
    updated_at: Moment = Field(
        description="when it was changed", examples=["2026-05-07T18:42:30.123Z"]
    )


class QrLinksOut(BaseModel):
    """One page of QR links."""

    qr_links: Paginator[QrLinkOut] = Field(description="newest first")


class QrLinkAnswer(BaseModel):
    """One QR link."""

    qr_link: QrLinkOut = Field(description="the QR link")


@router.get("/api/qr-links", summary="List QR links")
async def list_all(
    request: Request,
    by: By,
    asked: Asked,
    q: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="words of it, case ignored")
    ] = "",
    business_id: Annotated[
        BusinessId | None, Query(description="only those of this business")
    ] = None,
    org_id: OrgId = None,
) -> QrLinksOut:
    listing = Listing(asked, search=q, workspace_id=business_id)
    page = await list_qr_codes(ListQrCodes(by, listing, dynamic_only=True))
    return QrLinksOut(qr_links=paginate(request, page, present_qr_link))


@router.post("/api/qr-links", status_code=201, summary="Create a QR link")
async def create(body: QrLinkIn, by: By, response: Response, org_id: OrgId = None) -> QrLinkAnswer:
    return answer(response, await create_qr_code(CreateQrCode(by, **given(body))))


@router.get(ONE, summary="Retrieve a QR link")
async def retrieve(id: PathId, by: By, response: Response, org_id: OrgId = None) -> QrLinkAnswer:
    command = ReadQrCode(by, id=to_id(id), dynamic_only=True)
    return answer(response, await read_qr_code(command))


@router.put(ONE, summary="Change a QR link, as PATCH does")
@router.patch(ONE, summary="Change a QR link")
async def change(
    id: PathId,
    body: QrLinkChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> QrLinkAnswer:
    command = UpdateQrCode(by, to_id(id), version=expected, **given(body), dynamic_only=True)
    return answer(response, await update_qr_code(command))


@router.delete(ONE, status_code=204, summary="Delete a QR link")
async def delete(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_qr_code(DeleteQrCode(by, to_id(id), version=expected, dynamic_only=True))


def given(body: Body) -> dict[str, Any]:
    """What the body says, by the domain's names; nothing of what it leaves out."""
    values = {RENAMED.get(n, n): getattr(body, n) for n in body.model_fields_set}
    if "tags" in values:
        values["tags"] = tuple(values["tags"])
    return values


def answer(response: Response, code: QrCodeView) -> QrLinkAnswer:
    """The QR link, its version as the ETag."""
    set_etag(response, code.version)
    return QrLinkAnswer(qr_link=present_qr_link(code))


def present_qr_link(code: QrCodeView) -> QrLinkOut:
    """The code in this dialect's words."""
    return QrLinkOut(
        id=code.id,
        slug=code.short_code,
        short_url=code.short_url,
        destination=code.destination_url,
        title=code.name,
        business_id=code.workspace_id,
        scans=code.scan_count,
        is_active=code.is_active,
        expires_at=code.expires_at,
        tags=list(code.tags),
        created_at=code.created_at,
        updated_at=code.updated_at,
    )
