"""`/api/canva/me`: what the token or key of a design tool is connected to."""

from __future__ import annotations

from typing import Literal

from activities.connections import ConnectionView, ReadConnection, read_connection
from activities.rules.permissions import Permission
from activities.rules.spelling import prefixed
from api.canva.auth import authenticate, documented
from api.routers import By, make_router
from api.scalars import Moment, Out

router = make_router(authenticate, dependencies=[documented], tags=["account"])


class NamedOut(Out):
    """A workspace or a person."""

    id: str
    name: str


class OrganizationOut(NamedOut):
    """The organization whose library it is."""

    slug: str
    plan: str


class ConnectionOut(Out):
    """The credential: an ink_ key with its prefix, or the application that a person allowed."""

    type: Literal["api_key", "oauth"]
    name: str
    prefix: str | None
    scopes: list[Permission]
    expires_at: Moment | None


class MeOut(Out):
    """`workspace` is null where the whole organization is meant, `user` where nobody is behind."""

    workspace: NamedOut | None
    organization: OrganizationOut
    user: NamedOut | None
    connection: ConnectionOut


@router.get("/api/canva/me", summary="Resolve the token or key to workspace, user and connection")
async def me(by: By) -> MeOut:
    return present_me(await read_connection(ReadConnection(by)))


def present_me(connection: ConnectionView) -> MeOut:
    """The credential in this dialect's words."""
    organization, workspace, user = connection.organization, connection.workspace, connection.user
    return MeOut(
        workspace=NamedOut(id=prefixed("wsp", workspace.id), name=workspace.name)
        if workspace
        else None,
        organization=OrganizationOut(
            id=prefixed("org", organization.id),
            name=organization.name,
            slug=connection.slug,
            plan=connection.plan,
        ),
        user=NamedOut(id=prefixed("usr", user.id), name=user.name) if user else None,
        connection=ConnectionOut(
            type="api_key" if connection.kind == "key" else "oauth",
            name=connection.name,
            prefix=connection.prefix,
            scopes=list(connection.scopes),
            expires_at=connection.expires_at,
        ),
    )
