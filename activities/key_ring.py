"""The keys of an organization in the hands of its people: issued, listed, rotated, revoked.

A secret is shown in the answer that makes it, and never again. Each act is in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.credentials import (
    KeyKind,
    KeyStatus,
    fingerprint,
    key_prefix,
    key_status,
    shown,
    spell,
)
from activities.rules.errors import NotFound
from activities.rules.key_terms import KeyTerms, must_be_sound, scopes_kept
from activities.rules.paging import Page, PageRequest
from activities.rules.permissions import granted
from activities.rules.plans import must_have_room, plan_of
from schema.db import transaction
from schema.locks import lock_organization
from schema.pages import read_page
from schema.tables import ApiKeyRow, ApiKeyUsageRow, WorkspaceRow


@dataclass(frozen=True)
class IssueKey:
    """A key for one dialect, optionally for one workspace only.

    Without `scopes` it may do all that keys of the dialect can. Limits that are None are the
    plan's; with `per_minute` alone, `burst` is the same number.
    """

    by: Actor
    dialect: str
    name: str
    kind: KeyKind = "api"
    workspace_id: UUID | None = None
    scopes: tuple[str, ...] = ()
    per_minute: int | None = None
    burst: int | None = None
    daily_cap: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class ListKeys:
    """The keys of the actor's organization, newest first; of one dialect when it is named."""

    by: Actor
    page: PageRequest
    dialect: str = ""


@dataclass(frozen=True)
class KeyView:
    """A key as its owners see it; scopes and limits are those that count under today's plan.

    `secret` is set only in the answer that makes it. `calls_today` are those of the day in UTC.
    """

    id: UUID
    dialect: str
    kind: KeyKind
    name: str
    prefix: str
    status: KeyStatus
    scopes: tuple[str, ...]
    workspace_id: UUID | None
    per_minute: int
    burst: int
    daily_cap: int | None
    calls_today: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    secret: str | None = field(default=None, repr=False)


@needs("keys.write")
async def issue_key(command: IssueKey) -> KeyView:
    """Make a key with its secret.

    Raises `InvalidFields`, `PlanLimitReached`, `Forbidden` for scopes that the actor lacks, and
    `NotFound` for a workspace that is not the actor's. A plan without the dialect's API may have
    keys of it already; they work from the day the plan includes it.
    """
    by, now = command.by, outside().clock.now()
    must_be_sound(_terms(command), plan_of(by.plan), now)
    for permission in sorted(granted(command.dialect, command.scopes)):
        by.must(permission)
    async with transaction() as session:
        await _must_have_room(session, by, now)
        made, secret = new_key_row(
            by,
            now,
            dialect=command.dialect,
            kind=command.kind,
            name=command.name.strip(),
            workspace_id=await _choose_workspace(session, command),
            scopes=list(scopes_kept(command.dialect, command.scopes)),
            per_minute=command.per_minute,
            burst=command.burst or command.per_minute,
            daily_cap=command.daily_cap,
            expires_at=command.expires_at,
        )
        session.add(made)
        await session.flush()
        view = view_key(made, by.plan, now, 0, secret)
        detail = {"prefix": made.prefix, "dialect": made.dialect, "scopes": list(view.scopes)}
        await record_act(done_by(by, "key.created", f"key {made.id}", **detail))
        return view


@needs("keys.read")
async def list_keys(command: ListKeys) -> Page[KeyView]:
    """One page, without secrets; revoked and expired ones stay on the list."""
    now = outside().clock.now()
    spent = and_(
        col(ApiKeyUsageRow.key_id) == col(ApiKeyRow.id),
        col(ApiKeyUsageRow.day) == now.astimezone(UTC).date(),
    )
    query = (
        select(ApiKeyRow, func.coalesce(ApiKeyUsageRow.calls, 0))
        .outerjoin(ApiKeyUsageRow, spent)
        .where(*keys_reached(command.by, command.dialect))
    )
    async with transaction() as session:
        rows, total = await read_page(
            session, query, ApiKeyRow, offset=command.page.offset, size=command.page.size
        )
    views = [view_key(row, command.by.plan, now, calls) for row, calls in rows]
    return Page(views, total, command.page)


def keys_reached(by: Actor, dialect: str = "", id: UUID | None = None) -> list[ColumnElement[bool]]:
    """What narrows a query to keys of the actor's own, of one dialect, or to one key."""
    reached = [col(ApiKeyRow.organization_id) == by.organization_id]
    if by.workspace_id:
        reached.append(col(ApiKeyRow.workspace_id) == by.workspace_id)
    if dialect:
        reached.append(col(ApiKeyRow.dialect) == dialect)
    if id:
        reached.append(col(ApiKeyRow.id) == id)
    return reached


def new_key_row(by: Actor, now: datetime, **terms: Any) -> tuple[ApiKeyRow, str]:
    """A key in the actor's organization that is not stored yet, and its secret."""
    prefix = key_prefix(terms["dialect"], terms["kind"])
    secret = spell(prefix, outside().dice.throw(32))
    row = ApiKeyRow(
        created_at=now,
        organization_id=by.organization_id,
        made_by=by.user_id,
        prefix=shown(secret, prefix),
        secret_hash=fingerprint(secret),
        **terms,
    )
    return row, secret


def view_key(
    row: ApiKeyRow, plan: str, now: datetime, calls: int, secret: str | None = None
) -> KeyView:
    """The row in the words of the domain."""
    throttle = plan_of(plan).narrowed(row.name, row.per_minute, row.burst)
    return KeyView(
        id=row.id,
        dialect=row.dialect,
        kind="mcp" if row.kind == "mcp" else "api",
        name=row.name,
        prefix=row.prefix,
        status=key_status(now, expires_at=row.expires_at, revoked_at=row.revoked_at),
        scopes=tuple(sorted(granted(row.dialect, row.scopes))),
        workspace_id=row.workspace_id,
        per_minute=throttle.per_minute,
        burst=throttle.burst,
        daily_cap=row.daily_cap,
        calls_today=calls,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        secret=secret,
    )


def _terms(command: IssueKey) -> KeyTerms:
    return KeyTerms(
        dialect=command.dialect,
        kind=command.kind,
        name=command.name,
        scopes=command.scopes,
        per_minute=command.per_minute,
        burst=command.burst,
        daily_cap=command.daily_cap,
        expires_at=command.expires_at,
    )


async def _must_have_room(session: AsyncSession, by: Actor, now: datetime) -> None:
    """Count the living keys while nobody else may add one; a retiring key has no place of its own.

    Raises `PlanLimitReached`.
    """
    plan = await lock_organization(session, by.organization_id)
    living = (
        select(func.count())
        .select_from(ApiKeyRow)
        .where(
            col(ApiKeyRow.organization_id) == by.organization_id,
            col(ApiKeyRow.revoked_at).is_(None),
            or_(col(ApiKeyRow.expires_at).is_(None), col(ApiKeyRow.expires_at) > now),
        )
    )
    present = await session.scalar(living) or 0
    must_have_room(plan, "keys", plan_of(plan).keys, present)


async def _choose_workspace(session: AsyncSession, command: IssueKey) -> UUID | None:
    """The workspace asked for, or that of a restricted actor; None for the whole organization."""
    wanted = command.workspace_id or command.by.workspace_id
    if wanted is None:
        return None
    found = await session.scalar(
        select(WorkspaceRow.id).where(
            WorkspaceRow.id == wanted,
            WorkspaceRow.organization_id == command.by.organization_id,
            col(WorkspaceRow.deleted_at).is_(None),
        )
    )
    if found is None or command.by.workspace_id not in (None, found):
        raise NotFound("workspace")
    return found
