"""Webhooks that a machine under development sent to itself, with the check of their signatures."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from activities.endpoints.secrets import platform_signature, signing_secrets
from activities.gateways.inbox import Inbox
from activities.gateways.vault import SealBroken
from activities.outside import outside
from activities.rules.errors import NotFound
from activities.rules.inboxes import ROOT, inbox_name, own_inbox
from activities.rules.received import checked
from schema.db import transaction
from schema.tables import EndpointRow

MOST_BODY_BYTES = 64 * 1024
MOST_HEADER_CHARACTERS = 32 * 1024
MOST_ENDPOINTS = 200


@dataclass(frozen=True)
class KeepArrival:
    """A request came to the inbox of this name, and is answered with `status`.

    Header names are lower-case. Of a body `MOST_BODY_BYTES` are kept.
    """

    name: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    status: int = 200


@dataclass(frozen=True)
class ReadInbox:
    """The last `limit` requests to the inbox of this name, or to any."""

    name: str | None = None
    limit: int = 50


@dataclass(frozen=True)
class ArrivalView:
    """A request as it came. `size` is that of its whole body.

    `endpoint_id` is of the endpoint whose secret its signatures were checked with: one that sends
    here, None where there is none. `checks` tell which signature is good.
    """

    at: datetime
    name: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    size: int
    status: int
    endpoint_id: UUID | None
    checks: Mapping[str, bool]

    @property
    def is_genuine(self) -> bool | None:
        """Whether every signature is good; None where no endpoint sends here."""
        return None if self.endpoint_id is None else all(self.checks.values())


@dataclass(frozen=True)
class _Checked:
    endpoint_id: UUID | None = None
    checks: Mapping[str, bool] = field(default_factory=dict)


async def keep_arrival(command: KeepArrival) -> None:
    """It is on the page. `NotFound` where there is no inbox; `OSError` from the disk."""
    inbox, now = _inbox(), outside().clock.now()
    found = await _check(command, inbox, now)
    told = {
        "at": now.isoformat(),
        "name": command.name,
        "query": command.query,
        "headers": _bounded(command.headers),
        "body": base64.b64encode(command.body[:MOST_BODY_BYTES]).decode(),
        "size": len(command.body),
        "status": command.status,
        "endpoint": str(found.endpoint_id) if found.endpoint_id else None,
        "checks": dict(found.checks),
    }
    await asyncio.to_thread(inbox.keep, now, told)


async def read_inbox(command: ReadInbox) -> tuple[ArrivalView, ...]:
    """What arrived, newest first. `NotFound` where there is no inbox."""
    inbox = _inbox()
    most = command.limit if command.name is None else 10 * command.limit
    kept = await asyncio.to_thread(inbox.newest, most)
    mine = [one for one in kept if command.name in (None, one["name"])]
    return tuple(_view(one) for one in mine[: command.limit])


def _inbox() -> Inbox:
    inbox = outside().inbox
    if inbox is None:
        raise NotFound("inbox")
    return inbox


async def _check(command: KeepArrival, inbox: Inbox, now: datetime) -> _Checked:
    """By the endpoint that sends here whose signature is good, else by any that sends here."""
    query = (
        select(EndpointRow)
        .where(col(EndpointRow.deleted_at).is_(None), col(EndpointRow.url).like(f"%{ROOT}%"))
        .limit(MOST_ENDPOINTS)
    )
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
    received = dict(command.headers)
    best = _Checked()
    for row in rows:
        if _name_of(row.url, inbox.port) != command.name:
            continue
        try:
            secrets = signing_secrets(row, now)
        except SealBroken:
            continue
        checks = checked(secrets, platform_signature, received, command.body, now)
        best = _Checked(row.id, checks)
        if all(checks.values()):
            break
    return best


def _name_of(url: str, port: int) -> str | None:
    own = own_inbox(url, port)
    if own is None:
        return None
    return inbox_name(own.partition(f":{port}")[2].partition("?")[0])


def _bounded(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    kept, left = [], MOST_HEADER_CHARACTERS
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            break
        kept.append((name, value))
    return kept


def _view(told: Mapping[str, Any]) -> ArrivalView:
    return ArrivalView(
        at=datetime.fromisoformat(told["at"]),
        name=told["name"],
        query=told["query"],
        headers=tuple((name, value) for name, value in told["headers"]),
        body=base64.b64decode(told["body"]),
        size=told["size"],
        status=told["status"],
        endpoint_id=UUID(told["endpoint"]) if told["endpoint"] else None,
        checks=told["checks"],
    )
