"""The business dialect's scalars."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import PlainSerializer, WithJsonSchema

from activities.rules.spelling import stamp

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
