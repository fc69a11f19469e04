"""`/api/tokens`: the API and MCP tokens of an organization, in the hands of its people."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field, WithJsonSchema

from activities.key_ends import RevokeKey, RotateKey, revoke_key, rotate_key
from activities.key_ring import IssueKey, KeyView, ListKeys, issue_key, list_keys
from activities.rules.credentials import KeyKind, KeyStatus
from activities.rules.key_terms import LARGEST_CAP, LONGEST_GRACE, LONGEST_NAME
from activities.rules.permissions import SCOPES
from api.business.auth import DIALECT, authenticate, documented
from api.business.fields import BusinessId, OrgId
from api.business.paging import Asked, Paginator, paginate
from api.dialect import Body, Text
from api.routers import By, make_router
from api.scalars import Id, Moment, When

router = make_router(authenticate, dependencies=[documented], tags=["tokens"])

Scope = Annotated[Text, WithJsonSchema({"type": "string", "enum": list(SCOPES[DIALECT])})]


class TokenIn(Body):
    """A token to make; without scopes it may do all that tokens can."""

    name: Text = Field(min_length=1, max_length=LONGEST_NAME, examples=["Warehouse sync"])
    kind: KeyKind = "api"
    scopes: list[Scope] = Field(default_factory=list, min_length=1, max_length=20)
    business_id: BusinessId | None = None
    rate_per_minute: int | None = Field(None, ge=1)
    daily_cap: int | None = Field(None, ge=1, le=LARGEST_CAP)
    expires_at: When | None = Field(None, description="in the future, at most ten years ahead")


class RotateIn(Body):
    """How long the old token works on."""

    grace_seconds: int = Field(0, ge=0, le=LONGEST_GRACE)


class TokenOut(BaseModel):
    """A token; `prefix` is how it starts. With a `business_id` it sees that business only."""

    id: Id
    name: str
    kind: KeyKind
    prefix: str
    status: KeyStatus
    scopes: list[str]
    business_id: Id | None
    rate_per_minute: int
    daily_cap: int | None
    calls_today: int
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Moment | None


class NewTokenOut(TokenOut):
    """A token just made; `plain_text_token` is not shown again."""

    plain_text_token: str


class TokensOut(BaseModel):
    """One page of tokens."""

    tokens: Paginator[TokenOut]


class MadeOut(BaseModel):
    """The token that was made."""

    token: NewTokenOut


@router.get("/api/tokens", summary="List API and MCP tokens")
async def list_all(request: Request, by: By, asked: Asked, org_id: OrgId = None) -> TokensOut:
    page = await list_keys(ListKeys(by, asked, DIALECT))
    return TokensOut(tokens=paginate(request, page, present_token))


@router.post("/api/tokens", status_code=201, summary="Create a token")
async def create(body: TokenIn, by: By, org_id: OrgId = None) -> MadeOut:
    key = await issue_key(
        IssueKey(
            by=by,
            dialect=DIALECT,
            name=body.name,
            kind=body.kind,
            workspace_id=body.business_id,
            scopes=tuple(body.scopes),
            per_minute=body.rate_per_minute,
            daily_cap=body.daily_cap,
            expires_at=body.expires_at,
        )
    )
    return present_made(key)


@router.post("/api/tokens/{id}/rotate", summary="Rotate a token")
async def rotate(id: UUID, by: By, body: RotateIn | None = None, org_id: OrgId = None) -> MadeOut:
    grace_seconds = body.grace_seconds if body else 0
    return present_made(await rotate_key(RotateKey(by, id, grace_seconds, DIALECT)))


@router.delete("/api/tokens/{id}", status_code=204, summary="Revoke a token")
async def revoke(id: UUID, by: By, org_id: OrgId = None) -> None:
    await revoke_key(RevokeKey(by, id, DIALECT))


def present_made(key: KeyView) -> MadeOut:
    """The token with its secret."""
    shown = present_token(key).model_dump()
    return MadeOut(token=NewTokenOut(**shown, plain_text_token=key.secret or ""))


def present_token(key: KeyView) -> TokenOut:
    """The token in this dialect's words."""
    return TokenOut(
        id=key.id,
        name=key.name,
        kind=key.kind,
        prefix=key.prefix,
        status=key.status,
        scopes=list(key.scopes),
        business_id=key.workspace_id,
        rate_per_minute=key.per_minute,
        daily_cap=key.daily_cap,
        calls_today=key.calls_today,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )
