"""The tracking dialect's scalars: plain UUIDs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BeforeValidator, WithJsonSchema

from activities.rules.errors import NotFound
from activities.rules.spelling import unprefixed

_UUID = {"type": "string", "format": "uuid"}

PathId = Annotated[
    str, Path(description="the id that create and list answer"), WithJsonSchema(_UUID)
]


def to_id(text: str) -> UUID:
    """The id in a path; `NotFound` for what is no UUID."""
    found = unprefixed("qr", text)
    if found is None:
        raise NotFound("QR code")
    return found


def _id_of(prefix: str) -> BeforeValidator:
    def read(given: object) -> object:
        found = unprefixed(prefix, given) if isinstance(given, str) else None
        if found is None:
            raise ValueError("Give a UUID, such as 7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10.")
        return found

    return BeforeValidator(read)


WorkspaceId = Annotated[UUID, _id_of("wsp"), WithJsonSchema(_UUID)]
FolderId = Annotated[UUID, _id_of("fld"), WithJsonSchema(_UUID)]
"""Ids in bodies and queries; the spelling with a prefix of other dialects is understood too."""
