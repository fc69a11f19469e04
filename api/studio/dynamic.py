"""`/api/v1/dynamic/`: dynamic QR codes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response
from pydantic import Field

from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.reading import ListQrCodes, ReadQrCode, list_qr_codes, read_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.qr_codes.views import QrCodeView
from activities.rules.listings import Filter, Listing
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.tagging import LONGEST_TAG, MOST_TAGS
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.studio.auth import authenticate, documented
from api.studio.dynamic_in import DynamicChangesIn, DynamicIn, in_domain
from api.studio.dynamic_out import DynamicOut, present_dynamic
from api.studio.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented], tags=["dynamic"])

ALL = "/api/v1/dynamic/"
ONE = "/api/v1/dynamic/{short_id}/"

ShortId = Annotated[Text, Path(max_length=64, description="the short id that the code has now")]

FILTERS: dict[bool | None, Filter] = {None: "all", True: "active", False: "inactive"}


def _listing(
    asked: Asked,
    search: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="words of it, case ignored")
    ] = "",
    tag: Annotated[
        list[Annotated[Text, Field(max_length=LONGEST_TAG)]],
        Query(max_length=MOST_TAGS, description="repeated: only those that have all of them"),
    ] = [],  # noqa: B006 - FastAPI copies it
    is_active: Annotated[bool | None, Query(description="only those that are, or are not")] = None,
) -> Listing:
    return Listing(asked, search=search, tags=tuple(tag), filter=FILTERS[is_active])


@router.post(ALL, status_code=201, summary="Create a dynamic QR code")
async def create(body: DynamicIn, by: By, response: Response) -> DynamicOut:
    return answer(response, await create_qr_code(CreateQrCode(by, **in_domain(body))))


@router.get(ALL, summary="List your dynamic QR codes")
async def list_all(
    request: Request, by: By, asked: Annotated[Listing, Depends(_listing)]
) -> PageOut[DynamicOut]:
    page = await list_qr_codes(ListQrCodes(by, asked, dynamic_only=True))
    return present_page(request, page, present_dynamic)


@router.get(ONE, summary="Retrieve one dynamic QR code")
async def retrieve(short_id: ShortId, by: By, response: Response) -> DynamicOut:
    return answer(response, await read_qr_code(ReadQrCode(by, short_code=short_id)))


@router.patch(ONE, summary="Change what is given of a dynamic QR code")
async def change(
    short_id: ShortId, body: DynamicChangesIn, by: By, expected: Expected, response: Response
) -> DynamicOut:
    command = UpdateQrCode(by, short_code_is=short_id, version=expected, **in_domain(body))
    return answer(response, await update_qr_code(command))


@router.delete(ONE, status_code=204, summary="Delete a dynamic QR code; it leads nowhere at once")
async def delete(short_id: ShortId, by: By, expected: Expected) -> None:
    await delete_qr_code(DeleteQrCode(by, short_code=short_id, version=expected))


def answer(response: Response, code: QrCodeView) -> DynamicOut:
    """The code in this dialect's words, under its ETag."""
    set_etag(response, code.version)
    return present_dynamic(code)
