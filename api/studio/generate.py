"""`/api/v1/generate/`: the picture of a code or of plain data, and what would come of one."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated

from fastapi import Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from activities.pictures.judging import JudgedView, JudgePicture, judge_picture
from activities.pictures.symbols import Drawn, DrawSymbol, draw_symbol
from activities.pictures.views import MEDIA_TYPES
from activities.render.pictures import Output
from activities.render.proving import Score
from api.pictures import SCORE
from api.routers import CREATES, By, make_router
from api.studio.auth import authenticate_key_only, documented_for_keys
from api.studio.picture_in import PictureIn
from api.studio.render_headers import DOCUMENTED, render_headers

SHORT_ID = "X-QR-Short-Id"
"""The header that names the dynamic code which was made for the picture."""

JSON = "application/json"

router = make_router(authenticate_key_only, dependencies=[documented_for_keys], tags=["generate"])

Accepted = Annotated[
    str, Header(alias="Accept", description=f"a media type of pictures, or {JSON}")
]


class GenerateIn(PictureIn):
    """A picture to make, of exactly one of `data`, `destination_url` and `short_id`."""


class ReasonOut(BaseModel):
    """Why points are missing."""

    code: str = Field(description="a word for machines", examples=["contrast"])
    message: str = Field(description="a sentence for people")
    points: int = Field(description="how many are missing", examples=[15])


class ScoreOut(BaseModel):
    """How well a picture scans."""

    score: int = Field(description="0 to 100; below 40 it is refused", examples=[100])
    reasons: list[ReasonOut] = Field(description="why it is not 100", examples=[[]])
    distance_mm: int | None = Field(
        description="how far away it is read when printed; null where its size is not known"
    )


class GeneratedOut(ScoreOut):
    """A picture inside of JSON."""

    image: str = Field(description="the picture in base64", examples=["iVBORw0KGgo="])
    media_type: str = Field(description="what kind it is", examples=["image/png"])
    payload: str = Field(description="what the symbol holds")
    short_id: str | None = Field(description="the dynamic code that was made for it")


class ValidatedOut(BaseModel):
    """What would come of a picture."""

    valid: bool = Field(description="whether it would be made")
    errors: dict[str, list[str]] = Field(
        description="for each field what is wrong with it; `detail` for the whole", examples=[{}]
    )
    payload: str | None = Field(description="what the symbol would hold; null if not known yet")
    score: ScoreOut | None = Field(description="how well it would scan")


@router.post(
    "/api/v1/generate/",
    summary="Render a single QR: PNG, SVG, PDF, EPS or WebP",
    response_class=Response,
    responses={
        200: {
            "content": {
                **{media: {} for media in MEDIA_TYPES.values()},
                JSON: {"schema": GeneratedOut.model_json_schema()},
            },
            "headers": {
                SHORT_ID: {
                    "description": "of the code that was made, when `destination_url` was given",
                    "schema": {"type": "string"},
                },
                SCORE: {
                    "description": "how well the picture scans, from 0 to 100",
                    "schema": {"type": "integer"},
                },
                **DOCUMENTED,
            },
        }
    },
    openapi_extra=CREATES,
    tags=["pictures"],
)
async def generate(body: GenerateIn, by: By, accept: Accepted = "*/*") -> Response:
    drawn = await draw_symbol(
        DrawSymbol(
            by=by,
            wish=body.wish(accepted(accept)),
            short_code=body.short_id,
            data=body.data,
            destination_url=body.destination_url,
            changes=body.changes(),
        )
    )
    return present_drawn(drawn, as_json=JSON in accept)


@router.post("/api/v1/validate/", summary="Tell what would come of a picture; costs no quota")
async def validate(body: GenerateIn, by: By) -> ValidatedOut:
    judged = await judge_picture(
        JudgePicture(
            by=by,
            wish=body.wish(),
            short_code=body.short_id,
            data=body.data,
            destination_url=body.destination_url,
            changes=body.changes(),
        )
    )
    return present_judged(judged)


def accepted(accept: str) -> Output:
    """The first kind of picture that the header names; PNG if it names none."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    kinds = {media: kind for kind, media in MEDIA_TYPES.items()}
    return next((kinds[media] for media in named if media in kinds), "png")


def present_drawn(drawn: Drawn, *, as_json: bool) -> Response:
    """The picture as itself, or inside of JSON."""
    image = drawn.image
    headers = {SHORT_ID: drawn.short_code} if drawn.short_code else {}
    headers[SCORE] = str(image.score.value)
    headers |= render_headers(drawn.allowance, is_hit=image.is_kept, took_ms=image.took_ms)
    if not as_json:
        return Response(image.content, media_type=image.media_type, headers=headers)
    told = GeneratedOut(
        **present_score(image.score).model_dump(),
        image=b64encode(image.content).decode(),
        media_type=image.media_type,
        payload=image.payload,
        short_id=drawn.short_code,
    )
    return JSONResponse(told.model_dump(), headers=headers)


def present_score(score: Score) -> ScoreOut:
    """The score in this dialect's words."""
    return ScoreOut(
        score=score.value,
        reasons=[
            ReasonOut(code=reason.code, message=reason.sentence, points=reason.points)
            for reason in score.reasons
        ],
        distance_mm=score.distance_mm,
    )


def present_judged(judged: JudgedView) -> ValidatedOut:
    """What would come of it, in this dialect's words."""
    return ValidatedOut(
        valid=not judged.faults,
        errors={name: list(told) for name, told in judged.faults.items()},
        payload=judged.payload,
        score=present_score(judged.score) if judged.score else None,
    )
