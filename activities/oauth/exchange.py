"""Codes and refresh tokens, exchanged for tokens: each is good once.

A second use means that two hold it, and nobody knows which of them is the client: the grant ends
(RFC 6749 4.1.2, RFC 9700 4.14). Two uses at the same moment are a first and a second one too.

These operations refuse after they have written, so they are not called inside a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import and_, col

from activities.audit import Act, record_act
from activities.outside import outside
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import GrantSpent, InvalidFields
from activities.rules.oauth import (
    ACCESS_LIFETIME,
    ACCESS_PREFIX,
    REFRESH_LIFETIME,
    REFRESH_PREFIX,
)
from schema.db import transaction
from schema.tables import (
    MembershipRow,
    OAuthClientRow,
    OAuthCodeRow,
    OAuthGrantRow,
    OAuthTokenRow,
)


@dataclass(frozen=True)
class FindCode:
    """What was this code given for?"""

    code: str = field(repr=False)


@dataclass(frozen=True)
class KnownCode:
    """What a code is bound to. `redirect_uri` is None where the request did not name it."""

    client_id: str
    redirect_uri: str | None
    challenge: str
    challenge_method: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class RedeemCode:
    """Exchange a code, for the client that has proved itself and the code's challenge."""

    client_id: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class RefreshTokens:
    """Exchange a refresh token; `scopes` may be fewer than granted, empty stands for all."""

    client_id: str
    refresh_token: str = field(repr=False)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class IssuedTokens:
    """A pair of tokens, in this answer and nowhere else. `expires_in` is seconds."""

    scopes: tuple[str, ...]
    expires_in: int
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


async def find_code(command: FindCode) -> KnownCode | None:
    """What the code is bound to, whether it is still good or not; None when it is none of ours."""
    query = (
        select(OAuthCodeRow, col(OAuthGrantRow.scopes), col(OAuthClientRow.client_id))
        .join(OAuthGrantRow, col(OAuthGrantRow.id) == OAuthCodeRow.grant_id)
        .join(OAuthClientRow, col(OAuthClientRow.id) == OAuthGrantRow.client_row_id)
        .where(col(OAuthCodeRow.code_hash) == fingerprint(command.code))
    )
    async with transaction() as session:
        found = (await session.execute(query)).first()
    if found is None:
        return None
    code, scopes, client_id = found
    return KnownCode(
        client_id=client_id,
        redirect_uri=code.redirect_uri if code.redirect_uri_given else None,
        challenge=code.challenge,
        challenge_method=code.challenge_method,
        scopes=tuple(scopes),
    )


async def redeem_code(command: RedeemCode) -> IssuedTokens:
    """The first tokens of a grant.

    Raises `GrantSpent`; a code that was used before ends its grant and is put in the audit log.
    """
    hashed = fingerprint(command.code)
    query = _with_its_grant(OAuthCodeRow, command.client_id).where(
        col(OAuthCodeRow.code_hash) == hashed
    )
    issued = None
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is not None:
            code, grant, client, membership = found
            now = outside().clock.now()
            if code.used_at is not None:
                await _end_reused(session, grant, client, "code")
            elif code.expires_at > now and _lives(grant, client, membership):
                code.used_at = now
                issued = await _issue(session, grant, grant.scopes)
    if issued is None:
        raise GrantSpent
    return issued


async def refresh_tokens(command: RefreshTokens) -> IssuedTokens:
    """The next tokens of a grant; the access token that was given before lives out its hour.

    Raises `GrantSpent`, `InvalidFields` for scopes that were not granted. A refresh token that was
    used before ends its grant and is put in the audit log.
    """
    hashed = fingerprint(command.refresh_token)
    query = _with_its_grant(OAuthTokenRow, command.client_id).where(
        col(OAuthTokenRow.refresh_hash) == hashed
    )
    issued = None
    async with transaction() as session:
        found = (await session.execute(query)).first()
        if found is not None:
            token, grant, client, membership = found
            now = outside().clock.now()
            if token.refresh_used_at is not None:
                await _end_reused(session, grant, client, "refresh token")
            elif token.refresh_expires_at > now and _lives(grant, client, membership):
                if not set(command.scopes) <= set(grant.scopes):
                    raise InvalidFields({"scopes": ["Ask for what was granted, or for less."]})
                token.refresh_used_at = now
                issued = await _issue(session, grant, list(command.scopes) or grant.scopes)
    if issued is None:
        raise GrantSpent
    return issued


def _with_its_grant(
    spent: type[OAuthCodeRow] | type[OAuthTokenRow], client_id: str
) -> Select[*tuple[Any, ...]]:
    """A code or token of the client, its grant, the client, and the person's membership if any.

    Both rows are locked: of two at once the second sees what the first did.
    """
    return (
        select(spent, OAuthGrantRow, OAuthClientRow, col(MembershipRow.id))
        .join(OAuthGrantRow, col(OAuthGrantRow.id) == spent.grant_id)
        .join(OAuthClientRow, col(OAuthClientRow.id) == OAuthGrantRow.client_row_id)
        .outerjoin(
            MembershipRow,
            and_(
                col(MembershipRow.user_id) == OAuthGrantRow.user_id,
                col(MembershipRow.organization_id) == OAuthGrantRow.organization_id,
            ),
        )
        .where(col(OAuthClientRow.client_id) == client_id)
        .with_for_update(of=(spent, OAuthGrantRow))
    )


def _lives(grant: OAuthGrantRow, client: OAuthClientRow, membership: object | None) -> bool:
    return grant.revoked_at is None and client.revoked_at is None and membership is not None


async def _issue(session: AsyncSession, grant: OAuthGrantRow, scopes: list[str]) -> IssuedTokens:
    now = outside().clock.now()
    access = spell(ACCESS_PREFIX, outside().dice.throw(32))
    refresh = spell(REFRESH_PREFIX, outside().dice.throw(32))
    session.add(
        OAuthTokenRow(
            created_at=now,
            grant_id=grant.id,
            access_hash=fingerprint(access),
            refresh_hash=fingerprint(refresh),
            scopes=list(scopes),
            access_expires_at=now + ACCESS_LIFETIME,
            refresh_expires_at=now + REFRESH_LIFETIME,
        )
    )
    await session.flush()
    return IssuedTokens(
        scopes=tuple(scopes),
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        access_token=access,
        refresh_token=refresh,
    )


async def _end_reused(
    session: AsyncSession,
    grant: OAuthGrantRow,
    client: OAuthClientRow,
    what: Literal["code", "refresh token"],
) -> None:
    """End the grant, and say so in the audit log the first time."""
    if grant.revoked_at is not None:
        return
    grant.revoked_at = outside().clock.now()
    await session.flush()
    await record_act(
        Act(
            organization_id=grant.organization_id,
            actor_kind="oauth",
            actor_id=client.id,
            actor_name=client.name,
            action="grant.reuse_detected",
            target=f"grant {grant.id}",
            detail={"client": client.client_id, "reused": what},
        )
    )
