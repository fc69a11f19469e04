"""Consent: a signed-in person allows an OAuth client something in one organization.

What is given is a grant, and an authorization code that is good once and for a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import and_, col, select

from activities.audit import Act, record_act
from activities.outside import outside
from activities.rules.actors import Person
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import ClientUnknown, InvalidFields, NotFound
from activities.rules.oauth import (
    CODE_LIFETIME,
    CODE_PREFIX,
    answers_at,
    consent_ticket,
    ticket_holds,
)
from schema.db import transaction
from schema.tables import (
    MembershipRow,
    OAuthClientRow,
    OAuthCodeRow,
    OAuthGrantRow,
    OrganizationRow,
    WorkspaceRow,
)

_PURPOSE = "oauth consent"


@dataclass(frozen=True)
class OfferConsent:
    """What a person may choose from; `request` is the client's request, as it came."""

    by: Person
    request: str


@dataclass(frozen=True)
class WorkspaceChoice:
    """A workspace that a grant may be limited to."""

    id: UUID
    name: str


@dataclass(frozen=True)
class OrganizationChoice:
    """An organization of the person, with its workspaces."""

    id: UUID
    name: str
    workspaces: tuple[WorkspaceChoice, ...]


@dataclass(frozen=True)
class ConsentOffer:
    """The person's organizations by name, and the ticket that the answer brings back."""

    organizations: tuple[OrganizationChoice, ...]
    ticket: str = field(repr=False)


@dataclass(frozen=True)
class CheckConsent:
    """Is this the answer to a page that this session was shown for this request?"""

    by: Person
    request: str
    ticket: str = field(repr=False)


@dataclass(frozen=True)
class GiveConsent:
    """Allow the client `scopes` in an organization, or in one workspace of it.

    `challenge` is the S256 one of RFC 7636. `redirect_uri_given` is whether the request named it.
    """

    by: Person
    client_id: str
    organization_id: UUID
    workspace_id: UUID | None
    scopes: tuple[str, ...]
    redirect_uri: str
    redirect_uri_given: bool
    challenge: str


@dataclass(frozen=True)
class GivenConsent:
    """The authorization code; it is in this answer and nowhere else."""

    grant_id: UUID
    code: str = field(repr=False)


async def offer_consent(command: OfferConsent) -> ConsentOffer:
    """The choices and a ticket of ten minutes."""
    world = outside()
    query = (
        select(OrganizationRow, WorkspaceRow)
        .join(MembershipRow, MembershipRow.organization_id == OrganizationRow.id)  # type: ignore[arg-type]
        .outerjoin(
            WorkspaceRow,
            and_(
                col(WorkspaceRow.organization_id) == OrganizationRow.id,
                col(WorkspaceRow.deleted_at).is_(None),
            ),
        )
        .where(MembershipRow.user_id == command.by.user_id)
        .order_by(OrganizationRow.name, col(OrganizationRow.id), WorkspaceRow.name)
    )
    async with transaction() as session:
        found = (await session.execute(query)).all()
    names = {organization.id: organization.name for organization, _ in found}
    inside: dict[UUID, list[WorkspaceChoice]] = {key: [] for key in names}
    for organization, workspace in found:
        if workspace is not None:
            inside[organization.id].append(WorkspaceChoice(workspace.id, workspace.name))
    return ConsentOffer(
        tuple(OrganizationChoice(key, names[key], tuple(inside[key])) for key in names),
        consent_ticket(
            world.vault.derive(_PURPOSE),
            session=command.by.session_id,
            request=command.request,
            at=int(world.clock.now().timestamp()),
        ),
    )


async def check_consent(command: CheckConsent) -> bool:
    """Whether it is; a ticket of another session, another request or an hour ago is not."""
    world = outside()
    return ticket_holds(
        world.vault.derive(_PURPOSE),
        command.ticket,
        session=command.by.session_id,
        request=command.request,
        now=int(world.clock.now().timestamp()),
    )


async def give_consent(command: GiveConsent) -> GivenConsent:
    """Make the grant and its code.

    Raises `ClientUnknown` for a client that ended meanwhile, `InvalidFields` for what it did not
    register, `NotFound` for an organization that the person is no member of or a workspace that is
    not in it.
    """
    now = outside().clock.now()
    code = spell(CODE_PREFIX, outside().dice.throw(32))
    async with transaction() as session:
        client = await _sound_client(session, command)
        await _must_belong(session, command)
        grant = OAuthGrantRow(
            created_at=now,
            client_row_id=client.id,
            user_id=command.by.user_id,
            organization_id=command.organization_id,
            workspace_id=command.workspace_id,
            scopes=list(command.scopes),
        )
        session.add(grant)
        await session.flush()
        session.add(
            OAuthCodeRow(
                created_at=now,
                grant_id=grant.id,
                code_hash=fingerprint(code),
                redirect_uri=command.redirect_uri,
                redirect_uri_given=command.redirect_uri_given,
                challenge=command.challenge,
                challenge_method="S256",
                expires_at=now + CODE_LIFETIME,
            )
        )
        await session.flush()
        await record_act(_given(command, grant, client))
    return GivenConsent(grant.id, code)


async def _sound_client(session: AsyncSession, command: GiveConsent) -> OAuthClientRow:
    """The client, when it lives and registered what it asks for."""
    query = select(OAuthClientRow).where(
        OAuthClientRow.client_id == command.client_id, col(OAuthClientRow.revoked_at).is_(None)
    )
    # A revocation waits for this, so that it finds the new grant.
    row = (await session.execute(query.with_for_update(read=True))).scalar_one_or_none()
    if row is None:
        raise ClientUnknown
    if not answers_at(row.redirect_uris, command.redirect_uri):
        raise InvalidFields({"redirect_uri": ["The client did not register this address."]})
    if not command.scopes or not set(command.scopes) <= set(row.scopes):
        raise InvalidFields({"scopes": ["The client did not register these scopes."]})
    return row


async def _must_belong(session: AsyncSession, command: GiveConsent) -> None:
    member = select(MembershipRow.id).where(
        MembershipRow.organization_id == command.organization_id,
        MembershipRow.user_id == command.by.user_id,
    )
    if (await session.execute(member)).first() is None:
        raise NotFound("organization")
    if command.workspace_id is None:
        return
    inside = select(WorkspaceRow.id).where(
        WorkspaceRow.id == command.workspace_id,
        WorkspaceRow.organization_id == command.organization_id,
        col(WorkspaceRow.deleted_at).is_(None),
    )
    if (await session.execute(inside)).first() is None:
        raise NotFound("workspace")


def _given(command: GiveConsent, grant: OAuthGrantRow, client: OAuthClientRow) -> Act:
    return Act(
        organization_id=grant.organization_id,
        actor_kind="session",
        actor_id=command.by.user_id,
        actor_name=command.by.name,
        action="grant.given",
        target=f"grant {grant.id}",
        detail={"client": client.client_id, "name": client.name, "scopes": grant.scopes},
    )
