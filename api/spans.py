"""Spans of days in queries: the last so many, or those from one to another, in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

from activities.rules.actors import Actor
from activities.rules.spans import LONGEST_DAYS
from activities.statistics.leaders import ReadLeaders
from activities.statistics.raw import ListScanned
from activities.statistics.reading import ReadStatistics
from api.dialect import Text

LONGEST_ZONE = 64

_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Asked:
    """What a query says; the domain judges it."""

    first: date | None = None
    last: date | None = None
    days: int = 30
    time_zone: str = "UTC"

    def of(self, by: Actor, kind: Any, id: UUID) -> ReadStatistics:
        """Statistics of an asset or an organization."""
        return ReadStatistics(by, kind, id, **self._words())

    def leaders(self, by: Actor, kind: Any) -> ReadLeaders:
        """The most visited assets of a kind."""
        return ReadLeaders(by, kind, **self._words())

    def scanned(self, by: Actor, kind: Any, id: UUID | None) -> ListScanned:
        """Assets with scans, or the one."""
        return ListScanned(by, **self._words(), kind=kind, id=id)

    def _words(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "last": self.last,
            "days": self.days,
            "time_zone": self.time_zone,
        }


def read_day(given: object) -> object:
    """The day that a text of a query means; `ValueError` for another spelling than ISO 8601's."""
    if not isinstance(given, str):
        return given
    try:
        if not _DAY.fullmatch(given):
            raise ValueError(given)
        return date.fromisoformat(given)
    except ValueError:
        raise ValueError("Give a day of this century, such as 2026-05-07.") from None


Day = Annotated[
    date,
    BeforeValidator(read_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}),
]

Days = Annotated[
    int,
    Query(
        ge=1,
        le=LONGEST_DAYS,
        description="how many days, where not both ends are given; the last one is `to`, or today",
    ),
]
From = Annotated[
    Day | None,
    Query(alias="from", description="the first day, such as 2026-04-07", examples=["2026-04-07"]),
]
To = Annotated[
    Day | None,
    Query(alias="to", description="the last day, which is included", examples=["2026-05-07"]),
]


def zone_query(name: str) -> Any:
    """The time zone, which a dialect calls so."""
    return Query(
        alias=name,
        max_length=LONGEST_ZONE,
        description="where days begin and hours are told: a zone of the IANA list",
        examples=["Europe/Berlin"],
    )


Zone = Text
"""The name of a time zone."""
