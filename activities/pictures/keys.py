"""What a kept picture is found by, and how its score is written.

The key is a digest of everything that the picture is made from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any
from uuid import UUID

from activities.render.pictures import Picture
from activities.render.proving import Reason, Score
from activities.rules.looks import Style

ENGINE = 1
"""Raised when the same specification becomes another picture, so that no old one is given out."""


def key_of(picture: Picture, organization_id: UUID) -> str:
    """64 hex digits; pictures of two organizations never share a key, whatever they show."""
    told = {
        "engine": ENGINE,
        "organization": organization_id.hex,
        "payload": picture.payload,
        "output": picture.output,
        "symbology": picture.symbology,
        "style": _told(picture.style),
        "size_px": picture.size_px,
        "dpi": picture.dpi,
        "logo": None if picture.logo is None else hashlib.sha256(picture.logo).hexdigest(),
        "title": picture.title,
    }
    return hashlib.sha256(_canonical(told).encode()).hexdigest()


def score_told(score: Score | None) -> dict[str, Any] | None:
    """The score as JSON, to be kept with its picture."""
    return None if score is None else asdict(score)


def score_read(told: Mapping[str, Any] | None) -> Score | None:
    """The score that was kept."""
    if told is None:
        return None
    reasons = tuple(Reason(**reason) for reason in told["reasons"])
    return Score(told["value"], reasons, told["distance_mm"])


@lru_cache(maxsize=256)
def _told(style: Style) -> str:
    return _canonical(asdict(style))


def _canonical(told: object) -> str:
    """One text for equal things, in ASCII whatever they hold."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"))
