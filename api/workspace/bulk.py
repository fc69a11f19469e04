"""`/api/{qr,links,barcode}/bulk`: up to 1,000 at once, each done or refused by itself."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from activities.barcodes.changing import UpdateBarcode, update_barcode
from activities.barcodes.creating import create_barcode
from activities.barcodes.shelving import DeleteBarcode, delete_barcode
from activities.barcodes.views import BarcodeView
from activities.bulk import MOST_AT_ONCE
from activities.links.changing import UpdateLink, update_link
from activities.links.creating import create_link
from activities.links.shelving import DeleteLink, delete_link
from activities.links.views import LinkView
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import create_qr_code
from activities.qr_codes.shelving import DeleteQrCode, delete_qr_code
from activities.qr_codes.views import QrCodeView
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In
from api.workspace import barcode, barcode_in, links, links_in, qr, qr_in
from api.workspace.auth import authenticate, documented
from api.workspace.bulk_shapes import (
    VERSION,
    BulkOut,
    Gone,
    IdsIn,
    an_item_id,
    each,
    must_be_without_password,
    rank_of,
)
from api.workspace.listing import OrgId

router = make_router(authenticate, dependencies=[documented], tags=["bulk"])

MANY = Field(min_length=1, max_length=MOST_AT_ONCE, description="the items, each by itself")


class QrManyIn(In):
    """QR codes to make; passwords are for calls about one."""

    items: list[qr_in.QrIn] = MANY


class QrChangeIn(qr_in.QrChangesIn):
    """One code and what of it to change."""

    id: Text = an_item_id("qr")
    version: int | None = VERSION


class QrChangesManyIn(In):
    """QR codes to change."""

    items: list[QrChangeIn] = MANY


class LinksManyIn(In):
    """Short links to make; passwords are for calls about one."""

    items: list[links_in.LinkIn] = MANY


class LinkChangeIn(links_in.LinkChangesIn):
    """One link and what of it to change."""

    id: Text = an_item_id("lnk")
    version: int | None = VERSION


class LinkChangesManyIn(In):
    """Short links to change."""

    items: list[LinkChangeIn] = MANY


class BarcodesManyIn(In):
    """Barcodes to make."""

    items: list[barcode_in.BarcodeIn] = MANY


class BarcodeChangeIn(barcode_in.BarcodeChangesIn):
    """One barcode and what of it to change."""

    id: Text = an_item_id("bc")
    version: int | None = VERSION


class BarcodeChangesManyIn(In):
    """Barcodes to change."""

    items: list[BarcodeChangeIn] = MANY


@router.post("/api/qr/bulk", status_code=201, summary="Create up to 1,000 QR codes")
async def create_codes(body: QrManyIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(item: qr_in.QrIn) -> QrCodeView:
        must_be_without_password(item)
        return await create_qr_code(qr_in.to_create(item, by))

    return await each("qr", act, body.items, lambda item: item.short_code or "")


@router.patch("/api/qr/bulk", summary="Change up to 1,000 QR codes")
async def change_codes(body: QrChangesManyIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(item: QrChangeIn) -> QrCodeView:
        must_be_without_password(item)
        changes = {**qr_in.to_changes(item), "id": qr.to_id(item.id)}
        return await update_qr_code(UpdateQrCode(by, **changes))

    return await each("qr", act, body.items, lambda item: rank_of("qr", item.id))


@router.post("/api/qr/bulk/delete", summary="Throw up to 1,000 QR codes away")
async def delete_codes(body: IdsIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(text: str) -> Gone:
        gone = Gone(qr.to_id(text))
        await delete_qr_code(DeleteQrCode(by, gone.id))
        return gone

    return await each("qr", act, body.ids, partial(rank_of, "qr"))


@router.post("/api/links/bulk", status_code=201, summary="Create up to 1,000 short links")
async def create_links(body: LinksManyIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(item: links_in.LinkIn) -> LinkView:
        must_be_without_password(item)
        return await create_link(links_in.to_create(item, by))

    return await each("lnk", act, body.items, lambda item: item.slug or "")


@router.patch("/api/links/bulk", summary="Change up to 1,000 short links")
async def change_links(body: LinkChangesManyIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(item: LinkChangeIn) -> LinkView:
        must_be_without_password(item)
        changes = {**links_in.to_changes(item), "id": links.to_id(item.id)}
        return await update_link(UpdateLink(by, **changes))

    return await each("lnk", act, body.items, lambda item: rank_of("lnk", item.id))


@router.post("/api/links/bulk/delete", summary="Throw up to 1,000 short links away")
async def delete_links(body: IdsIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(text: str) -> Gone:
        gone = Gone(links.to_id(text))
        await delete_link(DeleteLink(by, gone.id))
        return gone

    return await each("lnk", act, body.ids, partial(rank_of, "lnk"))


@router.post("/api/barcode/bulk", status_code=201, summary="Create up to 1,000 barcodes")
async def create_barcodes(body: BarcodesManyIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(item: barcode_in.BarcodeIn) -> BarcodeView:
        return await create_barcode(barcode_in.to_create(item, by))

    return await each("bc", act, body.items, lambda item: item.value)


@router.patch("/api/barcode/bulk", summary="Change up to 1,000 barcodes")
async def change_barcodes(body: BarcodeChangesManyIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(item: BarcodeChangeIn) -> BarcodeView:
        changes = {**barcode_in.to_changes(item), "id": barcode.to_id(item.id)}
        return await update_barcode(UpdateBarcode(by, **changes))

    return await each("bc", act, body.items, lambda item: rank_of("bc", item.id))


@router.post("/api/barcode/bulk/delete", summary="Throw up to 1,000 barcodes away")
async def delete_barcodes(body: IdsIn, by: By, org_id: OrgId = None) -> BulkOut:
    async def act(text: str) -> Gone:
        gone = Gone(barcode.to_id(text))
        await delete_barcode(DeleteBarcode(by, gone.id))
        return gone

    return await each("bc", act, body.ids, partial(rank_of, "bc"))
