"""Pictures that a browser may keep for a minute, and for as long as they are the same.

ETags (RFC 9110 8.8.3) are of the picture itself, whatever made it change; a client that has it gets
304 without it (13.1.2). A copy belongs to the credential that asked for it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Response

from activities.pictures.making import (
    LARGEST_PX,
    LEAST_DPI,
    LEAST_INCHES,
    MM_PER_INCH,
    MOST_DPI,
    MOST_INCHES,
    SMALLEST_PX,
    Wish,
)
from activities.pictures.views import Image
from activities.render.pictures import Output

CACHE_CONTROL = "private, max-age=60"

_TAGS = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')

Known = Annotated[
    str | None,
    Header(alias="If-None-Match", description="ETags of the pictures that the client has"),
]


SCORE = "X-QR-Score"
"""The header that says how well a picture scans, from 0 to 100."""


def read_wish(
    format: Annotated[Output, Query(description="the kind of picture")] = "png",
    size: Annotated[
        int | None,
        Query(ge=SMALLEST_PX, le=LARGEST_PX, description="pixels across; 1024 if none is said"),
    ] = None,
    inches: Annotated[
        float | None,
        Query(ge=LEAST_INCHES, le=MOST_INCHES, description="the width on paper, in inches"),
    ] = None,
    mm: Annotated[
        float | None,
        Query(
            ge=LEAST_INCHES * MM_PER_INCH,
            le=MOST_INCHES * MM_PER_INCH,
            description="the width on paper, in millimetres",
        ),
    ] = None,
    dpi: Annotated[
        int | None,
        Query(ge=LEAST_DPI, le=MOST_DPI, description="dots per inch; 300 for sizes on paper"),
    ] = None,
    force: Annotated[
        bool, Query(description="also a picture that readers do not find the code in")
    ] = False,
) -> Wish:
    """What kind of picture the query asks for."""
    return Wish(format, size, inches, mm, dpi, force)


AskedPicture = Annotated[Wish, Depends(read_wish)]


def documented_pictures(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What a route of pictures answers."""
    return {
        200: {
            "content": {media: {} for media in media_types},
            "headers": {
                "ETag": {"description": "names this picture", "schema": {"type": "string"}},
                "Cache-Control": {"description": CACHE_CONTROL, "schema": {"type": "string"}},
                SCORE: {
                    "description": "how well the picture scans, from 0 to 100",
                    "schema": {"type": "integer"},
                },
            },
        },
        304: {"description": "The client has this picture."},
    }


def answer_picture(picture: Image, known: str | None, vary: str) -> Response:
    """The picture, or that it is `known`; `vary` names the headers that may carry a credential."""
    answer = answer_file(picture.content, picture.media_type, known, vary)
    answer.headers[SCORE] = str(picture.score.value)
    return answer


def answer_file(content: bytes, media_type: str, known: str | None, vary: str) -> Response:
    """The same, of an image that is not ours to judge."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": vary}
    if known is not None and (known.strip() == "*" or tag in _TAGS.findall(known)):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
