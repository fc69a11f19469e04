"""Who did what that matters for security: written with the act, never changed, read by admins.

`record_act` runs inside the operation's transaction, as `emit` does, so an act without its entry
cannot be committed. No secret and no address of a network goes into an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import select

from activities.cause import current_cause
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.paging import Page, PageRequest
from schema.db import transaction
from schema.pages import read_page
from schema.tables import AuditEntryRow

Action = Literal[
    "organization.created",
    "organization.updated",
    "workspace.created",
    "workspace.updated",
    "workspace.deleted",
    "member.invited",
    "member.joined",
    "member.role_changed",
    "member.removed",
    "invite.withdrawn",
    "key.created",
    "key.rotated",
    "key.revoked",
    "session.opened",
    "session.revoked",
    "password.signed_in",
    "token.reuse_detected",
    "account.proved",
    "client.created",
    "client.rotated",
    "client.revoked",
    "grant.given",
    "grant.revoked",
    "grant.reuse_detected",
    "endpoint.created",
    "endpoint.updated",
    "endpoint.rotated",
    "endpoint.deleted",
    "endpoint.disabled",
    "delivery.resent",
    "delivery.recovered",
    "domain.added",
    "domain.verified",
    "domain.removed",
    "assets.exported",
]


@dataclass(frozen=True)
class Act:
    """Something done in an organization. `target` names the thing by kind and id, as `key <uuid>`.

    `detail` holds JSON values that help an auditor: old and new role, scopes, a key's prefix.
    """

    organization_id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    action: Action
    target: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ListActs:
    """The audit log of the actor's organization, newest first; `action` narrows it."""

    by: Actor
    page: PageRequest
    action: str = ""


@dataclass(frozen=True)
class ActView:
    """One entry."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    action: str
    target: str
    detail: Mapping[str, Any]
    request_id: str


def done_by(by: Actor, action: Action, target: str, **detail: Any) -> Act:
    """The act of an actor in its own organization."""
    who = by.credential_id if by.kind == "key" else by.user_id
    return Act(by.organization_id, by.kind, who, by.name, action, target, detail)


async def record_act(command: Act) -> None:
    """Write the entry in the open transaction."""
    async with transaction() as session:
        session.add(
            AuditEntryRow(
                created_at=outside().clock.now(),
                organization_id=command.organization_id,
                actor_kind=command.actor_kind,
                actor_id=command.actor_id,
                actor_name=command.actor_name,
                action=command.action,
                target=command.target,
                detail=dict(command.detail),
                request_id=current_cause().request_id,
            )
        )
        await session.flush()


@needs("audit.read")
async def list_acts(command: ListActs) -> Page[ActView]:
    """One page of the log."""
    query = select(AuditEntryRow).where(AuditEntryRow.organization_id == command.by.organization_id)
    if command.action:
        query = query.where(AuditEntryRow.action == command.action)
    async with transaction() as session:
        rows, total = await read_page(
            session, query, AuditEntryRow, offset=command.page.offset, size=command.page.size
        )
    return Page([_view(row) for (row,) in rows], total, command.page)


def _view(row: AuditEntryRow) -> ActView:
    return ActView(
        id=row.id,
        at=row.created_at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        action=row.action,
        target=row.target,
        detail=row.detail,
        request_id=row.request_id,
    )
