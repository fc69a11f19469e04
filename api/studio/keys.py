"""`/api/v1/keys/`: the API keys of an organization, in the hands of its people."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field, WithJsonSchema

from activities.key_ends import RevokeKey, RotateKey, revoke_key, rotate_key
from activities.key_ring import IssueKey, KeyView, ListKeys, issue_key, list_keys
from activities.rules.credentials import KeyStatus
from activities.rules.key_terms import LARGEST_CAP, LONGEST_GRACE, LONGEST_NAME
from activities.rules.permissions import SCOPES
from api.dialect import Body, Text
from api.routers import By, make_router
from api.scalars import Id, Moment, When
from api.studio.auth import DIALECT, authenticate, documented_for_people
from api.studio.paging import Asked, PageOut, present_page

router = make_router(authenticate, dependencies=[documented_for_people], tags=["keys"])

Scope = Annotated[Text, WithJsonSchema({"type": "string", "enum": list(SCOPES[DIALECT])})]


class KeyIn(Body):
    """A key to make. Limits narrow those of the plan; without scopes it may do all."""

    name: Text = Field(min_length=1, max_length=LONGEST_NAME, examples=["Production"])
    scopes: list[Scope] = Field(default_factory=list, min_length=1, max_length=20)
    per_minute: int | None = Field(None, ge=1, description="requests a minute")
    burst: int | None = Field(None, ge=1, description="requests at once; as many as per_minute")
    daily_cap: int | None = Field(None, ge=1, le=LARGEST_CAP, description="requests a day (UTC)")
    expires_at: When | None = Field(None, description="in the future, at most ten years ahead")


class RotateIn(Body):
    """How long the old key works on."""

    grace_seconds: int = Field(0, ge=0, le=LONGEST_GRACE)


class KeyOut(BaseModel):
    """A key; `prefix` is how it starts. A retiring one was rotated and works for its grace."""

    id: Id
    name: str
    prefix: str
    status: KeyStatus
    scopes: list[str]
    per_minute: int
    burst: int
    daily_cap: int | None
    requests_today: int
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class NewKeyOut(KeyOut):
    """A key just made; `key` is not shown again."""

    key: str


@router.get("/api/v1/keys/", summary="List your API keys")
async def list_all(request: Request, by: By, asked: Asked) -> PageOut[KeyOut]:
    return present_page(request, await list_keys(ListKeys(by, asked, DIALECT)), present_key)


@router.post("/api/v1/keys/", status_code=201, summary="Create a new API key")
async def create(body: KeyIn, by: By) -> NewKeyOut:
    key = await issue_key(
        IssueKey(
            by=by,
            dialect=DIALECT,
            name=body.name,
            scopes=tuple(body.scopes),
            per_minute=body.per_minute,
            burst=body.burst,
            daily_cap=body.daily_cap,
            expires_at=body.expires_at,
        )
    )
    return present_new_key(key)


@router.delete("/api/v1/keys/{id}/", status_code=204, summary="Revoke a key")
async def revoke(id: UUID, by: By) -> None:
    await revoke_key(RevokeKey(by, id, DIALECT))


@router.post("/api/v1/keys/{id}/rotate/", summary="Rotate a key")
async def rotate(id: UUID, by: By, body: RotateIn | None = None) -> NewKeyOut:
    grace_seconds = body.grace_seconds if body else 0
    return present_new_key(await rotate_key(RotateKey(by, id, grace_seconds, DIALECT)))


def present_new_key(key: KeyView) -> NewKeyOut:
    """The key with its secret."""
    return NewKeyOut(**present_key(key).model_dump(), key=key.secret or "")


def present_key(key: KeyView) -> KeyOut:
    """The key in this dialect's words."""
    return KeyOut(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        status=key.status,
        scopes=list(key.scopes),
        per_minute=key.per_minute,
        burst=key.burst,
        daily_cap=key.daily_cap,
        requests_today=key.calls_today,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )
