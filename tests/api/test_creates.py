"""Every create of every dialect can be sent again: found in the documents, asked for twice."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schema.base import metadata
from tests.api.conftest import Client, Tenant
from tests.api.surface import Asked, every_operation
from tests.api.test_tenancy import Victim


def takes_a_key(asked: Asked) -> bool:
    """Whether the document names the key."""
    return "Idempotency-Key" in [part["name"] for part in asked.operation.get("parameters", ())]


CREATES = [
    asked
    for asked in every_operation()
    if asked.method == "POST" and ("201" in asked.operation["responses"] or takes_a_key(asked))
]
NAMES = [f"{asked.dialect} {asked.path}" for asked in CREATES]

ELSEWHERE = {
    "public /api/public/conversions": "needs somebody's code: test_conversions",
    "studio /api/v1/generate/bulk/": "is a job when it is kept: tests/workflows/test_render_batch",
    "studio /api/v1/generate/": "needs one of three fields: test_studio_dynamic",
}
"""Creates that no document alone can make succeed, why, and where they are sent again."""

SENT = [asked for asked, name in zip(CREATES, NAMES, strict=True) if name not in ELSEWHERE]

Counts = dict[str, int]


async def counts(database: AsyncConnection) -> Counts:
    """How many rows each table has, but those that count calls."""
    tables = [name for name in metadata.tables if name not in ("rate_bucket", "api_key_usage")]
    counted = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    return {row[0]: row[1] for row in await database.execute(text(counted))}


@pytest.mark.parametrize("asked", SENT, ids=[f"{asked.dialect} {asked.path}" for asked in SENT])
async def test_a_create_sent_again_changes_nothing_and_says_the_same(
    client: Client,
    make_tenant: Callable[..., Awaitable[Tenant]],
    database: AsyncConnection,
    asked: Asked,
) -> None:
    tenant = await make_tenant("acme", "pro")
    path = await Victim(client, tenant).fill(asked)
    assert path is not None, "no list and no create gives an id for this path"
    headers = {"Idempotency-Key": str(uuid.uuid4()), **_credential(tenant, asked)}
    before = await counts(database)
    first = await client.post(path, json=asked.body(), headers=headers)
    assert first.status_code in (200, 201), first.text
    after = await counts(database)
    again = await client.post(path, json=asked.body(), headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert await counts(database) == after != before
    other = await client.post(path, json={**asked.body(), "x": 1}, headers=headers)
    assert other.status_code == 422, other.text


@pytest.mark.parametrize("asked", CREATES, ids=NAMES)
def test_a_create_documents_its_key(asked: Asked) -> None:
    assert takes_a_key(asked)
    assert {"409", "422"} <= set(asked.operation["responses"])


def test_there_are_creates_in_every_language_that_makes_something() -> None:
    assert set(ELSEWHERE) <= set(NAMES)
    assert {asked.dialect for asked in CREATES} >= {"studio", "workspace", "links", "business"}


def _credential(tenant: Tenant, asked: Asked) -> dict[str, Any]:
    return {} if asked.is_public else tenant.for_dialect(asked.dialect)[0]
