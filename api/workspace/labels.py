"""`/api/labels`: sheets of labels as PDF."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field

from activities.pictures.labels import MOST_ASSETS, MOST_LABELS, DrawLabels, draw_sheets
from activities.rules.errors import InvalidFields
from activities.rules.label_sheets import SheetName
from activities.rules.spelling import unprefixed
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId

router = make_router(authenticate, dependencies=[documented], tags=["pictures"])

PDF = "application/pdf"
LABELS, PAGES = "X-Labels", "X-Pages"


class LabelsIn(In):
    """Which labels, on which sheets."""

    ids: list[Annotated[Text, Field(max_length=LONGEST_ID)]] = Field(
        min_length=1,
        max_length=MOST_ASSETS,
        description="QR codes (qr_ and 32 hex digits) and barcodes (bc_ and 32 hex digits)",
        examples=[["qr_0190a4c2f3b47d1e8a5b6c7d8e9f0a1b"]],
    )
    sheet: SheetName = Field("l7160", description="the product number of the maker, such as l7160")
    copies: int = Field(1, ge=1, le=MOST_LABELS, description="labels of each")
    skip: int = Field(0, ge=0, le=100, description="labels of the first sheet that are used up")
    texts: bool = Field(True, description="whether the name and the address are on them too")


@router.post(
    "/api/labels",
    summary="Sheets of labels as PDF, to be printed at 100%",
    response_class=Response,
    responses={
        200: {
            "content": {PDF: {}},
            "headers": {
                LABELS: {"description": "labels in all", "schema": {"type": "integer"}},
                PAGES: {"description": "sheets in all", "schema": {"type": "integer"}},
            },
        }
    },
)
async def labels(body: LabelsIn, by: By, org_id: OrgId = None) -> Response:
    drawn = await draw_sheets(to_draw(body, by))
    headers = {LABELS: str(drawn.labels), PAGES: str(drawn.pages)}
    return Response(drawn.content, media_type=PDF, headers=headers)


def to_draw(body: LabelsIn, by: By) -> DrawLabels:
    """The body as the domain takes it. Raises `InvalidFields` for ids of no known spelling."""
    assets = tuple(_asset(text) for text in body.ids)
    return DrawLabels(by, assets, body.sheet, body.copies, body.skip, body.texts)


def _asset(text: str) -> tuple[Literal["qr", "barcode"], UUID]:
    """An id without its prefix says not what it is of."""
    if text.startswith("qr_") and (code_id := unprefixed("qr", text)):
        return "qr", code_id
    if text.startswith("bc_") and (barcode_id := unprefixed("bc", text)):
        return "barcode", barcode_id
    raise InvalidFields({"ids": [f"'{text}' is no id of a QR code or barcode."]})
