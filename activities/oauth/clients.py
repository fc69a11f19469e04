"""OAuth clients: applications that ask people for access, registered by an organization.

The secret of a confidential client is shown once. What ends with a client ends with all its grants.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import done_by, record_act
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import InvalidFields, NotFound
from activities.rules.oauth import (
    CLIENT_PREFIX,
    DIALECT,
    MOST_URIS,
    SECRET_PREFIX,
    could_be_a_client,
    name_refusal,
    redirect_refusal,
)
from activities.rules.paging import Page, PageRequest
from activities.rules.permissions import SCOPES
from schema.db import transaction
from schema.pages import read_page
from schema.tables import OAuthClientRow, OAuthGrantRow, OrganizationRow


@dataclass(frozen=True)
class RegisterClient:
    """An application called `name` that is answered at `redirect_uris`.

    A confidential one keeps a secret on a server; a public one runs on the person's machine.
    """

    by: Actor
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...] = SCOPES[DIALECT]
    confidential: bool = True


@dataclass(frozen=True)
class ListClients:
    """The clients of the actor's organization, newest first."""

    by: Actor
    page: PageRequest


@dataclass(frozen=True)
class RotateSecret:
    """Another secret for a confidential client; the old one ends at once."""

    by: Actor
    client_id: str


@dataclass(frozen=True)
class RevokeClient:
    """The end of a client and of everything that people allowed it."""

    by: Actor
    client_id: str


@dataclass(frozen=True)
class FindClient:
    """The living client with this public id."""

    client_id: str


@dataclass(frozen=True)
class ClientView:
    """A client as its organization sees it; `secret` only in the answer that makes it."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    confidential: bool
    created_at: datetime
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class KnownClient:
    """A client as the authorization server sees it; `registered_by` is its organization's name."""

    id: UUID
    client_id: str
    name: str
    registered_by: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    secret_hash: bytes | None = field(repr=False)

    @property
    def confidential(self) -> bool:
        """Whether it must prove itself with a secret."""
        return self.secret_hash is not None

    def has_secret(self, secret: str) -> bool:
        """Whether this is its secret, compared in constant time."""
        return hmac.compare_digest(self.secret_hash or b"", fingerprint(secret))


@needs("clients.write")
async def register_client(command: RegisterClient) -> ClientView:
    """Make a client. Raises `InvalidFields`."""
    _must_be_sound(command)
    secret = _new_secret() if command.confidential else None
    row = OAuthClientRow(
        created_at=outside().clock.now(),
        organization_id=command.by.organization_id,
        client_id=spell(CLIENT_PREFIX, outside().dice.throw(16)),
        secret_hash=fingerprint(secret) if secret else None,
        name=command.name,
        redirect_uris=list(command.redirect_uris),
        scopes=list(dict.fromkeys(command.scopes)),
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        about = {"name": row.name, "redirect_uris": row.redirect_uris, "scopes": row.scopes}
        await record_act(done_by(command.by, "client.created", f"client {row.id}", **about))
    return _view(row, secret)


@needs("clients.read")
async def list_clients(command: ListClients) -> Page[ClientView]:
    """One page of clients that were not revoked, without their secrets."""
    query = select(OAuthClientRow).where(
        OAuthClientRow.organization_id == command.by.organization_id,
        col(OAuthClientRow.revoked_at).is_(None),
    )
    async with transaction() as session:
        rows, total = await read_page(
            session, query, OAuthClientRow, offset=command.page.offset, size=command.page.size
        )
    return Page([_view(row) for (row,) in rows], total, command.page)


@needs("clients.write")
async def rotate_secret(command: RotateSecret) -> ClientView:
    """The client with its new secret; `InvalidFields` for a public one, which has none."""
    secret = _new_secret()
    async with transaction() as session:
        row = await _locked(session, command.by, command.client_id)
        if row.secret_hash is None:
            raise InvalidFields({"client_id": ["A public client has no secret to rotate."]})
        row.secret_hash = fingerprint(secret)
        await session.flush()
        await record_act(done_by(command.by, "client.rotated", f"client {row.id}"))
    return _view(row, secret)


@needs("clients.write")
async def revoke_client(command: RevokeClient) -> None:
    """End the client, and with it every code and token it was given."""
    now = outside().clock.now()
    async with transaction() as session:
        row = await _locked(session, command.by, command.client_id)
        row.revoked_at = now
        await session.flush()
        granted = update(OAuthGrantRow).where(
            col(OAuthGrantRow.client_row_id) == row.id, col(OAuthGrantRow.revoked_at).is_(None)
        )
        await session.execute(
            granted.values(revoked_at=now), execution_options={"synchronize_session": False}
        )
        await record_act(done_by(command.by, "client.revoked", f"client {row.id}", name=row.name))


async def find_client(command: FindClient) -> KnownClient | None:
    """The client, or None for one that never was or was revoked."""
    if not could_be_a_client(command.client_id):
        return None
    query = (
        select(OAuthClientRow, OrganizationRow.name)
        .join(OrganizationRow, OrganizationRow.id == OAuthClientRow.organization_id)  # type: ignore[arg-type]
        .where(
            OAuthClientRow.client_id == command.client_id,
            col(OAuthClientRow.revoked_at).is_(None),
        )
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
    if found is None:
        return None
    row, registered_by = found
    return KnownClient(
        id=row.id,
        client_id=row.client_id,
        name=row.name,
        registered_by=registered_by,
        redirect_uris=tuple(row.redirect_uris),
        scopes=tuple(row.scopes),
        secret_hash=row.secret_hash,
    )


def _must_be_sound(command: RegisterClient) -> None:
    wrong: dict[str, list[str]] = {}
    if refusal := name_refusal(command.name):
        wrong["name"] = [refusal]
    uris = command.redirect_uris
    if not uris or len(uris) > MOST_URIS or len(set(uris)) < len(uris):
        wrong["redirect_uris"] = [f"Give 1 to {MOST_URIS} different addresses."]
    elif refused := [f"'{uri}': {why}" for uri in uris if (why := redirect_refusal(uri))]:
        wrong["redirect_uris"] = refused
    if not command.scopes or not set(command.scopes) <= set(SCOPES[DIALECT]):
        wrong["scopes"] = [f"Choose from {', '.join(SCOPES[DIALECT])}."]
    if wrong:
        raise InvalidFields(wrong)


def _new_secret() -> str:
    return spell(SECRET_PREFIX, outside().dice.throw(32))


async def _locked(session: AsyncSession, by: Actor, client_id: str) -> OAuthClientRow:
    """The client of the actor's organization, kept from others until the end."""
    query = select(OAuthClientRow).where(
        OAuthClientRow.organization_id == by.organization_id,
        OAuthClientRow.client_id == client_id,
        col(OAuthClientRow.revoked_at).is_(None),
    )
    row = None
    if could_be_a_client(client_id):
        row = (await session.execute(query.with_for_update())).scalar_one_or_none()
    if row is None:
        raise NotFound("OAuth client")
    return row


def _view(row: OAuthClientRow, secret: str | None = None) -> ClientView:
    return ClientView(
        client_id=row.client_id,
        name=row.name,
        redirect_uris=tuple(row.redirect_uris),
        scopes=tuple(row.scopes),
        confidential=row.secret_hash is not None,
        created_at=row.created_at,
        secret=secret,
    )
