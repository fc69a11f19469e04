"""`/api/qr/preview`: how a code would look in a style that nobody saved."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import ConfigDict, Field

from activities.pictures.previewing import PreviewSymbol, preview_symbol
from activities.pictures.views import MEDIA_TYPES
from activities.rules.payloads.contents import ContentType
from api.dialect import Text
from api.pictures import SCORE, AskedPicture
from api.routers import By, make_router
from api.scalars import In
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, to_uuid
from api.workspace.qr_in import CONTENT, Content, Style

router = make_router(authenticate, dependencies=[documented], tags=["pictures"])


class PreviewIn(In):
    """A style, and what the symbol shall hold: one of your codes, a text, or a content of a type.

    Without any it holds an address as long as those of your dynamic codes.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"style": {"moduleShape": "dot", "foreground": "#1d4ed8"}}]}
    )

    style: Style = Field(default_factory=dict)
    style_preset_id: Text | None = Field(
        None, max_length=LONGEST_ID, description="a preset that the style is put on top of"
    )
    qr_id: Text | None = Field(None, max_length=LONGEST_ID, description="a QR code of yours")
    data: Text | None = Field(None, max_length=4296, description="a text")
    type: ContentType | None = Field(None, description="the type of the content")
    content: Content | None = Field(None, description=CONTENT)


@router.post(
    "/api/qr/preview",
    summary="The picture of a style that is not saved",
    response_class=Response,
    responses={
        200: {
            "content": {media: {} for media in MEDIA_TYPES.values()},
            "headers": {
                SCORE: {
                    "description": "how well the picture scans, from 0 to 100",
                    "schema": {"type": "integer"},
                }
            },
        }
    },
)
async def preview(body: PreviewIn, by: By, asked: AskedPicture, org_id: OrgId = None) -> Response:
    made = await preview_symbol(PreviewSymbol(by, asked, **in_domain(body)))
    headers = {SCORE: str(made.score.value), "Cache-Control": "no-store"}
    return Response(made.content, media_type=made.media_type, headers=headers)


def in_domain(body: PreviewIn) -> dict[str, Any]:
    """The fields of `PreviewSymbol`. Raises `InvalidFields` for ids of no known spelling."""
    return {
        "style": body.style,
        "preset_id": to_uuid("style_preset_id", "sty", body.style_preset_id),
        "code_id": to_uuid("qr_code_id", "qr", body.qr_id),
        "data": body.data,
        "type": body.type,
        "content": body.content,
    }
