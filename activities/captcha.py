"""The captcha: a proof of work by ALTCHA (PoW v2), made and judged here. Nobody is tracked.

A challenge is signed and not stored; its solution is taken once and earns a token; the token lets
one form through. ALTCHA looks at the machine's clock and has no memory, so when a challenge ends is
signed in its `data`, and who judges a solution looks at our clock and at our table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import altcha
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from activities.outside import outside
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import CaptchaRefused
from schema.db import transaction
from schema.tables import SolvedCaptchaRow

PREFIX = "cap_"

LIFETIME = timedelta(minutes=10)
"""How long a challenge may be solved, and from then on how long its token may be spent."""

ALGORITHM = "PBKDF2/SHA-256"

COST = 2_000
"""Rounds of PBKDF2 in one try: 1 ms of ours to make a challenge, microseconds to judge one."""

TRIES = 2_000
"""The solution is one of the first so many numbers: on average half of them are tried.

Measured with Chromium on two cores of a 2026 server, 30 times: 0.5 s on average, 1.1 s at most. A
phone has slower cores and more of them, and the widget uses all. One core of native code needs 1 s.
"""

MOST_SIGNS = 4_096
"""No payload of the widget is longer; it has about 740."""


@dataclass(frozen=True)
class MakeChallenge:
    """Something to solve, for anybody."""


@dataclass(frozen=True)
class Challenge:
    """What the widget solves: ALTCHA's parameters as JSON values, and our signature of them."""

    parameters: Mapping[str, Any]
    signature: str
    expires_at: datetime


@dataclass(frozen=True)
class VerifySolution:
    """What the widget answers: base64 of the challenge's JSON with its solution."""

    payload: str


@dataclass(frozen=True)
class CaptchaToken:
    """Good for one form, until then."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class SpendCaptcha:
    """Let a form through for this token."""

    token: str


async def make_challenge(command: MakeChallenge) -> Challenge:
    """A new challenge. The number to find is drawn from all that are tried, since whoever knew that
    it is a large one would begin there."""
    ends = (outside().clock.now() + LIFETIME).replace(microsecond=0)
    make = partial(
        altcha.create_challenge,
        ALGORITHM,
        COST,
        counter=int.from_bytes(outside().dice.throw(8)) % TRIES,
        data={"until": int(ends.timestamp())},
        hmac_secret=outside().vault.derive("captcha"),
        hmac_key_secret=outside().vault.derive("captcha solution"),
    )
    made = await asyncio.to_thread(make)
    return Challenge(made.parameters.to_dict(), made.signature or "", ends)


async def verify_solution(command: VerifySolution) -> CaptchaToken:
    """A token for a solution that is right, in time, and new. Raises `CaptchaRefused`."""
    now = outside().clock.now()
    challenge = _solved(command.payload, now)
    token = spell(PREFIX, outside().dice.throw(32))
    take = (
        insert(SolvedCaptchaRow)
        .values(
            id=uuid4(),
            created_at=now,
            challenge_hash=fingerprint(challenge),
            token_hash=fingerprint(token),
            expires_at=now + LIFETIME,
        )
        .on_conflict_do_nothing(index_elements=["challenge_hash"])
        .returning(col(SolvedCaptchaRow.id))
    )
    async with transaction() as session:
        if await session.scalar(take) is None:
            raise CaptchaRefused
    return CaptchaToken(token, now + LIFETIME)


async def spend_captcha(command: SpendCaptcha) -> None:
    """Use up the token, in the open transaction if there is one. Raises `CaptchaRefused`.

    Of two that spend it at once, one is refused; where the transaction fails, it stays unspent.
    """
    now = outside().clock.now()
    spend = (
        update(SolvedCaptchaRow)
        .where(
            col(SolvedCaptchaRow.token_hash) == fingerprint(command.token),
            col(SolvedCaptchaRow.used_at).is_(None),
            col(SolvedCaptchaRow.expires_at) > now,
        )
        .values(used_at=now)
        .returning(col(SolvedCaptchaRow.id))
    )
    async with transaction() as session:
        spent = await session.execute(spend, execution_options={"synchronize_session": False})
        if spent.first() is None:
            raise CaptchaRefused


def _solved(payload: str, now: datetime) -> str:
    """The signature of the challenge that the payload solves: it names the challenge, however the
    payload is spelled."""
    if len(payload) > MOST_SIGNS:
        raise CaptchaRefused
    try:
        read = altcha.Payload.from_base64(payload)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise CaptchaRefused from fault
    signed = read.challenge.parameters
    # What the widget shows as the end is not part of what we signed.
    signed.expires_at = None
    judged = altcha.verify_solution(
        read,
        outside().vault.derive("captcha"),
        hmac_key_secret=outside().vault.derive("captcha solution"),
    )
    if not judged.verified or datetime.fromtimestamp((signed.data or {})["until"], UTC) <= now:
        raise CaptchaRefused
    return str(read.challenge.signature)
