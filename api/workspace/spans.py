"""Which days statistics are asked for: `?days=30`, or `?from=&to=`, and `timeZone`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.spans import Asked, Days, From, To, Zone, zone_query


def _asked(
    days: Days = 30,
    first: From = None,
    last: To = None,
    time_zone: Annotated[Zone, zone_query("timeZone")] = "UTC",
) -> Asked:
    return Asked(first, last, days, time_zone)


AskedSpan = Annotated[Asked, Depends(_asked)]
