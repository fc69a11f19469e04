"""`/api/v1/generate/`: the picture of a code or of plain data."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from pydantic import Field

from activities.images import MEDIA_TYPES
from activities.qr_codes.drawing import DrawSymbol, draw_symbol
from activities.rules.destinations import LONGEST as LONGEST_URL
from api.dialect import Body, Text
from api.routers import CREATES, By, make_router
from api.studio.auth import authenticate_key_only, documented_for_keys

SHORT_ID = "X-QR-Short-Id"
"""The header that names the dynamic code which was made for the picture."""

router = make_router(authenticate_key_only, dependencies=[documented_for_keys], tags=["generate"])


class GenerateIn(Body):
    """A picture to make, of exactly one of `data`, `destination_url` and `short_id`."""

    data: Text | None = Field(
        None,
        max_length=4296,
        description="what the symbol shall hold",
        examples=["https://example.com/welcome"],
    )
    destination_url: Text | None = Field(
        None,
        max_length=LONGEST_URL,
        description="where a dynamic code shall lead that is made for the picture",
        examples=[None],
    )
    short_id: Text | None = Field(None, max_length=64, description="a dynamic code of yours")
    format: Literal["png", "svg"] = "png"
    size_px: int = Field(1024, ge=16, le=4096)
    error_correction: Literal["L", "M", "Q", "H"] = "M"
    quiet_zone: int = Field(4, ge=0, le=40, description="modules around the symbol; 4 by standard")
    foreground: Text = Field("#000000", max_length=7)
    background: Text | None = Field("#ffffff", max_length=7, description="null is transparent")


@router.post(
    "/api/v1/generate/",
    summary="Render a single QR (PNG or SVG)",
    response_class=Response,
    responses={
        200: {
            "content": {media: {} for media in MEDIA_TYPES.values()},
            "headers": {
                SHORT_ID: {
                    "description": "of the code that was made, when `destination_url` was given",
                    "schema": {"type": "string"},
                }
            },
        }
    },
    openapi_extra=CREATES,
)
async def generate(body: GenerateIn, by: By) -> Response:
    drawn = await draw_symbol(
        DrawSymbol(
            by=by,
            format=body.format,
            short_code=body.short_id,
            data=body.data,
            size_px=body.size_px,
            error_correction=body.error_correction,
            quiet_zone=body.quiet_zone,
            foreground=body.foreground,
            background=body.background,
            destination_url=body.destination_url,
        )
    )
    headers = {SHORT_ID: drawn.short_code} if drawn.short_code else {}
    return Response(drawn.image.content, media_type=drawn.image.media_type, headers=headers)
