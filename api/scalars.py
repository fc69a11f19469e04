"""How values are written in bodies and answers, where a language has no way of its own.

`In` and `Out` are for the languages that write camelCase.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from activities.rules.spelling import read_stamp, stamp
from api.dialect import Body

Moment = Annotated[
    datetime,
    PlainSerializer(stamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time as ISO 8601 in UTC with milliseconds and Z."""

Id = Annotated[
    UUID,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "format": "uuid"}, mode="serialization"),
]
"""An id as a plain UUID."""


def _read_moment(given: object) -> object:
    return read_stamp(given) if isinstance(given, str) else given


When = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in a body or query: RFC 3339, with its zone."""


class In(Body):
    """A body with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Out(BaseModel):
    """An answer with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
