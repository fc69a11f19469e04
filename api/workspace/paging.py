"""The workspace dialect's page words: `?page=&pageSize=` and `{items, total, page, pageSize}`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from activities.rules.paging import PageRequest

LARGEST_PAGE = 1_000_000


def _asked(
    page: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100, alias="pageSize")] = 25,
) -> PageRequest:
    return PageRequest(page, page_size)


Asked = Annotated[PageRequest, Depends(_asked)]
