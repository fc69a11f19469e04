"""The time zones that may be named."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

_OF_THE_MACHINE = {"localtime", "Factory"}


@lru_cache(1)
def zones() -> frozenset[str]:
    """The names of all time zones, without the one that this machine happens to be in."""
    return frozenset(available_timezones() - _OF_THE_MACHINE)
