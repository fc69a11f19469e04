"""Receivers of events: made and listed. The secret is shown when it is made, and never again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.outside import outside
from activities.permits import needs
from activities.rules import backoff
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.events import CATALOGUE, unknown_patterns
from activities.rules.paging import Page, PageRequest
from activities.rules.signatures import SCHEMES, new_secret
from activities.rules.targets import TargetRefused, denied_address, parse_target
from schema.db import transaction
from schema.pages import read_page
from schema.tables import EndpointRow

LONGEST_DESCRIPTION = 500
MOST_EVENTS = 50


@dataclass(frozen=True)
class CreateEndpoint:
    """A receiver at `url` of events that match `events` (kinds, `qr.*` or `*`).

    `retry_policy` is `standard`, `inkode`, or own delays in seconds before each further attempt.
    """

    by: Actor
    url: str
    events: tuple[str, ...]
    scheme: str = "standard"
    description: str = ""
    is_active: bool = True
    retry_policy: str | tuple[float, ...] = "standard"


@dataclass(frozen=True)
class ListEndpoints:
    """The receivers of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class ReadEndpoint:
    """One receiver of the actor's organization."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class EndpointView:
    """A receiver as its owner sees it; `secret` only in the answer that makes it."""

    id: UUID
    url: str
    events: tuple[str, ...]
    scheme: str
    description: str
    status: str
    retry_policy: str | tuple[float, ...]
    created_at: datetime
    updated_at: datetime
    secret: str | None = None


@needs("webhooks.write")
async def create_endpoint(command: CreateEndpoint) -> EndpointView:
    """Make a receiver. Raises `InvalidFields`, also for a target off the public internet.

    A name that cannot be resolved now is accepted: every attempt resolves and checks again.
    """
    delays = _sound_delays(command)
    await _must_be_public(command.url)
    now = outside().clock.now()
    endpoint_id, secret = uuid4(), new_secret(outside().dice.throw(32))
    row = EndpointRow(
        id=endpoint_id,
        created_at=now,
        updated_at=now,
        organization_id=command.by.organization_id,
        url=command.url,
        events=list(command.events),
        scheme=command.scheme,
        description=command.description,
        status="active" if command.is_active else "paused",
        retry_delays=list(delays),
        retry_policy=_policy_as_json(command.retry_policy),
        sealed_secret=outside().vault.seal(
            secret,
            organization=command.by.organization_id,
            row=endpoint_id,
            nonce=outside().dice.throw(12),
        ),
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        made = {"events": list(command.events), "scheme": command.scheme}
        await record_act(done_by(command.by, "endpoint.created", f"endpoint {endpoint_id}", **made))
    return _view(row, secret)


@needs("webhooks.read")
async def read_endpoint(command: ReadEndpoint) -> EndpointView:
    """One receiver, without its secret; `NotFound` for another tenant's."""
    query = select(EndpointRow).where(
        EndpointRow.id == command.id,
        EndpointRow.organization_id == command.by.organization_id,
        col(EndpointRow.deleted_at).is_(None),
    )
    async with transaction() as session:
        row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("webhook endpoint")
    return _view(row)


@needs("webhooks.read")
async def list_endpoints(command: ListEndpoints) -> Page[EndpointView]:
    """One page of receivers, without their secrets."""
    query = select(EndpointRow).where(
        EndpointRow.organization_id == command.by.organization_id,
        col(EndpointRow.deleted_at).is_(None),
    )
    async with transaction() as session:
        rows, total = await read_page(
            session, query, EndpointRow, offset=command.page.offset, size=command.page.size
        )
    return Page([_view(row) for (row,) in rows], total, command.page)


def _sound_delays(command: CreateEndpoint) -> tuple[float, ...]:
    """The retry delays, when every field that needs no look-up is right."""
    wrong: dict[str, list[str]] = {}
    delays: tuple[float, ...] = ()
    if not command.events or len(command.events) > MOST_EVENTS:
        wrong["events"] = [f"Give 1 to {MOST_EVENTS} event kinds, for example qr.scanned or qr.*."]
    elif unknown := unknown_patterns(command.events):
        known = ", ".join(CATALOGUE)
        wrong["events"] = [f"'{unknown[0]}' is not an event. Known are: {known}, qr.* and *."]
    if command.scheme not in SCHEMES:
        wrong["scheme"] = [f"Choose one of {', '.join(SCHEMES)}."]
    if len(command.description) > LONGEST_DESCRIPTION:
        wrong["description"] = [f"Ensure it has no more than {LONGEST_DESCRIPTION} characters."]
    try:
        delays = backoff.steps(command.retry_policy)
    except ValueError as fault:
        wrong["retry_policy"] = [str(fault)]
    if wrong:
        raise InvalidFields(wrong)
    return delays


async def _must_be_public(url: str) -> None:
    world = outside()
    try:
        target = parse_target(
            url,
            allow_http=world.allow_http_targets,
            allow_private=world.allow_private_targets,
        )
    except TargetRefused as fault:
        raise InvalidFields({"url": [str(fault)]}) from fault
    try:
        addresses = await world.resolver.resolve(target.host, target.port)
    except OSError:
        return
    if not world.allow_private_targets and any(map(denied_address, addresses)):
        raise InvalidFields(
            {"url": [f"{target.host} resolves to a private or internal address; use a public one."]}
        )


def _policy_as_json(policy: str | tuple[float, ...]) -> dict[str, Any]:
    return {"preset": policy} if isinstance(policy, str) else {"delays": list(policy)}


def _view(row: EndpointRow, secret: str | None = None) -> EndpointView:
    policy = row.retry_policy
    return EndpointView(
        id=row.id,
        url=row.url,
        events=tuple(row.events),
        scheme=row.scheme,
        description=row.description,
        status=row.status,
        retry_policy=policy["preset"] if "preset" in policy else tuple(policy["delays"]),
        created_at=row.created_at,
        updated_at=row.updated_at,
        secret=secret,
    )
