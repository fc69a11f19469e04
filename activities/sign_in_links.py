"""Signing in without a password: a link by mail, good once and for 15 minutes.

Asking for one does the same work whether an account has the address or not, and the answer is the
same: the account is looked for, or made, when the link is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from sqlalchemy import update
from sqlmodel import col

from activities.captcha import SpendCaptcha, spend_captcha
from activities.mail import QueueMail, queue_mail
from activities.meters import Take, take
from activities.outside import outside
from activities.people import ProveAddress, canonical_address, prove_address
from activities.rules.credentials import fingerprint, spell
from activities.rules.errors import LinkSpent
from activities.rules.throttles import MAIL_ADDRESS
from activities.sessions import OpenSession, open_session
from schema.db import transaction
from schema.tables import SignInLinkRow

Purpose = Literal["sign_in", "confirm"]

PREFIX = "sil_"
LIFETIME = timedelta(minutes=15)
PATH = "/api/auth/verify"
"""Where the link leads."""

HOME = "/"

_OWN_PATH = re.compile(r"/(?!/)[!-\[\]-~]{0,4095}")
"""A path of this site: one slash first, visible ASCII, no backslash (browsers read it as a slash),
no tab or line break (they drop them)."""


@dataclass(frozen=True)
class RequestSignIn:
    """Mail a link to this address. `captcha` is a token of `verify_solution`.

    `next_path` is where to go afterwards; what is no path of this site becomes its home.
    """

    email: str
    captcha: str
    next_path: str = HOME


@dataclass(frozen=True)
class OpenByLink:
    """Open the link with this token, in the browser that `agent` tells in words."""

    token: str
    agent: str = ""


@dataclass(frozen=True)
class SignedIn:
    """The cookie's value, when it ends unless it is used, and where to go now."""

    token: str
    expires_at: datetime
    next_path: str


@dataclass(frozen=True)
class SpendLink:
    """Use up the link with this token, if it was mailed for this purpose."""

    token: str = field(repr=False)
    purpose: Purpose


@dataclass(frozen=True)
class SpentLink:
    """The address that the link was mailed to, and where to go now."""

    email: str = field(repr=False)
    next_path: str


async def request_sign_in(command: RequestSignIn) -> None:
    """Put the mail on its way; links sent before stay good.

    Raises `InvalidFields`, `CaptchaRefused`, and `RateLimited` for an address that is asked for too
    often: only then is the captcha's token still unspent.
    """
    email = canonical_address(command.email)
    now = outside().clock.now()
    token = spell(PREFIX, outside().dice.throw(32))
    link = f"{outside().public_url}{PATH}?{urlencode({'token': token})}"
    words = {"link": link, "minutes": str(LIFETIME // timedelta(minutes=1))}
    async with transaction() as session:
        await spend_captcha(SpendCaptcha(command.captcha))
        await take(Take(MAIL_ADDRESS, email))
        session.add(
            SignInLinkRow(
                created_at=now,
                email=email,
                token_hash=fingerprint(token),
                next_path=own_path(command.next_path),
                expires_at=now + LIFETIME,
            )
        )
        await queue_mail(QueueMail("sign_in", email, words))


async def open_by_link(command: OpenByLink) -> SignedIn:
    """Use the link up and sign its address in; an address not seen before gets an account.

    Raises `LinkSpent` as `spend_link` does. Of two that open one link at once, one is refused.
    """
    async with transaction():
        link = await spend_link(SpendLink(command.token, "sign_in"))
        person = await prove_address(ProveAddress(link.email))
        opened = await open_session(OpenSession(person.id, command.agent))
    return SignedIn(opened.token, opened.expires_at, link.next_path)


async def spend_link(command: SpendLink) -> SpentLink:
    """Use the link up in the open transaction; what it is good for is up to the caller.

    Raises `LinkSpent` for a link that was used, is too old, was never ours, or is for another
    purpose.
    """
    now = outside().clock.now()
    spend = (
        update(SignInLinkRow)
        .where(
            col(SignInLinkRow.token_hash) == fingerprint(command.token),
            col(SignInLinkRow.purpose) == command.purpose,
            col(SignInLinkRow.used_at).is_(None),
            col(SignInLinkRow.expires_at) > now,
        )
        .values(used_at=now)
        .returning(col(SignInLinkRow.email), col(SignInLinkRow.next_path))
    )
    async with transaction() as session:
        spent = await session.execute(spend, execution_options={"synchronize_session": False})
        found = spent.first()
    if found is None:
        raise LinkSpent
    return SpentLink(*found)


def own_path(text: str) -> str:
    """The path if it is one of this site, the home otherwise."""
    return text if _OWN_PATH.fullmatch(text) else HOME
