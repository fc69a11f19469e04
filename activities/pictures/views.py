"""A picture as those get it who asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from activities.render.pictures import Output
from activities.render.proving import Score

MEDIA_TYPES: Mapping[Output, str] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "eps": "application/postscript",
    "webp": "image/webp",
}


@dataclass(frozen=True)
class Image:
    """A finished picture, what its symbol holds, and how well it scans.

    `is_kept` tells that it was made before; `took_ms` is how long it took this time.
    """

    content: bytes
    media_type: str
    payload: str
    score: Score
    is_kept: bool = False
    took_ms: int = 0
