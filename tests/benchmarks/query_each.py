"""The anchor of visits that nobody remembers: a Starlette route that asks the database at each.

`python -m tests.benchmarks.query_each PORT` serves it; DATABASE_URL says where.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.ports import LOOPBACK

POOL = AsyncConnectionPool(os.environ.get("DATABASE_URL", ""), open=False, min_size=8, max_size=8)
QUERY = "SELECT destination_url FROM qr_code WHERE short_code = %s AND deleted_at IS NULL"


async def redirect(request: Request) -> Response:
    """302 to where the code leads; nothing is counted."""
    async with POOL.connection() as connection:
        found = await connection.execute(QUERY, (request.path_params["code"],))
        row = await found.fetchone()
    return Response(status_code=302, headers={"Location": row[0]}) if row else Response("", 404)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """The pool is open while it serves."""
    async with POOL:
        yield


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/q/{code}", redirect)], lifespan=lifespan),
        host=LOOPBACK,
        port=int(sys.argv[1]),
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
