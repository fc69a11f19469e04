"""What a design tool looks for in a library, and how a part of it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from activities.rules.errors import InvalidFields
from activities.rules.listings import Listing
from activities.rules.paging import Page, PageRequest
from activities.rules.searching import LONGEST_SEARCH
from activities.rules.spelling import unprefixed
from api.canva.clamping import Clamped
from api.dialect import Text
from api.scalars import Out

View = TypeVar("View")
Shown = TypeVar("Shown", bound=BaseModel)

MOST = 50
"""Items of one answer."""

_HEX = "[0-9a-fA-F]"
FOLDER_ID = (
    f"^((fld_)?({_HEX}{{32}}|{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}))?$"
)


def _asked(
    search: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="words of it, case ignored")
    ] = "",
    folder_id: Annotated[
        Text,
        Query(
            alias="folderId",
            description="only those in this folder: fld_ and 32 hex digits",
            json_schema_extra={"pattern": FOLDER_ID},
        ),
    ] = "",
    limit: Annotated[
        int,
        Clamped(25, 1, MOST),
        Query(description=f"how many at most; clamped between 1 and {MOST}"),
    ] = 25,
) -> Listing:
    folder = unprefixed("fld", folder_id) if folder_id else None
    if folder_id and folder is None:
        raise InvalidFields({"folder_id": ["Give an id like fld_ and 32 hex digits."]})
    return Listing(PageRequest(size=limit), search=search, folder_id=folder)


AskedLibrary = Annotated[Listing, Depends(_asked)]
"""The newest assets in use that were looked for."""


class LibraryOut(Out, Generic[Shown]):
    """A part of a library."""

    items: list[Shown] = Field(description="assets the newest first, folders by name")
    total: int = Field(description="how many there are, the rest of them too", examples=[1])


def present_library(page: Page[View], present: Callable[[View], Shown]) -> LibraryOut[Any]:
    """The page in this dialect's words."""
    return LibraryOut[Any](items=[present(item) for item in page.items], total=page.total)
