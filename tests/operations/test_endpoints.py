"""Receivers: public targets only, a secret shown once."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.endpoints.creating import MOST, CreateEndpoint, create_endpoint
from activities.endpoints.ending import DeleteEndpoint, delete_endpoint
from activities.endpoints.reading import (
    ListEndpoints,
    ReadEndpoint,
    list_endpoints,
    read_endpoint,
)
from activities.outside import Outside, install
from activities.rules.errors import InvalidFields, NotFound, NotNow
from activities.rules.paging import PageRequest
from tests.builders.tenants import a_tenant, an_endpoint
from tests.fakes.listener import Names

pytestmark = pytest.mark.usefixtures("database", "world")


@pytest_asyncio.fixture
async def public_only(world: Outside) -> AsyncIterator[None]:
    install(dataclasses.replace(world, allow_private_targets=False, allow_http_targets=False))
    yield


@pytest.mark.usefixtures("public_only")
@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://localhost/hook",
        "https://127.0.0.1/hook",
        "https://169.254.169.254/latest",
        "https://[::1]/hook",
        "https://2130706433/",
        "https://user:pass@example.com/",
        "https://example.com:25/",
        "not an address",
    ],
)
async def test_a_private_or_malformed_target_is_refused(
    database: AsyncConnection, url: str
) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await an_endpoint(by, url)
    assert list(refused.value.fields) == ["url"]
    assert await database.scalar(text("SELECT count(*) FROM endpoint")) == 0


@pytest.mark.usefixtures("public_only")
async def test_a_name_that_leads_inside_is_refused(names: Names) -> None:
    names.answers = [["93.184.216.34", "10.0.0.5"]]
    with pytest.raises(InvalidFields, match="private or internal"):
        await an_endpoint(await a_tenant(), "https://hooks.example.com/in")


@pytest.mark.usefixtures("public_only")
async def test_a_name_that_nobody_knows_yet_is_accepted() -> None:
    endpoint = await an_endpoint(await a_tenant(), "https://hooks.example.com/in")
    assert endpoint.status == "active"


async def test_the_secret_is_shown_once_and_stored_sealed(
    database: AsyncConnection, world: Outside
) -> None:
    by = await a_tenant()
    endpoint = await an_endpoint(by)
    assert endpoint.secret is not None
    assert endpoint.secret.startswith("whsec_")
    assert (await read_endpoint(ReadEndpoint(by, endpoint.id))).secret is None
    listed = await list_endpoints(ListEndpoints(by, PageRequest()))
    assert [item.secret for item in listed.items] == [None]
    sealed = await database.scalar(text("SELECT sealed_secret FROM endpoint"))
    assert endpoint.secret.encode() not in sealed
    opened = world.vault.open(sealed, organization=by.organization_id, row=endpoint.id)
    assert opened == endpoint.secret


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"events": ()}, "events"),
        ({"events": ("qr.invented",)}, "events"),
        ({"events": ("qr*",)}, "events"),
        ({"scheme": "rot13"}, "scheme"),
        ({"description": "d" * 501}, "description"),
        ({"retry_policy": "sometimes"}, "retry_policy"),
        ({"retry_policy": ()}, "retry_policy"),
        ({"retry_policy": (0.5,)}, "retry_policy"),
    ],
)
async def test_a_wrong_field_is_named(change: dict[str, object], field: str) -> None:
    by = await a_tenant()
    sound = CreateEndpoint(by, "https://hooks.example.com/in", ("*",))
    with pytest.raises(InvalidFields) as refused:
        await create_endpoint(dataclasses.replace(sound, **change))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]


async def test_another_tenants_endpoint_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    endpoint = await an_endpoint(theirs)
    with pytest.raises(NotFound):
        await read_endpoint(ReadEndpoint(mine, endpoint.id))
    assert (await list_endpoints(ListEndpoints(mine, PageRequest()))).total == 0


async def test_who_made_an_endpoint_is_in_the_audit_log(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    query = text("SELECT actor_name, target, detail FROM audit_entry WHERE action = :action")
    (row,) = await database.execute(query, {"action": "endpoint.created"})
    assert (row.actor_name, row.target) == ("test key", f"endpoint {made.id}")
    assert made.secret is not None
    assert made.secret not in str(row.detail)


async def test_an_organization_has_so_many_endpoints_and_no_more(database: AsyncConnection) -> None:
    by, other = await a_tenant("full"), await a_tenant("other")
    made = await an_endpoint(by)
    await database.execute(
        text(
            "INSERT INTO endpoint SELECT (json_populate_record(e, json_build_object("
            "'id', gen_random_uuid()))).* FROM endpoint AS e, generate_series(1, :more)"
        ),
        {"more": MOST - 1},
    )
    with pytest.raises(NotNow, match="delete one"):
        await an_endpoint(by)
    await an_endpoint(other)
    await delete_endpoint(DeleteEndpoint(by, made.id))
    await an_endpoint(by)
