"""What endpoints are signed with and carry: shown once, sealed, and replaced with an overlap."""

from __future__ import annotations

import base64
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.platform_keys import read_platform_keys
from activities.endpoints.reading import ReadEndpoint, read_endpoint
from activities.endpoints.rotating import (
    LONGEST_GRACE,
    USUAL_GRACE,
    RotateEndpointSecret,
    rotate_endpoint_secret,
)
from activities.endpoints.secrets import custom_headers, platform_signature, signing_secrets
from activities.gateways.clock import FixedClock
from activities.gateways.signing_key import SigningKey
from activities.gateways.vault import SealBroken
from activities.outside import Outside
from activities.rules.actors import Actor
from activities.rules.custom_headers import REDACTED
from activities.rules.errors import InvalidFields, NotNow
from schema.db import transaction
from schema.tables import EndpointRow
from tests.builders.tenants import a_tenant, an_endpoint

pytestmark = pytest.mark.usefixtures("database", "world")

URL = "https://hooks.example.com/in"
HEADERS = {"Authorization": "Bearer hidden-value", "X-Warehouse": "north"}


async def row_of(endpoint_id: UUID) -> EndpointRow:
    async with transaction() as session:
        row = await session.get(EndpointRow, endpoint_id, populate_existing=True)
        assert row is not None
        return row


async def secrets_of(endpoint_id: UUID, clock: FixedClock) -> list[str]:
    return signing_secrets(await row_of(endpoint_id), clock.moment)


async def with_headers(by: Actor) -> UUID:
    return (await create_endpoint(CreateEndpoint(by, URL, ("*",), headers=HEADERS))).id


async def test_for_a_day_both_secrets_sign_newest_first(clock: FixedClock) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    assert rotated.secret != made.secret
    assert rotated.previous_until == clock.moment + timedelta(days=1)
    assert await secrets_of(made.id, clock) == [rotated.secret, made.secret]
    clock.moment += timedelta(days=1) - timedelta(microseconds=1)
    assert len(await secrets_of(made.id, clock)) == 2
    clock.moment += timedelta(microseconds=1)
    assert await secrets_of(made.id, clock) == [rotated.secret]


async def test_without_grace_the_old_secret_ends_at_once(clock: FixedClock) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    last = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id, grace_seconds=0))
    assert last.previous_until is None
    assert await secrets_of(made.id, clock) == [last.secret]
    assert (await row_of(made.id)).previous_sealed_secret is None


async def test_each_secret_signs_until_the_end_that_it_was_given(clock: FixedClock) -> None:
    by = await a_tenant()
    first = await an_endpoint(by)
    second = await rotate_endpoint_secret(RotateEndpointSecret(by, first.id))
    third = await rotate_endpoint_secret(RotateEndpointSecret(by, first.id, LONGEST_GRACE))
    last = await rotate_endpoint_secret(RotateEndpointSecret(by, first.id, 3600))
    began = clock.moment
    assert (last.version, last.previous_until) == (4, began + timedelta(seconds=LONGEST_GRACE))
    ends = ((third, 3600), (first, USUAL_GRACE), (second, LONGEST_GRACE))
    signing = [last.secret, third.secret, second.secret, first.secret]
    for ended, seconds in ends:
        clock.moment = began + timedelta(seconds=seconds, microseconds=-1)
        assert await secrets_of(first.id, clock) == signing
        clock.moment += timedelta(microseconds=1)
        signing.remove(ended.secret)
        assert await secrets_of(first.id, clock) == signing
    assert signing == [last.secret]


async def test_more_than_five_secrets_at_once_are_refused_until_one_ends(
    clock: FixedClock,
) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    for grace in (7200, 3600, 7200, 7200):
        await rotate_endpoint_secret(RotateEndpointSecret(by, made.id, grace))
    with pytest.raises(NotNow, match=r"5 secrets .* after 2026-11-21T13:00:00.000Z, or with 0 "):
        await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    assert len(await secrets_of(made.id, clock)) == 5
    clock.moment += timedelta(seconds=3600)
    await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    assert len(await secrets_of(made.id, clock)) == 5
    last = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id, grace_seconds=0))
    assert await secrets_of(made.id, clock) == [last.secret]


async def test_the_secrets_before_are_sealed(database: AsyncConnection) -> None:
    by = await a_tenant()
    secrets = [(await an_endpoint(by)).secret or ""]
    (id_,) = (await database.scalars(text("SELECT id FROM endpoint"))).all()
    for _ in range(2):
        rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, id_))
        secrets.append(rotated.secret or "")
    stored = (await row_of(id_)).previous_sealed_secret or b""
    for secret in secrets:
        assert secret.encode() not in stored
        key = base64.b64decode(secret.removeprefix("whsec_"))
        assert all(part not in stored for part in (key, base64.b64encode(secret.encode())))


@pytest.mark.parametrize("seconds", [-1, LONGEST_GRACE + 1])
async def test_a_grace_of_more_than_a_week_is_refused(seconds: int) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    with pytest.raises(InvalidFields) as refused:
        await rotate_endpoint_secret(RotateEndpointSecret(by, made.id, seconds))
    assert list(refused.value.fields) == ["grace_seconds"]


async def test_no_answer_after_the_first_shows_a_secret() -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    changed = await update_endpoint(UpdateEndpoint(by, made.id, description="x"))
    read = await read_endpoint(ReadEndpoint(by, made.id))
    assert (changed.secret, read.secret) == (None, None)
    assert rotated.secret is not None
    assert rotated.secret not in repr(rotated)


async def test_headers_are_sealed_and_shown_without_their_values(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    made = await create_endpoint(CreateEndpoint(by, URL, ("*",), headers=HEADERS))
    assert made.headers == dict.fromkeys(HEADERS, REDACTED)
    sealed = await database.scalar(text("SELECT sealed_headers FROM endpoint"))
    assert b"hidden" not in sealed
    assert custom_headers(await row_of(made.id)) == HEADERS
    everywhere = await database.scalar(text("SELECT string_agg(e::text, '') FROM endpoint e"))
    assert "hidden" not in str(everywhere)


async def test_sealed_headers_are_no_secret_and_no_other_endpoints(world: Outside) -> None:
    by = await a_tenant()
    row = await row_of(await with_headers(by))
    assert row.sealed_headers is not None
    with pytest.raises(SealBroken):
        world.vault.open(row.sealed_headers, organization=by.organization_id, row=row.id)
    other = await row_of((await an_endpoint(by)).id)
    with pytest.raises(SealBroken):
        custom_headers(EndpointRow(**{**other.model_dump(), "sealed_headers": row.sealed_headers}))


async def test_a_redacted_value_sent_back_keeps_its_value() -> None:
    by = await a_tenant()
    made = await with_headers(by)
    asked = {"Authorization": REDACTED, "X-New": "n"}
    changed = await update_endpoint(UpdateEndpoint(by, made, headers=asked))
    assert changed.headers == dict.fromkeys(asked, REDACTED)
    assert custom_headers(await row_of(made)) == {
        **asked,
        "Authorization": "Bearer hidden-value",
    }
    await update_endpoint(UpdateEndpoint(by, made, headers={}))
    assert (await row_of(made)).sealed_headers is None


async def test_values_for_one_host_are_not_sent_to_another() -> None:
    by = await a_tenant()
    made = await with_headers(by)
    elsewhere = "https://collector.example.net/in"
    redacted = dict.fromkeys(HEADERS, REDACTED)
    for change in (
        UpdateEndpoint(by, made, url=elsewhere),
        UpdateEndpoint(by, made, url=elsewhere, headers=redacted),
    ):
        with pytest.raises(InvalidFields) as refused:
            await update_endpoint(change)
        assert list(refused.value.fields) == ["headers"]
    await update_endpoint(UpdateEndpoint(by, made, url=f"{URL}/deeper"))
    assert custom_headers(await row_of(made)) == HEADERS
    await update_endpoint(UpdateEndpoint(by, made, url=elsewhere, headers={"X-New": "n"}))
    assert custom_headers(await row_of(made)) == {"X-New": "n"}


async def test_the_platform_signs_with_the_key_that_it_publishes(world: Outside) -> None:
    (key,) = (await read_platform_keys()).keys
    assert (await read_platform_keys()).keys == (key,)
    mine = SigningKey(world.vault.derive("webhook signatures: ed25519"))
    assert (key.key_id, key.x, key.whpk) == (mine.key_id, mine.x, mine.whpk)
    assert platform_signature(b"content") == mine.sign(b"content")
