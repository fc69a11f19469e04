"""The public dialect's scalars: prefixed ids, camelCase names."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from activities.rules.spelling import stamp
from api.dialect import Body

Moment = Annotated[
    datetime,
    PlainSerializer(stamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class In(Body):
    """A body with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class Out(BaseModel):
    """An answer with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
