"""A database of one's own on the server of the test run, for tests that commit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg

from schema.db import connect, disconnect
from schema.migrate import upgrade

PATTERN = "pattern"


@asynccontextmanager
async def a_database(server_url: str, *, connections: int) -> AsyncIterator[str]:
    """Open the door to a new database with all tables; it is dropped in the end.

    What commits there is seen by no other test, even what can never be deleted.
    """
    name = f"own_{uuid4().hex[:12]}"
    url = a_copy(server_url, name)
    try:
        await connect(url, pool_size=connections)
        yield url
    finally:
        await disconnect()
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def a_copy(server_url: str, name: str) -> str:
    """The address of a new database with all tables, for whoever drops it."""
    with psycopg.connect(server_url, autocommit=True) as server:
        _make_pattern(server, server_url)
        server.execute(f"CREATE DATABASE {name} TEMPLATE {PATTERN}")
    return f"{server_url.rpartition('/')[0]}/{name}"


def _make_pattern(server: psycopg.Connection[Any], server_url: str) -> None:
    """A database with all tables, once for each server: a copy is quicker than the migrations."""
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (PATTERN,)).fetchone():
        return
    server.execute(f"CREATE DATABASE {PATTERN}_new")
    upgrade(f"{server_url.rpartition('/')[0]}/{PATTERN}_new")
    server.execute(f"ALTER DATABASE {PATTERN}_new RENAME TO {PATTERN}")
