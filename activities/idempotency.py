"""A create that can be asked for again: the first answer is kept and given to every retry.

The create and its answer are one transaction, so a crash between them cannot make a second row, and
of two at once one waits for nothing and is told to come back.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.outside import outside
from activities.rules.errors import IdempotencyMismatch, IdempotencyRunning
from schema.db import through_deadlocks, transaction
from schema.tables import IdempotencyRow

KEPT = timedelta(hours=24)
MOST_AT_ONCE = 4
"""Creates with a key hold a connection from first to last; others must find one too."""


@dataclass(frozen=True)
class Once:
    """Do `act` unless this `scope` has done it under `key`; `fingerprint` tells requests apart.

    `act` answers bytes that stand for the whole answer; what it raises is not kept.
    """

    scope: UUID
    key: str
    fingerprint: bytes
    act: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class Kept:
    """The answer, and whether it is that of an earlier request."""

    answer: bytes
    is_replay: bool


async def once(command: Once) -> Kept:
    """The answer of `act`, or the one kept for 24 hours under the key. After a deadlock `act` is
    done again: what it did before did not happen.

    Raises `IdempotencyMismatch` for a key that was used for another request and
    `IdempotencyRunning` while the first one is under way in any process.
    """
    command = replace(command, fingerprint=_sealed(command.fingerprint))
    return await through_deadlocks(lambda: _answer(command))


async def _answer(command: Once) -> Kept:
    key_hash = hashlib.sha256(command.scope.bytes + command.key.encode()).digest()
    async with _gate(), transaction() as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(_lock(key_hash)))):
            raise IdempotencyRunning
        kept = await _find(session, key_hash)
        if kept is not None:
            if not hmac.compare_digest(kept.fingerprint, command.fingerprint):
                raise IdempotencyMismatch
            sealed = outside().vault.open(
                kept.sealed_answer, organization=command.scope, row=kept.id
            )
            return Kept(base64.b64decode(sealed), is_replay=True)
        answer = await command.act()
        await _keep(session, command, key_hash, answer)
        return Kept(answer, is_replay=False)


def _sealed(fingerprint: bytes) -> bytes:
    """Keyed, so that who reads the table cannot try which password a sign-up was sent with."""
    return hmac.digest(outside().vault.derive("idempotency fingerprint"), fingerprint, "sha256")


def _lock(key_hash: bytes) -> int:
    return int.from_bytes(key_hash[:8], "big", signed=True)


async def _find(session: AsyncSession, key_hash: bytes) -> IdempotencyRow | None:
    found = (
        await session.execute(select(IdempotencyRow).where(IdempotencyRow.key_hash == key_hash))
    ).scalar_one_or_none()
    if found is not None and found.expires_at <= outside().clock.now():
        await session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.id) == found.id))
        return None
    return found


async def _keep(session: AsyncSession, command: Once, key_hash: bytes, answer: bytes) -> None:
    now, row_id = outside().clock.now(), uuid4()
    session.add(
        IdempotencyRow(
            id=row_id,
            created_at=now,
            scope=command.scope,
            key_hash=key_hash,
            fingerprint=command.fingerprint,
            sealed_answer=outside().vault.seal(
                base64.b64encode(answer).decode(),
                organization=command.scope,
                row=row_id,
                nonce=outside().dice.throw(12),
            ),
            expires_at=now + KEPT,
        )
    )
    await session.flush()


class _Gate:
    """The semaphore of the loop that runs."""

    loop: asyncio.AbstractEventLoop | None = None
    semaphore = asyncio.Semaphore(MOST_AT_ONCE)


def _gate() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    if _Gate.loop is not loop:
        _Gate.loop, _Gate.semaphore = loop, asyncio.Semaphore(MOST_AT_ONCE)
    return _Gate.semaphore
