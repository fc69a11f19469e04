"""Pairs of an access and a refresh token, for people who sign in to the studio dialect.

The access token is a JWT (RFC 7519) of 15 minutes, signed with HS256; the refresh token is random,
used once, and answered with a new pair. All pairs of one sign-in are a family. A refresh token that
comes a second time was copied, so its whole family ends (RFC 9700, 4.14.2). Of two uses at once one
gets a pair and the other counts as the second use: the pair that was given ends with its family.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.audit import Act, Action, record_act
from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.credentials import fingerprint, must_be_alive, spell
from activities.rules.errors import CredentialExpired, CredentialRevoked, CredentialUnknown
from activities.rules.permissions import OF_ROLE, role_named
from schema.db import transaction
from schema.tables import (
    MembershipRow,
    OrganizationRow,
    RefreshTokenRow,
    TokenFamilyRow,
    UserRow,
)

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=30)
REFRESH_PREFIX = "rft_"
AUDIENCE = "studio"
ALGORITHM = "HS256"


@dataclass(frozen=True)
class OpenPair:
    """The first pair of a new family: this person in this organization."""

    user_id: UUID
    organization_id: UUID


@dataclass(frozen=True)
class Pair:
    """Two tokens, shown this once; `expires_in` are the seconds that `access` lives."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    family_id: UUID


@dataclass(frozen=True)
class RefreshPair:
    """A new pair for this refresh token."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class RevokePair:
    """End the sign-in that this refresh token descends from."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class AuthenticateJwt:
    """Who is behind this access token?"""

    token: str = field(repr=False)


async def open_pair(command: OpenPair) -> Pair:
    """Begin a family; what proved the person was checked before."""
    family = TokenFamilyRow(
        created_at=outside().clock.now(),
        user_id=command.user_id,
        organization_id=command.organization_id,
    )
    async with transaction() as session:
        session.add(family)
        await session.flush()
        return await _issue(session, family)


async def refresh_pair(command: RefreshPair) -> Pair:
    """The next pair of the family. Never inside a transaction: a second use must stay recorded.

    Raises `CredentialUnknown`; `CredentialExpired` after 30 days without use; `CredentialRevoked`
    when the family has ended, ends now by a second use, or its person left the organization.
    """
    now = outside().clock.now()
    async with transaction() as session:
        token, family = await _hold(session, command.token)
        if token.used_at is None:
            must_be_alive(now, expires_at=token.expires_at, revoked_at=family.revoked_at)
            if await _is_member(session, family):
                token.used_at = now
                return await _issue(session, family)
        elif family.revoked_at is None:
            family.revoked_at = now
            await _record(session, family, "token.reuse_detected")
    raise CredentialRevoked


async def revoke_pair(command: RevokePair) -> None:
    """Sign out: both tokens end at once. A token that is not known changes nothing."""
    async with transaction() as session:
        try:
            _, family = await _hold(session, command.token)
        except CredentialUnknown:
            return
        if family.revoked_at is None:
            family.revoked_at = outside().clock.now()
            await _record(session, family, "session.revoked")


async def authenticate_jwt(command: AuthenticateJwt) -> Actor:
    """The actor behind an access token, with role and plan as they are now; one query.

    Raises `CredentialExpired` after 15 minutes, `CredentialRevoked` when its family has ended, and
    `CredentialUnknown` for everything else, also when the person left the organization.
    """
    now = outside().clock.now()
    user_id, organization_id, family_id = _read(command.token, now)
    async with transaction() as session:
        found = await _find(session, user_id, organization_id, family_id)
    if found is None:
        raise CredentialUnknown
    name, role, plan, revoked_at = found
    must_be_alive(now, expires_at=None, revoked_at=revoked_at)
    return Actor(
        organization_id=organization_id,
        credential_id=family_id,
        dialect="studio",
        name=name,
        plan=plan,
        permissions=OF_ROLE[role_named(role)],
        kind="jwt",
        user_id=user_id,
        role=role_named(role),
    )


async def _find(
    session: AsyncSession, user_id: UUID, organization_id: UUID, family_id: UUID
) -> tuple[str, str, str, datetime | None] | None:
    """The person's name, role and plan, and when the family ended; None without membership."""
    query = (
        select(UserRow.name, MembershipRow.role, OrganizationRow.plan, TokenFamilyRow.revoked_at)
        .select_from(TokenFamilyRow)
        .join(UserRow, col(UserRow.id) == col(TokenFamilyRow.user_id))
        .join(OrganizationRow, col(OrganizationRow.id) == col(TokenFamilyRow.organization_id))
        .join(
            MembershipRow,
            and_(
                col(MembershipRow.user_id) == col(TokenFamilyRow.user_id),
                col(MembershipRow.organization_id) == col(TokenFamilyRow.organization_id),
            ),
        )
        .where(
            TokenFamilyRow.id == family_id,
            TokenFamilyRow.user_id == user_id,
            TokenFamilyRow.organization_id == organization_id,
        )
    )
    found = (await session.execute(query)).first()
    return (found[0], found[1], found[2], found[3]) if found else None


async def _hold(session: AsyncSession, token: str) -> tuple[RefreshTokenRow, TokenFamilyRow]:
    """The token and its family, locked until the transaction ends: of two uses one is second."""
    query = (
        select(RefreshTokenRow, TokenFamilyRow)
        .join(TokenFamilyRow, col(TokenFamilyRow.id) == col(RefreshTokenRow.family_id))
        .where(RefreshTokenRow.token_hash == fingerprint(token))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(query)).first()
    if found is None:
        raise CredentialUnknown
    return found[0], found[1]


async def _is_member(session: AsyncSession, family: TokenFamilyRow) -> bool:
    query = select(MembershipRow.id).where(
        MembershipRow.user_id == family.user_id,
        MembershipRow.organization_id == family.organization_id,
    )
    return (await session.execute(query)).first() is not None


async def _issue(session: AsyncSession, family: TokenFamilyRow) -> Pair:
    now = outside().clock.now()
    refresh = spell(REFRESH_PREFIX, outside().dice.throw(32))
    session.add(
        RefreshTokenRow(
            created_at=now,
            family_id=family.id,
            token_hash=fingerprint(refresh),
            expires_at=now + REFRESH_LIFETIME,
        )
    )
    await session.flush()
    lifetime = int(ACCESS_LIFETIME.total_seconds())
    return Pair(_sign(family, now, lifetime), refresh, lifetime, family.id)


def _sign(family: TokenFamilyRow, now: datetime, lifetime: int) -> str:
    began = int(now.timestamp())
    claims = {
        "iss": outside().public_url,
        "aud": AUDIENCE,
        "sub": str(family.user_id),
        "org": str(family.organization_id),
        "fam": str(family.id),
        "iat": began,
        "exp": began + lifetime,
        "jti": outside().dice.throw(16).hex(),
    }
    return jwt.encode(claims, _key(), ALGORITHM)


def _read(token: str, now: datetime) -> tuple[UUID, UUID, UUID]:
    """Person, organization and family that a token names. Raises as `authenticate_jwt`."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=outside().public_url,
            options={
                "require": ["iss", "aud", "sub", "org", "fam", "iat", "exp", "jti"],
                "strict_aud": True,
                # Times are compared with our own clock, below.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        ends = int(claims["exp"])
        named = UUID(claims["sub"]), UUID(claims["org"]), UUID(claims["fam"])
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError):
        raise CredentialUnknown from None
    if ends <= now.timestamp():
        raise CredentialExpired
    return named


def _key() -> bytes:
    return outside().vault.derive("studio access token")


async def _record(session: AsyncSession, family: TokenFamilyRow, action: Action) -> None:
    user = await session.get_one(UserRow, family.user_id)
    target = f"token family {family.id}"
    await record_act(Act(family.organization_id, "jwt", user.id, user.name, action, target))
