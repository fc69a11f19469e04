"""Pictures that a browser may keep for a minute, and for as long as they are the same.

ETags (RFC 9110 8.8.3) are of the picture itself, whatever made it change; a client that has it gets
304 without it (13.1.2). A copy belongs to the credential that asked for it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from fastapi import Header, Response

from activities.images import Image

CACHE_CONTROL = "private, max-age=60"

_TAGS = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')

Known = Annotated[
    str | None,
    Header(alias="If-None-Match", description="ETags of the pictures that the client has"),
]


def documented_pictures(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What a route of pictures answers."""
    return {
        200: {
            "content": {media: {} for media in media_types},
            "headers": {
                "ETag": {"description": "names this picture", "schema": {"type": "string"}},
                "Cache-Control": {"description": CACHE_CONTROL, "schema": {"type": "string"}},
            },
        },
        304: {"description": "The client has this picture."},
    }


def answer_picture(picture: Image, known: str | None, vary: str) -> Response:
    """The picture, or that it is `known`; `vary` names the headers that may carry a credential."""
    tag = f'"{hashlib.sha256(picture.content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": vary}
    if known is not None and (known.strip() == "*" or tag in _TAGS.findall(known)):
        return Response(status_code=304, headers=headers)
    return Response(picture.content, media_type=picture.media_type, headers=headers)
