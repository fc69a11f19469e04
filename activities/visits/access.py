"""Access to protected codes and links: a password for a token that a browser keeps for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from activities.meters import Take, take
from activities.outside import outside
from activities.passwords import CheckPassword, check_password
from activities.rules import access_tokens, slugs
from activities.rules.errors import AccessRefused, InvalidFields, NotFound
from activities.rules.throttles import ACCESS, ACCESS_NETWORK
from activities.visits.leading import is_open
from activities.visits.targets import (
    Asset,
    FindHome,
    FindTarget,
    Home,
    Kind,
    find_home,
    find_target,
    foreign_name,
)
from schema.db import transaction


@dataclass(frozen=True)
class AskAccess:
    """Somebody has a password for a code or link: that with `id`, or `slug` on `domain`.

    Without `domain` it is the default one. `network` is where the question comes from.
    """

    kind: Kind
    password: str = field(repr=False)
    network: str
    id: UUID | None = None
    slug: str | None = None
    domain: str = ""


@dataclass(frozen=True)
class Access:
    """What opens the asset until `expires_at`, unless its password is changed before."""

    asset_id: UUID
    token: str = field(repr=False)
    expires_at: datetime


async def ask_access(command: AskAccess) -> Access:
    """Access for the right password. Of a code it may be the password of the link it is tied to.

    Raises `AccessRefused` for a wrong password; `NotFound`, after the same work, for what is not
    there, not open or not protected; `RateLimited` for one asset asked too often, by one network or
    by all; `InvalidFields` without `id` and `slug`.
    """
    if command.id is None and not command.slug:
        raise InvalidFields({"id": ["Give the id, or the slug."]})
    guard = await _find_guard(command)
    asked = guard.id.hex if guard else f"{command.kind} {command.id or command.slug}"
    await take(Take(ACCESS_NETWORK, f"{asked} {command.network}"))
    await take(Take(ACCESS, asked))
    stored = guard.password_hash if guard else None
    checked = await check_password(CheckPassword(command.password, stored))
    if guard is None or stored is None:
        raise NotFound("protected code or link")
    if not checked.is_right:
        raise AccessRefused
    expires_at = (outside().clock.now() + access_tokens.LASTS).replace(microsecond=0)
    key = outside().vault.derive("asset access")
    return Access(guard.id, access_tokens.spell(key, guard.id, stored, expires_at), expires_at)


async def _find_guard(command: AskAccess) -> Asset | None:
    """Whose password it has to be; None where there is nothing to open."""
    async with transaction():
        try:
            home = await _home(command)
        except NotFound:
            return None
        if command.slug and not slugs.could_exist(command.slug):
            return None
        slug = command.slug if command.id is None else None
        target = await find_target(FindTarget(command.kind, slug, command.id, home))
    if target is None or not is_open(target, outside().clock.now()):
        return None
    return target.guard


async def _home(command: AskAccess) -> Home | None:
    """The domain that was named. Other than a Host header, a name that is nobody's is a mistake."""
    home = await find_home(FindHome(command.domain))
    if home is None and foreign_name(command.domain):
        raise NotFound("domain")
    return home
