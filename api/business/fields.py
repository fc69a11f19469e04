"""The business dialect's scalars: ids in paths, and a business, which is our workspace."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from activities.rules.errors import NotFound
from activities.rules.spelling import unprefixed

_UUID = {"type": "string", "format": "uuid"}

PathId = Annotated[
    str, Path(description="the id that create and list answer"), WithJsonSchema(_UUID)
]

OrgId = Annotated[
    str | None, Query(alias="orgId", description="for people of several organizations")
]


def to_id(text: str) -> UUID:
    """The id of a QR link in a path; `NotFound` for what is no UUID."""
    found = unprefixed("qr", text)
    if found is None:
        raise NotFound("QR link")
    return found


def _read_business(given: object) -> object:
    found = unprefixed("wsp", given) if isinstance(given, str) else None
    if found is None:
        raise ValueError("Give the id of a business: a UUID, or wsp_ and 32 hex digits.")
    return found


BusinessId = Annotated[UUID, BeforeValidator(_read_business), WithJsonSchema(_UUID)]
"""The id of a business in a body or query, in either spelling."""
