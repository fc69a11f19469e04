"""Sign-in links as the person who gets the mail sees them."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from sqlmodel import col, select

from activities.letters import NOBODY
from activities.outside import outside
from activities.people import canonical_address
from activities.rules.actors import Person
from activities.sessions import AuthenticatePerson, authenticate_person
from activities.sign_in_links import OpenByLink, RequestSignIn, open_by_link, request_sign_in
from schema.db import transaction
from schema.tables import MailRow
from tests.builders.captcha import a_captcha_token


async def mailed_words(email: str) -> list[dict[str, str]]:
    """The words of every mail to the address, the oldest first."""
    recipient = canonical_address(email)
    query = select(MailRow).where(MailRow.recipient == recipient).order_by(col(MailRow.created_at))
    async with transaction() as session:
        rows = (await session.execute(query)).scalars().all()
    vault = outside().vault
    return [
        json.loads(vault.open(row.sealed_words or b"", organization=NOBODY, row=row.id))
        for row in rows
    ]


async def mailed_tokens(email: str) -> set[str]:
    """The tokens of all links that were mailed to the address."""
    links = [words["link"] for words in await mailed_words(email)]
    return {parse_qs(urlsplit(link).query)["token"][0] for link in links}


async def a_link(email: str, next_path: str = "/") -> str:
    """The token of a new link for the address."""
    before = await mailed_tokens(email)
    await request_sign_in(RequestSignIn(email, await a_captcha_token(), next_path))
    (token,) = await mailed_tokens(email) - before
    return token


async def a_visit(email: str) -> tuple[Person, str]:
    """Who opens a link to the address, and the cookie that they get."""
    opened = await open_by_link(OpenByLink(await a_link(email)))
    return await authenticate_person(AuthenticatePerson(opened.token)), opened.token
