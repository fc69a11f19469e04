"""`/v1/auth/verify`: whether a key works, and whose it is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from activities.connections import ConnectionView, ReadConnection, read_connection
from api.routers import By, make_router
from api.scalars import Id
from api.tracking.auth import authenticate, documented

router = make_router(authenticate, dependencies=[documented], tags=["auth"])


class OrganizationOut(BaseModel):
    """Whose key it is."""

    id: Id
    name: str


class ApiKeyOut(BaseModel):
    """The key as the dashboard lists it."""

    name: str
    prefix: str


class VerifiedOut(BaseModel):
    """The key works."""

    authenticated: Literal[True]
    organization: OrganizationOut
    apiKey: ApiKeyOut  # noqa: N815


@router.get("/v1/auth/verify", summary="Verify an API key")
async def verify(by: By) -> VerifiedOut:
    return present_verified(await read_connection(ReadConnection(by)))


def present_verified(connection: ConnectionView) -> VerifiedOut:
    """The credential in this dialect's words."""
    organization = connection.organization
    return VerifiedOut(
        authenticated=True,
        organization=OrganizationOut(id=organization.id, name=organization.name),
        apiKey=ApiKeyOut(name=connection.name, prefix=connection.prefix or ""),
    )
