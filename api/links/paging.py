"""The links dialect's page words: `?limit=&offset=`, and a plain array."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from activities.rules.paging import PageRequest


def _asked(
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> PageRequest:
    return PageRequest(size=limit, skipped=offset)


Asked = Annotated[PageRequest, Depends(_asked)]
