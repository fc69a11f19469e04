"""Endpoints changed, paused, brought back and taken away: what changes, and what stays."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.dispatching import DispatchEvents, dispatch_events
from activities.endpoints.changing import UpdateEndpoint, update_endpoint
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.ending import DeleteEndpoint, delete_endpoint
from activities.endpoints.reading import (
    ListEndpoints,
    ReadEndpoint,
    list_endpoints,
    read_endpoint,
)
from activities.endpoints.rotating import RotateEndpointSecret, rotate_endpoint_secret
from activities.endpoints.sampling import SendSample, send_sample
from activities.gateways.clock import FixedClock
from activities.outside import Outside, install
from activities.rules.actors import Actor
from activities.rules.errors import (
    DomainError,
    Forbidden,
    InvalidFields,
    NotFound,
    VersionMismatch,
)
from activities.rules.paging import PageRequest
from tests.builders.tenants import a_code, a_tenant, an_endpoint
from tests.fakes.listener import Names
from workflows.reactions import WEBHOOKS, kinds_for

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = DispatchEvents(kinds_for(WEBHOOKS))
FILTER = {"path": "$.data.type", "equals": "URL"}


@pytest_asyncio.fixture
async def public_only(world: Outside) -> AsyncIterator[None]:
    install(dataclasses.replace(world, allow_private_targets=False, allow_http_targets=False))
    yield


async def test_what_is_given_changes_and_the_rest_stays(clock: FixedClock) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    clock.moment += timedelta(minutes=1)
    changes: dict[str, Any] = {
        "url": "https://other.example.com/in",
        "events": ("qr.*", "link.clicked"),
        "scheme": "qrscan",
        "description": "Warehouse",
        "status": "paused",
        "retry_policy": "inkode",
        "filter": FILTER,
        "rate_per_minute": 60,
        "concurrency": 3,
        "ordering": "asset",
        "signs_ed25519": True,
    }
    expected = dataclasses.replace(made, secret=None)
    for number, (name, value) in enumerate(changes.items(), start=2):
        expected = dataclasses.replace(
            expected, **{name: value, "version": number, "updated_at": clock.moment}
        )
        assert await update_endpoint(UpdateEndpoint(by, made.id, **{name: value})) == expected
    assert await read_endpoint(ReadEndpoint(by, made.id)) == expected
    cleared = await update_endpoint(UpdateEndpoint(by, made.id, filter=None, rate_per_minute=None))
    assert (cleared.filter, cleared.rate_per_minute) == (None, None)


async def test_a_change_that_changes_nothing_is_no_version_and_no_entry(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    same = UpdateEndpoint(by, made.id, url=made.url, events=made.events, headers={})
    assert (await update_endpoint(same)).version == 1
    entries = "SELECT count(*) FROM audit_entry WHERE action = 'endpoint.updated'"
    assert await database.scalar(text(entries)) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"events": ()},
        {"events": ("qr.invented",)},
        {"scheme": "rot13"},
        {"status": "disabled"},
        {"description": "d" * 501},
        {"description": "a\x00b"},
        {"retry_policy": (0.5,)},
        {"headers": {"Host": "evil.example"}},
        {"headers": {"X-A": "********"}},
        {"filter": {"path": "nowhere"}},
        {"rate_per_minute": 0},
        {"rate_per_minute": 60_001},
        {"concurrency": 0},
        {"concurrency": 101},
        {"ordering": "random"},
        {"payload_version": "2"},
        {"url": "ftp://example.com"},
    ],
)
async def test_a_wrong_field_is_named_and_nothing_changes(change: dict[str, Any]) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    with pytest.raises(InvalidFields) as refused:
        await update_endpoint(UpdateEndpoint(by, made.id, **{"description": "new", **change}))
    assert list(refused.value.fields) == list(change)
    assert await read_endpoint(ReadEndpoint(by, made.id)) == dataclasses.replace(made, secret=None)


@pytest.mark.usefixtures("public_only")
async def test_a_new_address_is_judged_as_the_first_was(names: Names) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    names.answers = [["10.0.0.5"]]
    for url in ("https://inside.example.com/", "https://127.0.0.1/", "http://example.com/"):
        with pytest.raises(InvalidFields) as refused:
            await update_endpoint(UpdateEndpoint(by, made.id, url=url))
        assert list(refused.value.fields) == ["url"]


async def test_a_version_that_is_gone_is_refused_everywhere() -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    await update_endpoint(UpdateEndpoint(by, made.id, 1, description="second"))
    with pytest.raises(VersionMismatch):
        await update_endpoint(UpdateEndpoint(by, made.id, 1, description="late"))
    with pytest.raises(VersionMismatch):
        await rotate_endpoint_secret(RotateEndpointSecret(by, made.id, version=1))
    with pytest.raises(VersionMismatch):
        await delete_endpoint(DeleteEndpoint(by, made.id, 1))
    assert (await read_endpoint(ReadEndpoint(by, made.id))).description == "second"


async def test_what_was_disabled_begins_anew_when_it_is_resumed(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    failed = (
        "UPDATE endpoint SET status = 'disabled', disabled_at = now(), disabled_reason = 'gone', "
        "failing_since = now(), failures = 9, open_until = now(), throttled_until = now()"
    )
    await database.execute(text(failed))
    shown = await read_endpoint(ReadEndpoint(by, made.id))
    assert (shown.status, shown.disabled_reason, shown.failures) == ("disabled", "gone", 9)
    moved = await update_endpoint(UpdateEndpoint(by, made.id, url="https://b.example.com/"))
    assert (moved.status, moved.disabled_reason, moved.failures) == ("disabled", "gone", 9)
    resumed = await update_endpoint(UpdateEndpoint(by, made.id, status="active"))
    assert resumed.status == "active"
    assert (resumed.disabled_at, resumed.disabled_reason) == (None, None)
    assert (resumed.failing_since, resumed.failures) == (None, 0)
    waits = "SELECT count(*) FROM endpoint WHERE open_until IS NULL AND throttled_until IS NULL"
    assert await database.scalar(text(waits)) == 1


async def test_a_deleted_endpoint_is_gone_and_its_pending_deliveries_are_cancelled(
    database: AsyncConnection,
) -> None:
    by = await a_tenant()
    gone, stays = await an_endpoint(by), await an_endpoint(by)
    await a_code(by)
    await a_code(by)
    await dispatch_events(ALL)
    done = (
        "UPDATE delivery SET status = 'delivered' WHERE id = "
        "(SELECT id FROM delivery WHERE endpoint_id = :id ORDER BY sequence LIMIT 1)"
    )
    await database.execute(text(done), {"id": gone.id})
    await delete_endpoint(DeleteEndpoint(by, gone.id))
    states = text("SELECT status FROM delivery WHERE endpoint_id = :id ORDER BY sequence")
    assert (await database.scalars(states, {"id": gone.id})).all() == ["delivered", "cancelled"]
    assert (await database.scalars(states, {"id": stays.id})).all() == ["pending", "pending"]
    with pytest.raises(NotFound):
        await read_endpoint(ReadEndpoint(by, gone.id))
    with pytest.raises(NotFound):
        await delete_endpoint(DeleteEndpoint(by, gone.id))
    listed = await list_endpoints(ListEndpoints(by, PageRequest()))
    assert [endpoint.id for endpoint in listed.items] == [stays.id]


async def test_a_list_is_narrowed_by_status_and_by_what_is_heard() -> None:
    by = await a_tenant()
    codes = await an_endpoint(by, events=("qr.*",))
    every = await an_endpoint(by, events=("*",))
    one = await an_endpoint(by, events=("link.clicked",))
    await update_endpoint(UpdateEndpoint(by, one.id, status="paused"))

    async def ids(**narrowed: Any) -> set[Any]:
        page = await list_endpoints(ListEndpoints(by, PageRequest(), **narrowed))
        return {endpoint.id for endpoint in page.items}

    assert await ids(status="paused") == {one.id}
    assert await ids(event="qr.scanned") == {codes.id, every.id}
    assert await ids(event="link.clicked") == {every.id, one.id}
    assert await ids(event="link.clicked", status="active") == {every.id}


async def test_every_act_is_in_the_audit_log_without_secrets(database: AsyncConnection) -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    headers = {"Authorization": "Bearer hidden-value"}
    await update_endpoint(UpdateEndpoint(by, made.id, headers=headers, status="paused"))
    rotated = await rotate_endpoint_secret(RotateEndpointSecret(by, made.id))
    await delete_endpoint(DeleteEndpoint(by, made.id))
    rows = (await database.execute(text("SELECT action, detail FROM audit_entry"))).all()
    told = {row.action: row.detail for row in rows if row.action.startswith("endpoint.")}
    assert set(told) == {f"endpoint.{act}" for act in ("created", "updated", "rotated", "deleted")}
    assert told["endpoint.updated"]["changes"] == ["headers", "status"]
    assert told["endpoint.updated"]["status"] == ["active", "paused"]
    assert told["endpoint.rotated"] == {"grace_seconds": 86_400}
    for secret in ("hidden-value", made.secret, rotated.secret):
        assert secret is not None
        assert secret not in str(told)


async def test_another_tenants_endpoint_cannot_be_touched() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    made = await an_endpoint(theirs)
    for attempt in (
        update_endpoint(UpdateEndpoint(mine, made.id, description="x")),
        rotate_endpoint_secret(RotateEndpointSecret(mine, made.id)),
        send_sample(SendSample(mine, made.id)),
        delete_endpoint(DeleteEndpoint(mine, made.id)),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert (await read_endpoint(ReadEndpoint(theirs, made.id))).version == 1


async def test_who_sees_one_workspace_only_hears_of_no_other() -> None:
    by = await a_tenant()
    made = await an_endpoint(by)
    narrow: Actor = dataclasses.replace(by, workspace_id=made.id)
    refused: list[type[DomainError]] = []
    for attempt in (
        create_endpoint(CreateEndpoint(narrow, "https://hooks.example.com/", ("*",))),
        read_endpoint(ReadEndpoint(narrow, made.id)),
        list_endpoints(ListEndpoints(narrow, PageRequest())),
        update_endpoint(UpdateEndpoint(narrow, made.id, url="https://mine.example.com/")),
        rotate_endpoint_secret(RotateEndpointSecret(narrow, made.id)),
        send_sample(SendSample(narrow, made.id)),
        delete_endpoint(DeleteEndpoint(narrow, made.id)),
    ):
        with pytest.raises(Forbidden) as caught:
            await attempt
        refused.append(caught.type)
    assert len(refused) == 7
