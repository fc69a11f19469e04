"""`inkloom serve`: the API and the redirects on one port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from activities.gateways.spool import Spool
from activities.statistics.live import Live
from activities.visits.desk import Desk
from api.app import make_app
from api.visit_protocol import make_protocol
from schema.settings import Settings
from workers.bootstrap import set_up
from workers.collecting import collect_seldom
from workers.graceful import GRACE_SECONDS, stop_signal


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM; requests under way are finished, 10 s at most."""
    async with set_up(settings, "serve") as running, a_desk(settings) as desk:
        live = Live()
        application = make_app(
            temporal_here=running.starter.is_here,
            trusted_proxies=settings.proxies(),
            public_url=settings.public_url,
            cron_secret=settings.cron_secret.get_secret_value(),
            starter=running.starter,
            desk=desk,
            live=live,
        )
        server = _Server(
            uvicorn.Config(
                application,
                http=make_protocol(desk, settings.proxies()),
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
        collect_seldom()
        asked = stop_signal()
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(asked.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        live.stop()
        server.should_exit = True
        stopping.cancel()
        await serving


@asynccontextmanager
async def a_desk(settings: Settings) -> AsyncIterator[Desk]:
    """The desk of this process, open."""
    desk = Desk(Spool(Path(settings.spool_dir)))
    await desk.start()
    try:
        yield desk
    finally:
        await desk.stop()


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would end a clean stop with the signal that asked for it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
