"""The visits are played: real requests to the redirect over a pool of connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import aiohttp

from workers.demo.crowd import each
from workers.demo.studio import Code
from workers.demo.visitors import Visit

AT_ONCE = 8


async def play(
    api: str, codes: Sequence[Code], visits: Sequence[Visit], played: Callable[[], None]
) -> list[str]:
    """Play every visit and call `played` after each.

    Answers one sentence for each that was not sent to its landmark's website by a 302.
    """
    session = aiohttp.ClientSession(
        api,
        connector=aiohttp.TCPConnector(limit=AT_ONCE),
        timeout=aiohttp.ClientTimeout(total=30),
        cookie_jar=aiohttp.DummyCookieJar(),
    )

    async def visit(wanted: Visit) -> str | None:
        code = codes[wanted.landmark]
        async with session.request(
            wanted.method, code.path, headers=wanted.headers, allow_redirects=False
        ) as answer:
            location = answer.headers.get("Location")
        played()
        if answer.status == 302 and location == code.landmark.website:
            return None
        return f"{wanted.method} {code.path} answered {answer.status} to {location}"

    async with session:
        return [wrong for wrong in await each(visits, visit, AT_ONCE) if wrong]
