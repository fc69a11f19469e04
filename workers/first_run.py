"""What a fresh installation gets so that the first request works: an organization and a key."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from activities.accounts import (
    CreateOrganization,
    FindOrganization,
    create_organization,
    find_organization,
)
from activities.keys import CreateKey, create_key
from activities.sessions import OpenSession, open_session
from schema.settings import Settings, SettingWrong
from workers.bootstrap import gateways

HOME = CreateOrganization(
    name="Home",
    slug="home",
    owner_email="owner@localhost",
    owner_name="Owner",
    plan="enterprise",
)


@dataclass(frozen=True)
class LocalKey:
    """The key of this installation; `is_new` when it was made just now."""

    secret: str
    is_new: bool


def ensure_local_key(settings: Settings, data_dir: Path) -> LocalKey:
    """The studio key in `data_dir/api.key` (mode 600), made with its organization when absent."""
    path = data_dir / "api.key"
    if path.exists():
        return LocalKey(path.read_text().strip(), is_new=False)
    secret = asyncio.run(_make_key(settings))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:
        file.write(secret)
    return LocalKey(secret, is_new=True)


async def open_owner_session(settings: Settings, slug: str) -> str:
    """A session token of the owner of an organization, for the workspace dialect's cookie."""
    async with gateways(settings):
        found = await find_organization(FindOrganization(slug))
        if found is None:
            raise SettingWrong(f"There is no organization '{slug}' in this database")
        return (await open_session(OpenSession(found.owner_id))).token


async def _make_key(settings: Settings) -> str:
    async with gateways(settings):
        home = await find_organization(FindOrganization(HOME.slug))
        if home is None:
            home = await create_organization(HOME)
        return (await create_key(CreateKey(home.id, "studio", "first key"))).secret
