"""`/api/images`: pictures for logos."""

from __future__ import annotations

import base64
import binascii
import json
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError

from activities.brand.images import (
    DeleteImage,
    ImageView,
    ListImages,
    ReadImage,
    UploadImage,
    delete_image,
    list_images,
    read_image,
    read_image_content,
    upload_image,
)
from activities.render.logos import LARGEST_BYTES
from activities.rules.errors import InvalidFields
from activities.rules.naming import LONGEST_NAME
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.faults import BodyNotJson
from api.pictures import Known, answer_file
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["images"])

to_id = partial(path_id, "img", "image")

ALL = "/api/images"
ONE = "/api/images/{id}"
EXAMPLE = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQAAAAA3iMLMAAAAD0lEQVR42mP8z8DEQAICADIBAR/gNlhXAAAAAElFTkSu"
    "QmCC"
)
MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/svg+xml")
UNNAMED = "Image"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as img_ and 32 hex digits")]


class ImageIn(In):
    """A PNG, JPEG, WebP or SVG file, in base64."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Logo", "content": EXAMPLE}]}
    )

    name: Text = Field(
        UNNAMED, max_length=LONGEST_NAME, description="what you call it", examples=["Logo"]
    )
    content: str = Field(
        min_length=1,
        max_length=-(-LARGEST_BYTES // 3) * 4,
        description="the bytes of the file in base64; at most 2 MiB and 25 megapixels",
        examples=[EXAMPLE],
    )


class ImageOut(Out):
    """An image: a PNG that was made of the file, at most 1024 pixels wide and high."""

    id: str = Field(description="its id, for the logo of a style", examples=["img_" + "0" * 32])
    name: str = Field(description="what you call it", examples=["Logo"])
    width: int = Field(description="in pixels", examples=[512])
    height: int = Field(description="in pixels", examples=[512])
    size: int = Field(description="bytes of the PNG", examples=[20480])
    url: str = Field(
        description="where its PNG is", examples=["/api/images/img_" + "0" * 32 + "/content"]
    )
    created_at: Moment = Field(
        description="when it was uploaded", examples=["2026-11-21T12:00:00.000Z"]
    )


async def _sent(
    request: Request,
    name: Annotated[
        Text,
        Query(max_length=LONGEST_NAME, description="what you call it, when the body is the file"),
    ] = UNNAMED,
) -> tuple[str, bytes]:
    """The name and the bytes of the file: of an `image/*` body, or of JSON."""
    body = await request.body()
    if request.headers.get("content-type", "").lower().startswith("image/"):
        return name, body
    try:
        given = ImageIn.model_validate(json.loads(body))
    except ValidationError as fault:
        problems = fault.errors(include_url=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in problems])  # noqa: B904
    except (ValueError, RecursionError):
        raise BodyNotJson from None
    try:
        return given.name, base64.b64decode(given.content, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidFields({"content": ["This is not base64 (RFC 4648)."]}) from None


def _documented_body() -> dict[str, Any]:
    file = {"schema": {"type": "string", "format": "binary"}}
    json_body = {"application/json": {"schema": ImageIn.model_json_schema()}}
    content = {**json_body, **dict.fromkeys(MEDIA_TYPES, file)}
    return {"requestBody": {"required": True, "content": content}}


@router.get(ALL, summary="List images, the newest first")
async def list_all(by: By, asked: Asked, org_id: OrgId = None) -> PlainPageOut[ImageOut]:
    return present_plain(await list_images(ListImages(by, asked)), present_image)


@router.post(
    ALL,
    status_code=201,
    summary="Upload an image for logos; one that is there is answered again",
    openapi_extra=_documented_body(),
)
async def create(
    by: By, sent: Annotated[tuple[str, bytes], Depends(_sent)], org_id: OrgId = None
) -> ImageOut:
    return present_image(await upload_image(UploadImage(by, *sent)))


@router.get(ONE, summary="Fetch what is known of one image")
async def fetch(id: PathId, by: By, org_id: OrgId = None) -> ImageOut:
    return present_image(await read_image(ReadImage(by, to_id(id))))


@router.get(
    ONE + "/content",
    summary="Fetch an image as PNG",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, 304: {"description": "You have it."}},
)
async def content(
    id: PathId, by: By, if_none_match: Known = None, org_id: OrgId = None
) -> Response:
    held = await read_image_content(ReadImage(by, to_id(id)))
    return answer_file(held.png, "image/png", if_none_match, vary="Cookie")


@router.delete(ONE, status_code=204, summary="Take an image away; pictures with it stay")
async def remove(id: PathId, by: By, org_id: OrgId = None) -> None:
    await delete_image(DeleteImage(by, to_id(id)))


def present_image(image: ImageView) -> ImageOut:
    """The image in this dialect's words."""
    spelled = prefixed("img", image.id)
    return ImageOut(
        id=spelled,
        name=image.name,
        width=image.width,
        height=image.height,
        size=image.size,
        url=f"{ALL}/{spelled}/content",
        created_at=image.created_at,
    )
