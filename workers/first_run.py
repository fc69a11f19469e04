"""What a fresh installation gets so that the first request works: an organization and a key."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from pathlib import Path

from activities.accounts import (
    CreateOrganization,
    FindOrganization,
    create_organization,
    find_organization,
)
from activities.keys import AuthenticateKey, CreateKey, authenticate_key, create_key
from activities.rules.errors import DomainError
from activities.sessions import OpenSession, open_session
from schema.settings import Settings, SettingWrong
from workers.bootstrap import gateways

HOME = CreateOrganization(
    name="Home",
    slug="home",
    owner_email="owner@example.com",
    owner_name="Owner",
    plan="enterprise",
)


@dataclass(frozen=True)
class LocalKey:
    """The key of this installation; `is_new` when it was made just now."""

    secret: str
    is_new: bool


def ensure_local_key(settings: Settings, data_dir: Path) -> LocalKey:
    """The studio key in `data_dir/api.key` (mode 600).

    Made with its organization when there is none, or when this database does not know it (a folder
    may see another DATABASE_URL than before).
    """
    path = data_dir / "api.key"
    if path.exists():
        secret = path.read_text().strip()
        if asyncio.run(_is_known(settings, secret)):
            return LocalKey(secret, is_new=False)
    # Whoever runs this machine reads its mailbox page.
    home = replace(HOME, is_owner_proved=settings.has_mailbox())
    secret = asyncio.run(make_key(settings, home, "first key"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:
        file.write(secret)
    return LocalKey(secret, is_new=True)


async def make_key(settings: Settings, wanted: CreateOrganization, name: str) -> str:
    """The secret of a new studio key of the organization, which is made when its slug is free."""
    async with gateways(settings):
        found = await find_organization(FindOrganization(wanted.slug))
        if found is None:
            found = await create_organization(wanted)
        return (await create_key(CreateKey(found.id, "studio", name))).secret


async def open_owner_session(settings: Settings, slug: str) -> str:
    """A session token of the owner of an organization, for the workspace dialect's cookie."""
    async with gateways(settings):
        found = await find_organization(FindOrganization(slug))
        if found is None:
            raise SettingWrong(f"There is no organization '{slug}' in this database")
        return (await open_session(OpenSession(found.owner_id))).token


async def _is_known(settings: Settings, secret: str) -> bool:
    async with gateways(settings):
        try:
            await authenticate_key(AuthenticateKey("studio", secret))
        except DomainError:
            return False
        return True
