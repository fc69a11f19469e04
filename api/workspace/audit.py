"""`/api/org/{orgId}/audit`: who did what that matters for security."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from activities.audit import ActView, ListActs, list_acts
from activities.rules.spelling import prefixed
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import Moment, Out
from api.workspace.org import OrgId
from api.workspace.paging import Asked

PREFIXES = {"organization": "org", "workspace": "wsp", "member": "mem", "invite": "inv"}
PREFIXES |= {"user": "usr", "session": "ses", "key": "key", "endpoint": "whe"}
"""How the ids of targets are spelled; those of other kinds are plain UUIDs."""

router = make_router(read_member, dependencies=[documented], tags=["audit"])


class ActorOut(Out):
    """Who did it: a person by `session` or `jwt`, a `key`, or an `oauth` client for a person."""

    kind: str
    id: str | None
    name: str


class TargetOut(Out):
    """What it was done to."""

    kind: str
    id: str


class EntryOut(Out):
    """One act; `detail` differs from action to action."""

    id: str
    at: Moment
    actor: ActorOut
    action: str
    target: TargetOut
    detail: dict[str, Any]
    request_id: str


class AuditPageOut(Out):
    """One page of the log, newest first."""

    items: list[EntryOut]
    total: int
    page: int
    page_size: int


@router.get("/api/org/{orgId}/audit", summary="Read the audit log")
async def list_all(
    org_id: OrgId,
    by: By,
    asked: Asked,
    action: Annotated[Text, Query(max_length=64, description="such as member.removed")] = "",
) -> AuditPageOut:
    page = await list_acts(ListActs(by, asked, action))
    items = [present_entry(act) for act in page.items]
    return AuditPageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


def present_entry(act: ActView) -> EntryOut:
    """The act in this dialect's words."""
    kind, _, target = act.target.partition(" ")
    return EntryOut(
        id=prefixed("aud", act.id),
        at=act.at,
        actor=ActorOut(
            kind=act.actor_kind,
            id=spell("key" if act.actor_kind == "key" else "user", str(act.actor_id or "")) or None,
            name=act.actor_name,
        ),
        action=act.action,
        target=TargetOut(kind=kind, id=spell(kind, target)),
        detail=dict(act.detail),
        request_id=act.request_id,
    )


def spell(kind: str, text: str) -> str:
    """An id of this kind as this dialect spells it; what is no UUID stays as it is."""
    try:
        return prefixed(PREFIXES[kind], UUID(text))
    except (KeyError, ValueError):
        return text
