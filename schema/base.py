"""What every table shares: names of constraints, ids, and times that always carry UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = NAMES

Timestamp: Any = DateTime(timezone=True)
"""timestamptz; a naive datetime is refused by the driver's comparison in the tests."""

Json: Any = JSONB(none_as_null=True)


class Row(SQLModel):
    """A table with a UUID v4 of its own and the moment it was made."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    created_at: datetime = Field(sa_type=Timestamp, nullable=False)
