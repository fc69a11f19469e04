"""Endpoints made. The secret is shown in that answer, and never again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.endpoints.drafts import JudgeAddress, judge_address, judged
from activities.endpoints.finding import must_see_all
from activities.endpoints.sampling import sample_to
from activities.endpoints.secrets import fresh_secret, seal_headers, seal_secret
from activities.endpoints.views import EndpointView, view_of
from activities.meters import Take, take
from activities.outbox import emit_to
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.custom_headers import kept
from activities.rules.errors import InvalidFields, NotNow
from activities.rules.throttles import WEBHOOK_TESTS
from schema.db import transaction
from schema.locks import lock_organization
from schema.tables import EndpointRow

MOST = 500
"""Endpoints of an organization: each event is held against all of them."""


@dataclass(frozen=True)
class CreateEndpoint:
    """A receiver at `url` of events that match `events` (kinds, `qr.*` or `*`) and `filter`.

    `retry_policy` is `standard`, `inkode`, or own delays in seconds before each further attempt.
    With `ordering` by `asset` the messages about one asset come one after the other.
    `rate_per_minute` None knows no limit. With `send_test` the first message is a test.
    """

    by: Actor
    url: str
    events: tuple[str, ...]
    scheme: str = "standard"
    description: str = ""
    is_active: bool = True
    retry_policy: str | tuple[float, ...] = "standard"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    filter: Mapping[str, Any] | None = None
    rate_per_minute: int | None = None
    concurrency: int = 25
    ordering: str = "none"
    payload_version: str = "1"
    signs_ed25519: bool = False
    send_test: bool = False


@needs("webhooks.write")
async def create_endpoint(command: CreateEndpoint) -> EndpointView:
    """Make a receiver. Raises `InvalidFields`, also for a target off the public internet.

    A name that cannot be resolved now is accepted: every attempt resolves and checks again. Raises
    `Forbidden` for an actor of one workspace, and `NotNow` beyond `MOST`.
    """
    by, now = command.by, outside().clock.now()
    must_see_all(by, "webhooks.write")
    columns = judged(_fields_of(command))
    if command.send_test and not command.is_active:
        raise InvalidFields({"send_test": ["Nothing is sent to a paused endpoint."]})
    headers = _headers_of(command)
    await judge_address(JudgeAddress(command.url))
    if command.send_test:
        await take(Take(WEBHOOK_TESTS, str(by.organization_id)))
    endpoint_id, secret = uuid4(), fresh_secret()
    row = EndpointRow(
        **columns,
        id=endpoint_id,
        created_at=now,
        updated_at=now,
        organization_id=by.organization_id,
        url=command.url,
        signs_ed25519=command.signs_ed25519,
        sealed_secret=seal_secret(secret, by.organization_id, endpoint_id),
        sealed_headers=seal_headers(headers, by.organization_id, endpoint_id),
    )
    async with transaction() as session:
        await _have_room(session, by)
        session.add(row)
        await session.flush()
        made = {"events": list(command.events), "scheme": command.scheme}
        await record_act(done_by(by, "endpoint.created", f"endpoint {endpoint_id}", **made))
        if command.send_test:
            await emit_to(sample_to(by, endpoint_id))
    return view_of(row, secret)


async def _have_room(session: AsyncSession, by: Actor) -> None:
    await lock_organization(session, by.organization_id)
    mine = select(func.count()).where(
        EndpointRow.organization_id == by.organization_id, col(EndpointRow.deleted_at).is_(None)
    )
    if (await session.scalar(mine) or 0) >= MOST:
        raise NotNow(f"There are {MOST} endpoints, as many as may be; delete one before.")


def _fields_of(command: CreateEndpoint) -> dict[str, Any]:
    """The fields that are judged by themselves."""
    same = (
        *("events", "scheme", "description", "retry_policy", "headers", "filter"),
        *("rate_per_minute", "concurrency", "ordering", "payload_version"),
    )
    status = "active" if command.is_active else "paused"
    return {"status": status, **{name: getattr(command, name) for name in same}}


def _headers_of(command: CreateEndpoint) -> dict[str, str]:
    try:
        return kept(command.headers, {})
    except ValueError as fault:
        raise InvalidFields({"headers": [str(fault)]}) from None
