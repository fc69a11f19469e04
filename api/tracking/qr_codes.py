"""`/v1/qr-codes`: QR codes (seed 004)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.drafts import LONGEST_DESCRIPTION, LONGEST_NAME
from activities.qr_codes.reading import ListQrCodes, ReadQrCode, list_qr_codes, read_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.qr_codes.views import QrCodeView
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.listings import Listing
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.slugs import SPELLING
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import Id, In, Moment, Out
from api.tracking.auth import authenticate, documented
from api.tracking.fields import FolderId, PathId, WorkspaceId, to_id
from api.tracking.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented], tags=["qr-codes"])

ONE = "/v1/qr-codes/{id}"

Name = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="what you call it",
        examples=["Welcome flyer"],
    ),
]
Description = Annotated[
    Text,
    Field(
        max_length=LONGEST_DESCRIPTION, description="a note to yourself", examples=["At the door"]
    ),
]
Destination = Annotated[
    Text,
    Field(
        max_length=LONGEST_URL,
        description="http or https address it leads to",
        examples=["https://example.com/welcome"],
    ),
]
StyleConfig = Annotated[
    dict[str, Any],
    Field(
        description="how its symbol looks, for who draws it; at most 8192 bytes of JSON",
        examples=[{"foreground": "#1d1b18"}],
    ),
]
Tags = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
    Field(max_length=MOST_TAGS, description="made where they are new", examples=[["flyer"]]),
]
IsActive = Annotated[bool, Field(description="whether it leads anywhere", examples=[True])]


class QrCodeIn(In):
    """A QR code to make."""

    name: Name
    destination_url: Destination
    description: Description = ""
    workspace_id: WorkspaceId | None = Field(
        None, description="null: your first workspace", examples=[None]
    )
    folder_id: FolderId | None = Field(
        None, description="a folder of that workspace", examples=[None]
    )
    short_code: Text | None = Field(
        None,
        description="3 to 64 of A-Z a-z 0-9 _ -; drawn when absent",
        examples=["welcome24"],
        json_schema_extra={"pattern": SPELLING},
    )
    style_config: StyleConfig = Field(default_factory=dict)
    is_active: IsActive = True
    tags: Tags = Field(default_factory=list)


class QrCodeChangesIn(In):
    """What of a QR code to change; what is left out stays as it is."""

    name: Name = Field(default_factory=str)
    description: Description = Field(default_factory=str)
    destination_url: Destination = Field(default_factory=str)
    style_config: StyleConfig = Field(default_factory=dict)
    folder_id: FolderId | None = Field(
        default_factory=lambda: None,
        description="a folder of its workspace; null takes it out of its folder",
        examples=[None],
    )
    is_active: IsActive = Field(default_factory=bool)
    tags: Tags = Field(default_factory=list)


class QrCodeOut(Out):
    """A QR code; one that is not dynamic holds its content itself and has no short code."""

    id: Id = Field(description="its UUID", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"])
    short_code: str | None = Field(description="the end of its address", examples=["abcd1234"])
    short_url: str | None = Field(
        description="what its symbol holds", examples=["https://ink.example/q/abcd1234"]
    )
    name: str = Field(description="what you call it", examples=["Welcome flyer"])
    description: str = Field(description="your note", examples=["At the door"])
    destination_url: str | None = Field(
        description="where it leads; null where it holds no address",
        examples=["https://example.com/welcome"],
    )
    destination_page_id: Id | None = Field(
        description="the page that it leads to; null for an address", examples=[None]
    )
    style_config: dict[str, Any] = Field(
        description="how its symbol looks", examples=[{"foreground": "#1d1b18"}]
    )
    is_dynamic: bool = Field(description="whether it can lead elsewhere later", examples=[True])
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    workspace_id: Id = Field(
        description="its workspace", examples=["0b2f5a0e-8e5c-4f0e-8f3a-6a1d6f5f7c11"]
    )
    folder_id: Id | None = Field(description="its folder", examples=[None])
    tags: list[str] = Field(description="its tags", examples=[["flyer"]])
    scan_count: int = Field(description="visits of people so far", examples=[4213])
    last_scanned_at: Moment | None = Field(
        description="the last of them", examples=["2026-05-07T18:42:30.123Z"]
    )
    created_at: Moment = Field(
        description="when it was made", examples=["2026-05-07T18:42:30.123Z"]
    )
    updated_at: Moment = Field(
        description="when it was changed", examples=["2026-05-07T18:42:30.123Z"]
    )


class QrCodeAnswer(BaseModel):
    """One QR code."""

    data: QrCodeOut = Field(description="the code")


@router.get("/v1/qr-codes", summary="List QR codes")
async def list_all(
    by: By,
    asked: Asked,
    workspace_id: Annotated[
        WorkspaceId | None, Query(description="only those of this workspace")
    ] = None,
    folder_id: Annotated[FolderId | None, Query(description="only those in this folder")] = None,
    q: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="a part of the name, case ignored")
    ] = "",
) -> PageOut[QrCodeOut]:
    listing = Listing(asked, workspace_id=workspace_id, folder_id=folder_id, name=q)
    return present_page(await list_qr_codes(ListQrCodes(by, listing)), present_qr_code)


@router.post("/v1/qr-codes", status_code=201, summary="Create a QR code")
async def create(body: QrCodeIn, by: By, response: Response) -> QrCodeAnswer:
    return answer(response, await create_qr_code(CreateQrCode(by, **given(body))))


@router.get(ONE, summary="Retrieve a QR code")
async def retrieve(id: PathId, by: By, response: Response) -> QrCodeAnswer:
    return answer(response, await read_qr_code(ReadQrCode(by, id=to_id(id))))


@router.patch(ONE, summary="Update a QR code")
async def change(
    id: PathId, body: QrCodeChangesIn, by: By, expected: Expected, response: Response
) -> QrCodeAnswer:
    command = UpdateQrCode(by, to_id(id), version=expected, **given(body))
    return answer(response, await update_qr_code(command))


@router.delete(ONE, status_code=204, summary="Delete a QR code")
async def delete(id: PathId, by: By, expected: Expected) -> None:
    await delete_qr_code(DeleteQrCode(by, to_id(id), version=expected))


def given(body: In) -> dict[str, Any]:
    """What the body says, by the domain's names; nothing of what it leaves out."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    if "style_config" in values:
        values["style"] = values.pop("style_config")
    if "tags" in values:
        values["tags"] = tuple(values["tags"])
    return values


def answer(response: Response, code: QrCodeView) -> QrCodeAnswer:
    """The code as the answer's data, its version as the ETag."""
    set_etag(response, code.version)
    return QrCodeAnswer(data=present_qr_code(code))


def present_qr_code(code: QrCodeView) -> QrCodeOut:
    """The code in this dialect's words."""
    return QrCodeOut(
        id=code.id,
        short_code=code.short_code,
        short_url=code.short_url,
        name=code.name,
        description=code.description,
        destination_url=code.destination_url,
        destination_page_id=None,
        style_config=dict(code.style),
        is_dynamic=code.is_dynamic,
        is_active=code.is_active,
        workspace_id=code.workspace_id,
        folder_id=code.folder_id,
        tags=list(code.tags),
        scan_count=code.scan_count,
        last_scanned_at=code.last_scanned_at,
        created_at=code.created_at,
        updated_at=code.updated_at,
    )
