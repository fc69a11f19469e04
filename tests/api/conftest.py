"""A client of the whole application in process, over operations that are rolled back."""

from __future__ import annotations

import io
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest_asyncio
import zxingcpp
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import Outside
from activities.sessions import OpenSession, open_session
from api.app import make_app
from tests.builders.tenants import a_key, an_organization

Client = httpx.AsyncClient


@dataclass(frozen=True)
class Tenant:
    """A tenant's credentials for each dialect."""

    studio: dict[str, str]
    workspace: dict[str, str]
    organization: str


@pytest_asyncio.fixture
async def client(database: AsyncConnection, world: Outside) -> AsyncIterator[Client]:
    async def here() -> bool:
        return True

    application = make_app(
        temporal_here=here,
        trusted_proxies=[ipaddress.ip_network("127.0.0.1/32")],
        public_url=world.public_url,
    )
    transport = httpx.ASGITransport(application, raise_app_exceptions=True)
    async with Client(transport=transport, base_url="https://ink.test") as client:
        yield client


@pytest_asyncio.fixture
async def make_tenant(
    database: AsyncConnection, world: Outside
) -> Callable[[str], Awaitable[Tenant]]:
    async def make(slug: str) -> Tenant:
        organization = await an_organization(slug)
        token = (await open_session(OpenSession(organization.owner_id))).token
        return Tenant(
            studio={"X-Api-Key": await a_key(organization)},
            workspace={"Cookie": f"ink_session={token}"},
            organization=f"org_{organization.id.hex}",
        )

    return make


@pytest_asyncio.fixture
async def tenant(make_tenant: Callable[[str], Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("acme")


@pytest_asyncio.fixture
async def stranger(make_tenant: Callable[[str], Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("stranger")


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height from a PNG's header."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def held_by(png: bytes) -> str | None:
    """What an independent reader finds in the picture."""
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(png)).convert("L"))
    return found.text if found else None
