"""`/api/org/{orgId}/keys` and `/usage`: the keys of every API, and how much they were used."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from activities.key_ends import RevokeKey, RotateKey, revoke_key, rotate_key
from activities.key_ring import IssueKey, KeyView, ListKeys, issue_key, list_keys
from activities.key_usage import ReadUsage, UsageView, read_usage
from activities.rules.credentials import KeyKind, KeyStatus
from activities.rules.errors import InvalidFields
from activities.rules.key_terms import LARGEST_CAP, LONGEST_GRACE, LONGEST_NAME
from activities.rules.permissions import Permission
from activities.rules.spelling import prefixed, unprefixed
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out, When
from api.workspace.listing import path_id
from api.workspace.org import OrgId
from api.workspace.paging import Asked

ALL = "/api/org/{orgId}/keys"
ONE = f"{ALL}/{{keyId}}"

KeyId = Annotated[str, Path(alias="keyId", description="such as key_ and 32 hex digits")]
Api = Literal["studio", "tracking", "canva", "links", "business"]

router = make_router(read_member, dependencies=[documented], tags=["keys"])

to_id = partial(path_id, "key", "API key")


class KeyIn(In):
    """A key to make for one API. Limits narrow those of the plan; without scopes it may do all."""

    dialect: Api
    name: Text = Field(min_length=1, max_length=LONGEST_NAME, examples=["Production"])
    kind: KeyKind = "api"
    workspace_id: Text | None = None
    scopes: list[Permission] = Field(default_factory=list, min_length=1, max_length=20)
    per_minute: int | None = Field(None, ge=1)
    burst: int | None = Field(None, ge=1)
    daily_cap: int | None = Field(None, ge=1, le=LARGEST_CAP)
    expires_at: When | None = None


class RotateIn(In):
    """How long the old key works on."""

    grace_seconds: int = Field(0, ge=0, le=LONGEST_GRACE)


class KeyOut(Out):
    """A key; `prefix` is how it starts. A retiring one was rotated and works for its grace."""

    id: str
    dialect: str
    kind: KeyKind
    name: str
    prefix: str
    status: KeyStatus
    scopes: list[str]
    workspace_id: str | None
    per_minute: int
    burst: int
    daily_cap: int | None
    calls_today: int
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class NewKeyOut(KeyOut):
    """A key just made; `key` is not shown again."""

    key: str


class KeyPageOut(Out):
    """One page of keys."""

    items: list[KeyOut]
    total: int
    page: int
    page_size: int


class DayOut(Out):
    """The calls of one day in UTC."""

    date: date
    calls: int


class UsedKeyOut(Out):
    """A key that was used this month."""

    id: str
    dialect: str
    name: str
    prefix: str
    calls: int


class UsageOut(Out):
    """The calendar month (UTC) of all keys; the 100 that were used most are listed."""

    plan: str
    began_on: date
    resets_at: Moment
    calls: int
    renders_per_month: int | None
    days: list[DayOut]
    keys: list[UsedKeyOut]


@router.get(ALL, summary="List the keys of every API")
async def list_all(
    org_id: OrgId, by: By, asked: Asked, dialect: Annotated[Api | None, Query()] = None
) -> KeyPageOut:
    page = await list_keys(ListKeys(by, asked, dialect or ""))
    items = [present_key(key) for key in page.items]
    return KeyPageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


@router.post(ALL, status_code=201, summary="Create a key")
async def create(org_id: OrgId, body: KeyIn, by: By) -> NewKeyOut:
    return present_new_key(await issue_key(to_command(body, by)))


@router.post(f"{ONE}/rotate", summary="Rotate a key")
async def rotate(org_id: OrgId, key_id: KeyId, by: By, body: RotateIn | None = None) -> NewKeyOut:
    grace_seconds = body.grace_seconds if body else 0
    return present_new_key(await rotate_key(RotateKey(by, to_id(key_id), grace_seconds)))


@router.delete(ONE, status_code=204, summary="Revoke a key")
async def revoke(org_id: OrgId, key_id: KeyId, by: By) -> None:
    await revoke_key(RevokeKey(by, to_id(key_id)))


@router.get("/api/org/{orgId}/usage", summary="Current month of every key together")
async def usage(org_id: OrgId, by: By) -> UsageOut:
    return present_usage(await read_usage(ReadUsage(by)))


def to_command(body: KeyIn, by: By) -> IssueKey:
    """The body as the domain takes it; `InvalidFields` for a workspace id of no known spelling."""
    workspace_id = None
    if body.workspace_id is not None:
        workspace_id = unprefixed("wsp", body.workspace_id)
        if workspace_id is None:
            raise InvalidFields({"workspaceId": ["Give an id like wsp_ and 32 hex digits."]})
    return IssueKey(
        by=by,
        dialect=body.dialect,
        name=body.name,
        kind=body.kind,
        workspace_id=workspace_id,
        scopes=tuple(body.scopes),
        per_minute=body.per_minute,
        burst=body.burst,
        daily_cap=body.daily_cap,
        expires_at=body.expires_at,
    )


def present_new_key(key: KeyView) -> NewKeyOut:
    """The key with its secret."""
    return NewKeyOut(**present_key(key).model_dump(), key=key.secret or "")


def present_key(key: KeyView) -> KeyOut:
    """The key in this dialect's words."""
    return KeyOut(
        id=prefixed("key", key.id),
        dialect=key.dialect,
        kind=key.kind,
        name=key.name,
        prefix=key.prefix,
        status=key.status,
        scopes=list(key.scopes),
        workspace_id=prefixed("wsp", key.workspace_id) if key.workspace_id else None,
        per_minute=key.per_minute,
        burst=key.burst,
        daily_cap=key.daily_cap,
        calls_today=key.calls_today,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


def present_usage(usage: UsageView) -> UsageOut:
    """The month in this dialect's words."""
    month = usage.month
    return UsageOut(
        plan=month.plan,
        began_on=month.began_on,
        resets_at=month.resets_at,
        calls=month.calls,
        renders_per_month=month.renders,
        days=[DayOut(date=day.day, calls=day.calls) for day in month.days],
        keys=[
            UsedKeyOut(
                id=prefixed("key", key.id),
                dialect=key.dialect,
                name=key.name,
                prefix=key.prefix,
                calls=key.calls,
            )
            for key in usage.keys
        ],
    )
