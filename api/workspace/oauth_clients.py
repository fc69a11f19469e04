"""`/api/org/{orgId}/oauth-clients`: the applications of an organization that ask for access."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Response
from pydantic import Field

from activities.oauth.clients import (
    ClientView,
    ListClients,
    RegisterClient,
    RevokeClient,
    RotateSecret,
    list_clients,
    register_client,
    revoke_client,
    rotate_secret,
)
from activities.rules.oauth import LONGEST_NAME, LONGEST_URI, MOST_URIS
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.org import OrgId
from api.workspace.paging import Asked

ALL = "/api/org/{orgId}/oauth-clients"

UNKEPT = {"Cache-Control": "no-store"}
"""On every answer with a secret in it."""

router = make_router(read_member, dependencies=[documented], tags=["OAuth clients"])

ClientId = Annotated[str, Path(alias="clientId", description="such as oac_ and 22 signs")]
Scope = Literal["organization.read", "assets.read"]


class ClientIn(In):
    """An application to register; a public one runs on people's machines and has no secret."""

    name: Text = Field(
        max_length=LONGEST_NAME, description="what people read", examples=["Design Tool"]
    )
    redirect_uris: list[Annotated[Text, Field(max_length=LONGEST_URI)]] = Field(
        min_length=1,
        max_length=MOST_URIS,
        description="https, or http with 127.0.0.1, [::1] or localhost, whose port may differ",
        examples=[["https://app.example.com/callback"]],
    )
    scopes: list[Scope] = Field(["organization.read", "assets.read"], min_length=1, max_length=2)
    confidential: bool = True


class ClientOut(Out):
    """A registered application."""

    client_id: str
    name: str
    redirect_uris: list[str]
    scopes: list[str]
    confidential: bool
    created_at: Moment


class NewClientOut(ClientOut):
    """With its secret, which is shown this once; null for a public one."""

    client_secret: str | None


class ClientPageOut(Out):
    """One page of applications."""

    items: list[ClientOut]
    total: int
    page: int
    page_size: int


@router.get(ALL, summary="List OAuth clients")
async def list_all(org_id: OrgId, by: By, asked: Asked) -> ClientPageOut:
    page = await list_clients(ListClients(by, asked))
    items = [present_client(client) for client in page.items]
    return ClientPageOut(items=items, total=page.total, page=asked.number, page_size=asked.size)


@router.post(ALL, status_code=201, summary="Register an OAuth client")
async def register(org_id: OrgId, body: ClientIn, by: By, response: Response) -> NewClientOut:
    response.headers.update(UNKEPT)
    return present_new(await register_client(to_command(body, by)))


@router.post(f"{ALL}/{{clientId}}/rotate", summary="Give a client another secret")
async def rotate(org_id: OrgId, client_id: ClientId, by: By, response: Response) -> NewClientOut:
    response.headers.update(UNKEPT)
    return present_new(await rotate_secret(RotateSecret(by, client_id)))


@router.delete(f"{ALL}/{{clientId}}", status_code=204, summary="End a client and all its grants")
async def revoke(org_id: OrgId, client_id: ClientId, by: By) -> None:
    await revoke_client(RevokeClient(by, client_id))


def to_command(body: ClientIn, by: By) -> RegisterClient:
    """The body as the domain takes it."""
    return RegisterClient(
        by=by,
        name=body.name,
        redirect_uris=tuple(body.redirect_uris),
        scopes=tuple(body.scopes),
        confidential=body.confidential,
    )


def present_client(client: ClientView) -> ClientOut:
    """The client in this dialect's words."""
    return ClientOut(
        client_id=client.client_id,
        name=client.name,
        redirect_uris=list(client.redirect_uris),
        scopes=list(client.scopes),
        confidential=client.confidential,
        created_at=client.created_at,
    )


def present_new(client: ClientView) -> NewClientOut:
    """With its secret."""
    shown = present_client(client).model_dump()
    return NewClientOut(**shown, client_secret=client.secret)
