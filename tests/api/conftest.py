"""A client of the whole application in process, over operations that are rolled back."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp

from activities.outside import Outside
from activities.sessions import OpenSession, open_session
from activities.token_pairs import OpenPair, open_pair
from schema.db import transaction
from tests.api.surface import the_application
from tests.builders.members import prove
from tests.builders.tenants import a_key, an_organization

Client = httpx.AsyncClient


@dataclass(frozen=True)
class Tenant:
    """A tenant's credentials, each as the headers that carry it; ids as they are spelled."""

    studio: dict[str, str]
    jwt: dict[str, str]
    workspace: dict[str, str]
    canva: dict[str, str]
    tracking: dict[str, str]
    links: dict[str, str]
    business: dict[str, str]
    organization: str
    owner: str

    def for_dialect(self, dialect: str) -> tuple[dict[str, str], ...]:
        """Every credential that a dialect takes, the mightiest first."""
        people = {"studio": (self.jwt,), "business": (self.workspace,)}
        keys = (getattr(self, dialect),) if hasattr(self, dialect) else ()
        return (*people.get(dialect, ()), *keys) or (self.workspace,)


@pytest.fixture(scope="session")
def application() -> ASGIApp:
    """The whole application, made once."""
    return the_application()


@pytest_asyncio.fixture
async def client(
    application: ASGIApp, database: AsyncConnection, world: Outside
) -> AsyncIterator[Client]:
    async with a_client(application) as client:
        yield client


def a_client(application: ASGIApp) -> Client:
    """Of the whole application, in this process."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=True)
    return Client(transport=transport, base_url="https://ink.test")


@pytest_asyncio.fixture
async def make_tenant(
    database: AsyncConnection, world: Outside
) -> Callable[..., Awaitable[Tenant]]:
    async def make(slug: str, plan: str = "free") -> Tenant:
        return await a_tenant_of_all(database, slug, plan)

    return make


async def a_tenant_of_all(database: AsyncConnection, slug: str, plan: str = "free") -> Tenant:
    """An organization with a credential of every dialect."""
    async with transaction():
        organization = await an_organization(slug)
        await prove(organization.owner_id)
        await database.execute(
            text("UPDATE organization SET plan = :plan WHERE id = :id"),
            {"plan": plan, "id": organization.id},
        )
        token = (await open_session(OpenSession(organization.owner_id))).token
        pair = await open_pair(OpenPair(organization.owner_id, organization.id))
        bearers = {
            dialect: {"Authorization": f"Bearer {await a_key(organization, dialect)}"}
            for dialect in ("canva", "tracking", "business")
        }
        keys = {dialect: await a_key(organization, dialect) for dialect in ("studio", "links")}
        await database.execute(
            text("UPDATE api_key SET made_by = :maker WHERE organization_id = :id"),
            {"maker": organization.owner_id, "id": organization.id},
        )
    return Tenant(
        studio={"X-Api-Key": keys["studio"]},
        jwt={"Authorization": f"Bearer {pair.access}"},
        workspace={"Cookie": f"ink_session={token}"},
        links={"x-api-key": keys["links"]},
        organization=f"org_{organization.id.hex}",
        owner=organization.owner_id.hex,
        **bearers,
    )


@pytest_asyncio.fixture
async def tenant(make_tenant: Callable[..., Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("acme")


@pytest_asyncio.fixture
async def stranger(make_tenant: Callable[..., Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("stranger")


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height from a PNG's header."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def held_by(png: bytes) -> str | None:
    """What an independent reader finds in the picture."""
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(png)).convert("L"))
    return found.text if found else None
