"""A password opens a protected code or link, and nothing tells whether there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.meters import Take, take
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.rules.errors import AccessRefused, InvalidFields, NotFound, RateLimited
from activities.rules.throttles import ACCESS, ACCESS_NETWORK
from activities.visits.access import Access, AskAccess, ask_access
from activities.visits.leading import PasswordNeeded
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import a_domain, a_link, click, led_to, scan
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

HOME = "192.0.2.1"


def opens(granted: Access) -> dict[str, str]:
    """What the browser has to show afterwards."""
    return {granted.asset_id.hex: granted.token}


@pytest.mark.parametrize("by_slug", [True, False])
async def test_the_right_password_opens_a_code_for_twelve_hours(
    clock: FixedClock, by_slug: bool
) -> None:
    code = await a_code(await a_tenant(), password="sesame")
    named: dict[str, Any] = {"slug": code.short_code} if by_slug else {"id": code.id}
    granted = await ask_access(AskAccess("qr", "sesame", HOME, **named))
    assert (granted.asset_id, granted.expires_at) == (code.id, NOW + timedelta(hours=12))
    clock.moment = granted.expires_at - timedelta(seconds=1)
    led_to(await scan(code.short_code, access=opens(granted)))
    clock.moment = granted.expires_at
    assert isinstance(await scan(code.short_code, access=opens(granted)), PasswordNeeded)


async def test_access_to_one_is_none_to_another() -> None:
    by = await a_tenant()
    one, other = await a_code(by, password="sesame"), await a_code(by, password="sesame")
    granted = await ask_access(AskAccess("qr", "sesame", HOME, id=one.id))
    stolen = {other.id.hex: granted.token, **opens(granted)}
    assert isinstance(await scan(other.short_code, access=stolen), PasswordNeeded)


async def test_another_password_ends_access() -> None:
    by = await a_tenant()
    code = await a_code(by, password="sesame")
    granted = await ask_access(AskAccess("qr", "sesame", HOME, id=code.id))
    for password in ("walnut", "sesame"):
        await update_qr_code(UpdateQrCode(by, id=code.id, password=password))
        assert isinstance(await scan(code.short_code, access=opens(granted)), PasswordNeeded)
    await update_qr_code(UpdateQrCode(by, id=code.id, password=None))
    led_to(await scan(code.short_code))


async def test_a_link_is_opened_on_its_own_domain() -> None:
    by = await a_tenant()
    await a_domain(by)
    host = "links.acme.com"
    link = await a_link(by, slug="menu", domain=host, password="sesame")
    granted = await ask_access(AskAccess("link", "sesame", HOME, slug="menu", domain=host))
    assert granted.asset_id == link.id
    led_to(await click("menu", host=host, access=opens(granted)))
    for domain in ("", "other.acme.com"):
        with pytest.raises(NotFound):
            await ask_access(AskAccess("link", "sesame", HOME, slug="menu", domain=domain))


async def test_a_wrong_password_is_refused() -> None:
    code = await a_code(await a_tenant(), password="sesame")
    with pytest.raises(AccessRefused):
        await ask_access(AskAccess("qr", "Sesame", HOME, id=code.id))


@pytest.mark.parametrize("state", ["unknown", "misspelled", "other kind", "unprotected"])
async def test_what_is_not_protected_is_not_told_from_what_is_not_there(state: str) -> None:
    protected = {} if state == "unprotected" else {"password": "sesame"}
    await a_code(await a_tenant(), short_code="known", **protected)
    slug = {"unknown": "unknown", "misspelled": "a b"}.get(state, "known")
    kind = "link" if state == "other kind" else "qr"
    with pytest.raises(NotFound, match="protected code or link"):
        await ask_access(AskAccess(kind, "sesame", HOME, slug=slug))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "what", ["is_active = false", "deleted_at = now()", "starts_at = '2999-1-1'"]
)
async def test_what_is_not_open_cannot_be_opened(database: AsyncConnection, what: str) -> None:
    code = await a_code(await a_tenant(), password="sesame")
    await database.execute(text(f"UPDATE qr_code SET {what}"))
    with pytest.raises(NotFound, match="protected code or link"):
        await ask_access(AskAccess("qr", "sesame", HOME, id=code.id))


async def test_something_has_to_be_named() -> None:
    with pytest.raises(InvalidFields):
        await ask_access(AskAccess("qr", "sesame", HOME))


async def test_one_network_tries_one_code_so_often_by_whatever_name() -> None:
    by = await a_tenant()
    code, other = await a_code(by, password="sesame"), await a_code(by, password="sesame")
    for named in ({"id": code.id}, {"slug": code.short_code}):
        with pytest.raises(AccessRefused):
            await ask_access(AskAccess("qr", "wrong", HOME, **named))
    for _ in range(ACCESS_NETWORK.burst - 2):
        await take(Take(ACCESS_NETWORK, f"{code.id.hex} {HOME}"))
    with pytest.raises(RateLimited):
        await ask_access(AskAccess("qr", "sesame", HOME, id=code.id))
    await ask_access(AskAccess("qr", "sesame", "192.0.2.2", id=code.id))
    await ask_access(AskAccess("qr", "sesame", HOME, id=other.id))


async def test_all_networks_together_try_one_code_so_often() -> None:
    code = await a_code(await a_tenant(), password="sesame")
    with pytest.raises(AccessRefused):
        await ask_access(AskAccess("qr", "wrong", HOME, id=code.id))
    for _ in range(ACCESS.burst - 1):
        await take(Take(ACCESS, code.id.hex))
    with pytest.raises(RateLimited):
        await ask_access(AskAccess("qr", "sesame", "198.51.100.1", id=code.id))


async def test_what_is_not_there_is_throttled_alike() -> None:
    for _ in range(ACCESS_NETWORK.burst - 1):
        await take(Take(ACCESS_NETWORK, f"qr unknown {HOME}"))
    with pytest.raises(NotFound):
        await ask_access(AskAccess("qr", "sesame", HOME, slug="unknown"))
    with pytest.raises(RateLimited):
        await ask_access(AskAccess("qr", "sesame", HOME, slug="unknown"))
