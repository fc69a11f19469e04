"""Webhook addresses off the public internet are refused in every language that takes them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import Outside, install
from tests.api.conftest import Client, Tenant
from tests.api.test_webhook_endpoints import Language, every_language, make
from tests.builders.refused_targets import EVERY_URL


@pytest_asyncio.fixture
async def public_only(client: Client, world: Outside) -> AsyncIterator[None]:
    install(replace(world, allow_private_targets=False, allow_http_targets=False))
    yield


@every_language
@pytest.mark.usefixtures("public_only")
async def test_every_refused_target_is_refused(
    client: Client,
    make_tenant: Callable[..., Awaitable[Tenant]],
    spoken: Language,
    database: AsyncConnection,
) -> None:
    tenant = await make_tenant("acme", plan="enterprise")
    headers = spoken.headers(tenant)
    made = await make(client, tenant, spoken)
    for url in EVERY_URL:
        body = spoken.words({"url": url, "events": ["qr.*"]})
        for answer in (
            await client.post(spoken.path, json=body, headers=headers),
            await client.patch(spoken.at(made["id"]), json={"url": url}, headers=headers),
        ):
            assert answer.status_code == spoken.wrong, f"{url}: {answer.text}"
            assert "url" in answer.text
    assert await database.scalar(text("SELECT count(*) FROM endpoint")) == 1
