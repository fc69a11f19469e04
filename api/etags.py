"""Versions of things as ETags (RFC 9110 8.8.3): `"3"` is the third version of this thing.

An answer that shows one thing carries its ETag. A change may send it back in If-Match; when
somebody else was quicker it is refused and nothing is lost.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from activities.rules.errors import VersionMismatch

_TAG = re.compile(r'"([0-9]{1,9})"')


def set_etag(response: Response, version: int) -> None:
    """Say which version the answer shows."""
    response.headers["ETag"] = f'"{version}"'


def _expected(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="the ETag that was read; refused when there is another by now",
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise VersionMismatch
    return int(found[1])


Expected = Annotated[int | None, Depends(_expected)]
"""The version that a client expects by If-Match; None when it does not say. Raises
`VersionMismatch` for a tag that we never gave."""
