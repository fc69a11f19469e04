"""nginx that answers an empty 302: the least that a redirect can cost, where it is installed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.lab import listens, until
from workers.ports import LOOPBACK, free_ports

_CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen {host}:{port};
    location / {{ return 302 https://example.com$uri; }}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """One process that answers."""

    port: int
    pid: int


@asynccontextmanager
async def nginx(folder: Path) -> AsyncIterator[Nginx | None]:
    """nginx with one process; None where it is not installed."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        yield None
        return
    port = free_ports(1)[0]
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(folder=folder, host=LOOPBACK, port=port))
    process = await asyncio.create_subprocess_exec(
        program, "-c", str(config), "-p", str(folder), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: listens(port), "nginx to listen", 10)
        yield Nginx(port, process.pid)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
