"""`inkloom serve`: the API and the redirects on one port."""

from __future__ import annotations

import uvicorn

from api.app import make_app
from schema.settings import Settings
from workers.bootstrap import set_up
from workers.graceful import GRACE_SECONDS


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM; requests under way are finished, 10 s at most."""
    async with set_up(settings, "serve") as running:
        application = make_app(
            temporal_here=running.starter.is_here,
            trusted_proxies=settings.proxies(),
            public_url=settings.public_url,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                application,
                host=settings.host,
                port=settings.port,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                timeout_keep_alive=75,
                backlog=2048,
            )
        )
        await server.serve()
