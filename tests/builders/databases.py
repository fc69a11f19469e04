"""A database of one's own on the server of the test run, for tests that commit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg

from schema.db import connect, disconnect
from schema.migrate import upgrade


@asynccontextmanager
async def a_database(server_url: str, *, connections: int) -> AsyncIterator[str]:
    """Open the door to a new database with all tables; it is dropped in the end.

    What commits there is seen by no other test, even what can never be deleted.
    """
    name = f"own_{uuid4().hex[:12]}"
    url = f"{server_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            upgrade(url)
            await connect(url, pool_size=connections)
            yield url
        finally:
            await disconnect()
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
