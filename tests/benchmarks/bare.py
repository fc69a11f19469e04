"""The anchor of redirects: a Starlette route that answers 302, on the settings of `inkloom serve`.

`python -m tests.benchmarks.bare PORT` serves it.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.ports import LOOPBACK


async def redirect(request: Request) -> Response:
    """302 to an address that has the code in it; nothing is looked up or counted."""
    target = f"https://example.com/{request.path_params['code']}"
    return Response(status_code=302, headers={"Location": target})


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/q/{code}", redirect)]),
        host=LOOPBACK,
        port=int(sys.argv[1]),
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
