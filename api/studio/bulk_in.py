"""Many pictures as clients of the studio ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import Field, ModelWrapValidatorHandler, PrivateAttr, ValidationError, model_validator

from activities.pictures.bulk_items import MOST_ITEMS, MOST_STREAMED, BulkItem
from activities.qr_codes.drafts import LONGEST_NAME
from activities.rules.file_names import LONGEST_TEMPLATE, TEMPLATE
from api.dialect import Body, Text, to_refusal
from api.faults import WrongFields
from api.studio.picture_in import PictureIn

PAYLOADS = {"data", "destination_url", "short_id"}
"""Fields that say what a symbol holds: an item that has one takes none from the defaults."""


class BulkItemIn(PictureIn):
    """One picture of many, of exactly one of `data`, `destination_url` and `short_id`.

    What is wrong with one does not hide what is wrong with others: it is told by its index.
    """

    name: Text = Field(
        "",
        max_length=LONGEST_NAME,
        description="what its file, and a code that is made for it, are called",
        examples=["Table 7"],
    )
    _fault: str | None = PrivateAttr(None)

    @model_validator(mode="wrap")
    @classmethod
    def _or_why_not(cls, given: Any, read: ModelWrapValidatorHandler[BulkItemIn]) -> BulkItemIn:
        try:
            return read(given)
        except ValidationError as refused:
            name = given.get("name") if isinstance(given, Mapping) else ""
            item = cls.model_construct(name=name if isinstance(name, str) else "")
            return item.refused(_told(refused))

    def refused(self, why: str) -> BulkItemIn:
        """The item as one that cannot be made."""
        self._fault = why
        return self

    def to_item(self) -> BulkItem:
        """The item as the domain takes it."""
        if self._fault is not None:
            return BulkItem(name=self.name[:LONGEST_NAME], fault=self._fault)
        return BulkItem(
            wish=self.wish(),
            name=self.name,
            data=self.data,
            short_code=self.short_id,
            destination_url=self.destination_url,
            changes=self.changes(),
        )


class BulkIn(Body):
    """Many pictures, for one archive."""

    items: list[BulkItemIn] = Field(
        min_length=1,
        max_length=MOST_ITEMS,
        description="the pictures, in the order of the manifest",
        examples=[[{"data": "https://example.com/welcome", "name": "Welcome"}]],
    )
    defaults: PictureIn | None = Field(
        None,
        description="fields of a picture that every item has unless it says otherwise",
        examples=[{"foreground": "#1d4ed8"}],
    )
    name_template: Text = Field(
        TEMPLATE,
        max_length=LONGEST_TEMPLATE,
        description="names the files: {index}, {index:04d}, {name} and {short_id} are filled in",
    )
    continue_on_error: bool = Field(
        False, description="leave out what cannot be made, and say in the manifest why"
    )
    is_job: bool | None = Field(
        None,
        alias="async",
        description="true: as a job; false: streamed; left out: as a job if there are more than "
        f"{MOST_STREAMED} items",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, given: Any) -> Any:
        """Each item on top of the defaults; one of the three payloads takes the place of others."""
        if not isinstance(given, Mapping):
            return given
        defaults, items = given.get("defaults"), given.get("items")
        if not isinstance(defaults, Mapping) or not isinstance(items, list):
            return given
        bare = {name: value for name, value in defaults.items() if name not in PAYLOADS}
        whole = [
            {**(bare if PAYLOADS & item.keys() else defaults), **item}
            if isinstance(item, Mapping)
            else item
            for item in items
        ]
        return {**given, "items": whole}

    def runs_as_job(self, *, is_kept: bool) -> bool:
        """Whether it is a job; what has to give the same answer again always is."""
        if self.is_job is not None and not is_kept:
            return self.is_job
        return is_kept or len(self.items) > MOST_STREAMED


def _told(refused: ValidationError) -> str:
    """What is wrong with an item, as the dialect says it of a whole body."""
    errors = [{**error, "loc": ("body", *error["loc"])} for error in refused.errors()]
    fault = to_refusal(RequestValidationError(errors))
    if isinstance(fault, WrongFields):
        return " ".join(f"{name}: {said[0]}" for name, said in fault.fields.items())
    return "This is not an object."
