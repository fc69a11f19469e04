"""One tenant never sees another: every route, asked with another tenant's credential and ids.

The routes, their bodies and the ids come from the OpenAPI documents: a victim's things are made
through its own dialect, from the documented examples, and asked for by a stranger.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.types import ASGIApp

from activities.gateways.drawers import Drawers
from activities.keys import AuthenticateKey, authenticate_key
from activities.oauth.clients import RegisterClient, register_client
from activities.oauth.consent import GiveConsent, give_consent
from activities.oauth.exchange import RedeemCode, redeem_code
from activities.pictures.batches import KeepBatch, keep_batch
from activities.pictures.bulk_items import BulkItem
from activities.pictures.bulk_judging import PrepareBulk, prepare_bulk
from activities.rules.actors import Person
from activities.sessions import ChooseOrganization, choose_organization
from schema.base import metadata
from tests.api.conftest import Client, Tenant, a_client, a_tenant_of_all
from tests.api.staging import Stage, a_stage
from tests.api.surface import Asked, every_operation
from tests.builders.deliveries import some_batches
from tests.builders.tenants import an_endpoint

OPERATIONS = list(every_operation())
PRIVATE = [asked for asked in OPERATIONS if not asked.is_public]
NAMES = [f"{asked.dialect} {asked.method} {asked.path}" for asked in PRIVATE]
DIALECTS = sorted({asked.dialect for asked in PRIVATE})

PUBLIC = {
    "business POST /api/team-invites/accept",
    "oauth GET /.well-known/oauth-authorization-server",
    "oauth POST /oauth/introspect",
    "oauth POST /oauth/revoke",
    "oauth POST /oauth/token",
    "public GET /.well-known/webhook-keys.json",
    "public POST /api/public/access",
    "public POST /api/public/conversions",
    "public POST /api/public/rcaptcha/challenge",
    "public POST /api/public/rcaptcha/verify",
    "studio POST /api/auth/login/",
    "studio POST /api/auth/token/revoke/",
    "studio POST /api/auth/signup/",
    "studio POST /api/auth/token/refresh/",
    "workspace GET /api/auth/verify",
    "workspace POST /api/auth/email",
}
"""What needs no credential, or carries one in its body. Anything else must ask for one."""

MADE_AT = {
    "/api/v1/analytics/": "/api/v1/links/",
    "/api/v1/analytics/workspace/": "/api/v1/workspaces/",
}
"""Paths whose ids are of what is made and listed elsewhere, and where."""

COUNTERS = ("rate_bucket", "api_key_usage", "browser_session")


@dataclass
class Victim:
    """A tenant that owns one of everything that can be made."""

    client: Client
    tenant: Tenant
    found: dict[str, str] = field(default_factory=dict)

    async def fill(self, asked: Asked) -> str | None:
        """The path with the victim's ids in it; None when there is none to be had."""
        path = asked.path
        for variable in asked.variables:
            before = path[: path.index(f"{{{variable}}}")]
            value = await self._id(asked, variable, before)
            if value is None:
                return None
            path = path.replace(f"{{{variable}}}", value, 1)
        return path

    async def _id(self, asked: Asked, variable: str, before: str) -> str | None:
        if variable.lower() in ("orgid", "org_id"):
            return self.tenant.organization
        before = MADE_AT.get(before, before)
        key = f"{asked.dialect} {before}"
        if key not in self.found:
            value = await self._make(asked, variable, before) or await self._list(
                asked, variable, before
            )
            if value is None:
                return None
            self.found[key] = value
        return self.found[key]

    async def _make(self, asked: Asked, variable: str, collection: str) -> str | None:
        create = self._route(asked, "POST", collection)
        if create is None or create.is_public or "201" not in create.operation["responses"]:
            return None
        answer = await self._send("POST", collection, create)
        assert answer.status_code == 201, f"POST {collection} of its own example: {answer.text}"
        return _id_in(answer.json(), variable)

    async def _list(self, asked: Asked, variable: str, collection: str) -> str | None:
        listing = self._route(asked, "GET", collection)
        if listing is None:
            return None
        answer = await self._send("GET", collection, listing)
        assert answer.status_code == 200, answer.text
        return _id_in(answer.json(), variable)

    def _route(self, asked: Asked, method: str, collection: str) -> Asked | None:
        wanted = re.sub(r"/(org_)?[0-9a-f-]{32,36}(?=/)", "/{}", collection).rstrip("/")
        for other in OPERATIONS:
            template = re.sub(r"\{\w+\}", "{}", other.path).rstrip("/")
            if (other.dialect, other.method, template) == (asked.dialect, method, wanted):
                return other
        return None

    async def _send(self, method: str, path: str, asked: Asked) -> httpx.Response:
        slash = path if asked.path.endswith("/") else path.rstrip("/")
        for headers in self.tenant.for_dialect(asked.dialect):
            answer = await self.client.request(
                method, slash, headers=headers, json=asked.body(), params=asked.query()
            )
            if answer.status_code not in (401, 403):
                break
        return answer


def _id_in(answer: Any, variable: str) -> str | None:
    """The id in an answer, under the variable's name or `id`, at the top or in the first thing."""
    if isinstance(answer, list):
        return _id_in(answer[0], variable) if answer else None
    if not isinstance(answer, dict):
        return None
    for name in (variable, "id"):
        if isinstance(answer.get(name), str):
            return str(answer[name])
    for part in answer.values():
        if isinstance(part, dict | list) and (found := _id_in(part, variable)):
            return found
    return None


@dataclass(frozen=True)
class Cast:
    """Who plays in all tests here."""

    stage: Stage
    client: Client
    victim: Tenant
    found: dict[str, str]
    thief: Tenant


@pytest_asyncio.fixture(scope="module")
async def cast(application: ASGIApp, engine: AsyncEngine, drawers: Drawers) -> AsyncIterator[Cast]:
    async with a_stage(engine, drawers) as stage, a_client(application) as client:
        tenant = await a_tenant_of_all(stage.database, "victim", "pro")
        await a_grant(tenant)
        await a_library(client, tenant)
        await a_batch(tenant)
        found = await a_delivery(tenant)
        thief = await a_tenant_of_all(stage.database, "thief", "pro")
        yield Cast(stage, client, tenant, found, thief)


@pytest_asyncio.fixture
async def database(cast: Cast) -> AsyncIterator[AsyncConnection]:
    async with cast.stage.scene() as database:
        yield database


@pytest.fixture
def client(cast: Cast, database: AsyncConnection) -> Client:
    return cast.client


@pytest.fixture
def victim(cast: Cast, client: Client) -> Victim:
    return Victim(client, cast.victim, dict(cast.found))


@pytest.fixture
def thief(cast: Cast, database: AsyncConnection) -> Tenant:
    return cast.thief


async def a_grant(tenant: Tenant) -> None:
    """An application that the owner allowed to read: no dialect makes one without a browser."""
    owner, organization = UUID(tenant.owner), UUID(tenant.organization.removeprefix("org_"))
    person = Person(owner, owner, "Ada", "ada@example.com")
    by = await choose_organization(ChooseOrganization(person, organization))
    client = await register_client(
        RegisterClient(by, "Library", ("https://library.example/back",), ("assets.read",), False)
    )
    given = await give_consent(
        GiveConsent(
            by=person,
            client_id=client.client_id,
            organization_id=organization,
            workspace_id=None,
            scopes=("assets.read",),
            redirect_uri="https://library.example/back",
            redirect_uri_given=True,
            challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        )
    )
    await redeem_code(RedeemCode(client.client_id, given.code))


async def a_library(client: Client, tenant: Tenant) -> None:
    """What design tools read, and no dialect of theirs makes."""
    for path, body in (
        ("/api/qr", {"destinationUrl": "https://example.com/victim"}),
        ("/api/barcode", {"type": "CODE128", "value": "VICTIM-1"}),
    ):
        made = await client.post(path, json=body, headers=tenant.workspace)
        assert made.status_code == 201, made.text


async def a_batch(tenant: Tenant) -> None:
    """A batch of pictures, which is made where jobs can be started."""
    by = await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"]))
    bulk = await prepare_bulk(PrepareBulk(by, (BulkItem(data="victim"),)))
    await keep_batch(KeepBatch(by, uuid4(), bulk, b"victim"))


async def a_delivery(tenant: Tenant) -> dict[str, str]:
    """A message on its way, which no request makes at once; where its endpoint is found."""
    by = await authenticate_key(AuthenticateKey("studio", tenant.studio["X-Api-Key"]))
    endpoint = await an_endpoint(by)
    await some_batches(by)
    return {
        "studio /api/v1/webhooks/": str(endpoint.id),
        "workspace /api/webhooks/endpoints/": str(endpoint.id),
        "links /api/v1/workspaces/webhooks/": str(endpoint.id),
        "business /api/integrations/": str(endpoint.id),
    }


async def holdings(database: AsyncConnection, tenant: Tenant) -> dict[str, Any]:
    """A digest of every row in which the tenant's organization or owner occurs."""
    marks = [tenant.organization.removeprefix("org_"), tenant.owner]
    likes = " OR ".join(f"t::text LIKE '%{_dashed(mark)}%'" for mark in marks)
    digests = (
        f"SELECT '{table}', count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t "
        f"WHERE {likes}"
        for table in metadata.tables
        if table not in COUNTERS
    )
    rows = await database.execute(text(" UNION ALL ".join(digests)))
    return {table: digest for table, *digest in rows}


def _dashed(mark: str) -> str:
    return f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:]}"


def test_what_is_public_is_known() -> None:
    public = {f"{a.dialect} {a.method} {a.path}" for a in OPERATIONS if a.is_public}
    assert public == PUBLIC


@pytest.mark.parametrize("asked", PRIVATE, ids=NAMES)
async def test_without_a_credential_nothing_is_told(client: Client, asked: Asked) -> None:
    path = re.sub(r"\{\w+\}", "org_" + "0" * 32, asked.path)
    answer = await client.request(asked.method, path, json=asked.body())
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "asked", [a for a in PRIVATE if a.variables], ids=[n for n in NAMES if "{" in n]
)
async def test_the_ids_of_another_tenant_lead_nowhere(
    client: Client, victim: Victim, thief: Tenant, database: AsyncConnection, asked: Asked
) -> None:
    path = await victim.fill(asked)
    assert path is not None, "no list and no create gives an id for this path"
    before = await holdings(database, victim.tenant)
    statuses = []
    for headers in thief.for_dialect(asked.dialect):
        answer = await client.request(
            asked.method, path, headers=headers, json=asked.body(), params=asked.query()
        )
        statuses.append(answer.status_code)
        assert answer.status_code in (401, 403, 404), answer.text
        assert "victim" not in answer.text.lower()
    assert 404 in statuses, "no credential of the stranger reached the question"
    assert await holdings(database, victim.tenant) == before


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_lists_hold_nothing_of_another_tenant(
    client: Client, victim: Victim, thief: Tenant, dialect: str
) -> None:
    mine = [asked for asked in PRIVATE if asked.dialect == dialect]
    for asked in mine:
        if asked.variables:
            await victim.fill(asked)
    for asked in mine:
        if not asked.variables and asked.method == "GET":
            await holds_nothing(client, victim, thief, asked)


async def holds_nothing(client: Client, victim: Victim, thief: Tenant, asked: Asked) -> None:
    """One list, asked with every credential of the stranger, for the victim's organization too."""
    marks = [*victim.found.values(), victim.tenant.organization, victim.tenant.owner, "victim"]
    foreign = set()
    for headers in thief.for_dialect(asked.dialect):
        answer = await client.get(asked.path, headers=headers, params=asked.query())
        assert not [mark for mark in marks if mark in answer.text.lower()]
        assert answer.headers["cache-control"] == "no-store"
        if asked.takes("orgId"):
            params = {**asked.query(), "orgId": victim.tenant.organization}
            foreign.add((await client.get(asked.path, headers=headers, params=params)).status_code)
    assert foreign <= {403, 404}
    assert not foreign or 404 in foreign


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_credential_of_another_dialect_is_none(
    client: Client, victim: Victim, dialect: str
) -> None:
    keys = ("studio", "canva", "tracking", "links", "business")
    taken = []
    for number, asked in enumerate(a for a in PRIVATE if a.dialect == dialect):
        path = re.sub(r"\{\w+\}", "org_" + "0" * 32, asked.path)
        # From another address each, for guesses of one are throttled.
        network = {"X-Forwarded-For": f"198.18.{number // 250}.{number % 250}"}
        for other in set(keys) - {dialect}:
            headers = {**getattr(victim.tenant, other), **network}
            answer = await client.request(asked.method, path, headers=headers, json=asked.body())
            if answer.status_code != 401:
                taken.append(f"{other} at {asked.method} {asked.path}: {answer.text}")
    assert taken == []
