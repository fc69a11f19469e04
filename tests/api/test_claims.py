"""One slug, sixty-four who want it at once, in every language: one has it, the others are told.

Over HTTP in process, on real connections to a database that commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from activities.accounts import OrganizationView
from activities.outside import Outside
from activities.sessions import OpenSession, open_session
from api.app import make_app
from schema.db import connect, transaction
from tests.api.conftest import Client, Tenant
from tests.api.languages import CODES, LINKS, Language
from tests.builders.databases import a_database
from tests.builders.examples import IS_FULL
from tests.builders.members import prove
from tests.builders.tenants import a_key, an_organization

CLAIMS = 64
ROUNDS = 2 if IS_FULL else 1
CONNECTIONS = 10


@dataclass(frozen=True)
class Open:
    """The application over a database of its own, and two tenants without limits."""

    client: Client
    tenants: tuple[Tenant, ...]
    url: str

    async def count(self, query: str, *values: Any) -> int:
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            row = await (await connection.execute(query, values)).fetchone()
        assert row is not None
        return int(row[0])


@pytest_asyncio.fixture
async def real(database_url: str, world: Outside) -> AsyncIterator[Open]:
    async def here() -> bool:
        return True

    async with a_database(database_url, connections=1) as url:
        # Patient, for a crowd on a busy machine: who is sent away claims nothing.
        await connect(url, pool_size=CONNECTIONS, patience=60)
        await open_all()
        organizations = [await an_organization(slug) for slug in ("acme", "rival")]
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("UPDATE organization SET plan = 'enterprise'")
        tenants = [await credentials(organization) for organization in organizations]
        transport = httpx.ASGITransport(make_app(temporal_here=here, public_url=world.public_url))
        async with Client(transport=transport, base_url="https://ink.test", timeout=60) as client:
            yield Open(client, tuple(tenants), url)


async def open_all() -> None:
    """Every connection is open before the crowd comes, so that none of them is late."""
    everybody = asyncio.Barrier(CONNECTIONS)

    async def hold() -> None:
        async with transaction() as session:
            await session.connection()
            await everybody.wait()

    async with asyncio.timeout(60):
        await asyncio.gather(*(hold() for _ in range(CONNECTIONS)))


async def credentials(organization: OrganizationView) -> Tenant:
    await prove(organization.owner_id)
    session = (await open_session(OpenSession(organization.owner_id))).token
    keys = {
        dialect: await a_key(organization, dialect)
        for dialect in ("studio", "links", "canva", "tracking", "business")
    }
    bearers = {
        dialect: {"Authorization": f"Bearer {keys[dialect]}"}
        for dialect in ("canva", "tracking", "business")
    }
    return Tenant(
        studio={"X-Api-Key": keys["studio"]},
        jwt={},
        workspace={"Cookie": f"ink_session={session}"},
        links={"x-api-key": keys["links"]},
        organization=f"org_{organization.id.hex}",
        owner=organization.owner_id.hex,
        **bearers,
    )


@pytest.mark.parametrize(
    ("languages", "space", "table", "kind"),
    [
        pytest.param(CODES, "q", "qr_code", "qr.created", id="codes"),
        pytest.param(LINKS, "/", "link", "link.created", id="links"),
    ],
)
async def test_of_sixty_four_claims_one_wins_and_the_others_are_told_in_their_language(
    real: Open, languages: tuple[Language, ...], space: str, table: str, kind: str
) -> None:
    for turn in range(ROUNDS):
        slug = f"Wanted-{turn}"
        asking = [
            (language, real.tenants[number % 2])
            for number in range(CLAIMS // len(languages))
            for language in languages
        ]
        answers = await asyncio.gather(
            *(
                language.create(
                    real.client,
                    tenant,
                    slug=slug,
                    url=f"https://example.com/{turn}/{number}",
                    title="A",
                )
                for number, (language, tenant) in enumerate(asking)
            )
        )
        won = [number for number, answer in enumerate(answers) if answer.status_code == 201]
        assert len(won) == 1, [answer.text for answer in answers]
        for number, (language, _) in enumerate(asking):
            assert number in won or language.says_taken(answers[number], slug), (
                f"{language.name}: {answers[number].text}"
            )
        rows = f"SELECT count(*) FROM {table} WHERE destination_url = %s"
        assert await real.count(rows, f"https://example.com/{turn}/{won[0]}") == 1
        claims = "SELECT count(*) FROM slug_claim WHERE space = %s AND slug = %s"
        assert await real.count(claims, space, slug) == 1
    assert await real.count(f"SELECT count(*) FROM {table}") == ROUNDS
    assert await real.count("SELECT count(*) FROM event WHERE kind = %s", kind) == ROUNDS


@pytest.mark.parametrize(
    "languages", [pytest.param(CODES, id="codes"), pytest.param(LINKS, id="links")]
)
async def test_of_many_that_rename_to_one_slug_one_wins(
    real: Open, languages: tuple[Language, ...]
) -> None:
    tenant = real.tenants[0]
    made = []
    for number in range(16):
        language = languages[number % len(languages)]
        answer = await language.create(
            real.client, tenant, slug=f"Before-{number}", url="https://example.com/", title="A"
        )
        made.append((language, str(language.one(answer)[language.known_by])))
    renaming = [(language, known) for language, known in made if language.renames]
    answers = await asyncio.gather(
        *(
            language.ask(real.client, tenant, "PATCH", known, slug="After")
            for language, known in renaming
        )
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for (language, _), answer in zip(renaming, answers, strict=True):
        assert answer in won or language.says_taken(answer, "After"), answer.text
