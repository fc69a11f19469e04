"""Codes that follow a link, and links on custom domains."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.rules.errors import NotFound
from activities.visits.access import AskAccess, ask_access
from activities.visits.leading import Gone, PasswordNeeded
from activities.visits.targets import FindHome, find_home
from tests.builders.tenants import a_code, a_heard_tenant, a_tenant
from tests.builders.visits import a_domain, a_link, click, count, led_to, scan, somebody
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

OWN = "https://example.com/own"
HOST = "links.acme.com"


async def tied(destination: str | None = OWN, **link: Any) -> str:
    """The short code of a code that is tied to such a link."""
    by = await a_heard_tenant()
    led = await a_link(by, slug="led", **link)
    code = await a_code(by, destination, short_code="tied", link_id=led.id)  # type: ignore[arg-type]
    return code.short_code or ""


async def test_a_tied_code_leads_by_the_rules_of_its_link_and_counts_for_itself(
    database: AsyncConnection,
) -> None:
    when = [{"type": "country", "in": ["FR"]}]
    rule = {"id": "fr", "when": when, "destinationUrl": "https://example.fr/"}
    code = await tied(rules=(rule,), utm={"source": "flyer"}, passes_query=True)
    assert led_to(await scan(code, query="a=b")) == "https://example.com/l?utm_source=flyer&a=b"
    led = led_to(await scan(code, somebody(country="FR")))
    assert led == "https://example.fr/?utm_source=flyer"
    assert await count(database, "scan WHERE asset_id = (SELECT id FROM qr_code)") == 2
    assert await count(database, "scan") == 2
    assert await count(database, "scan WHERE rule = 'fr'") == 1
    assert await count(database, "event WHERE kind = 'qr.scanned'") == 2
    assert await count(database, "event WHERE kind = 'link.clicked'") == 0


@pytest.mark.parametrize("what", ["is_active = false", "deleted_at = now()"])
async def test_a_tied_code_outlives_its_link(database: AsyncConnection, what: str) -> None:
    code = await tied(password="sesame", expires_at=NOW)
    await database.execute(text(f"UPDATE link SET {what}"))
    assert led_to(await scan(code)) == OWN
    await database.execute(text("UPDATE qr_code SET destination_url = NULL"))
    with pytest.raises(NotFound):
        await scan(code)


async def test_the_terms_of_the_link_hold_for_its_code(database: AsyncConnection) -> None:
    code = await tied(expires_at=NOW)
    assert await scan(code) == Gone()
    await database.execute(text("UPDATE link SET expired_url = 'https://example.com/over'"))
    assert led_to(await scan(code)) == "https://example.com/over"
    await database.execute(
        text("UPDATE link SET expires_at = NULL, starts_at = :at"), {"at": NOW + timedelta(1)}
    )
    with pytest.raises(NotFound):
        await scan(code)


async def test_the_password_of_the_link_guards_its_code_too(database: AsyncConnection) -> None:
    code = await tied(password="sesame")
    needed = await scan(code)
    assert isinstance(needed, PasswordNeeded)
    assert needed.kind == "link"
    granted = await ask_access(AskAccess("qr", "sesame", "192.0.2.1", slug=code))
    assert granted.asset_id == needed.asset_id
    access = {granted.asset_id.hex: granted.token}
    assert led_to(await scan(code, access=access)) == "https://example.com/l"
    assert led_to(await click("led", access=access)) == "https://example.com/l"


async def test_the_limit_of_a_tied_code_is_its_own(database: AsyncConnection) -> None:
    code = await tied()
    await database.execute(text("UPDATE qr_code SET visit_limit = 1"))
    led_to(await scan(code))
    assert await scan(code) == Gone()
    led_to(await click("led"))
    assert await count(database, "event WHERE kind = 'qr.scan_limit_reached'") == 1


@pytest.mark.parametrize("host", [HOST, "LINKS.Acme.com:443", "links.acme.com."])
async def test_a_custom_domain_has_links_of_its_own(database: AsyncConnection, host: str) -> None:
    by = await a_heard_tenant()
    await a_domain(by)
    await a_link(by, "https://example.com/custom", slug="menu", domain=HOST)
    await a_link(by, "https://example.com/default", slug="menu")
    assert led_to(await click("menu", host=host)) == "https://example.com/custom"
    assert led_to(await click("menu", host="ink.test")) == "https://example.com/default"
    told = await database.execute(
        text("SELECT payload->>'domain' FROM event WHERE kind = 'link.clicked' ORDER BY sequence")
    )
    assert list(told.scalars()) == [HOST, None]


async def test_a_custom_domain_has_nothing_of_others() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    await a_domain(by)
    mine, theirs = await a_code(by), await a_code(other)
    await a_link(other, slug="theirs")
    led_to(await scan(mine.short_code, host=HOST))
    with pytest.raises(NotFound):
        await scan(theirs.short_code, host=HOST)
    with pytest.raises(NotFound):
        await click("theirs", host=HOST)


@pytest.mark.parametrize(
    "host",
    [
        *("", "ink.test", "INK.TEST", "www.ink.test", "localhost:8000", "127.0.0.1", "[::1]:8000"),
        *("web.internal", "elsewhere.example.com", "a b", "[", "links.acme.com:no"),
    ],
)
async def test_any_other_host_is_the_default_domain(host: str) -> None:
    by = await a_tenant()
    await a_link(by, slug="menu")
    assert led_to(await click("menu", host=host)) == "https://example.com/l"


async def test_a_domain_that_nobody_proved_takes_nothing_away() -> None:
    by = await a_tenant()
    await a_link(by, slug="menu")
    await a_domain(by, status="pending")
    assert led_to(await click("menu", host=HOST)) == "https://example.com/l"


@pytest.mark.parametrize("what", ["deleted_at = now()", "status = 'failed'"])
async def test_a_domain_that_was_somebodys_never_shows_what_is_of_others(
    database: AsyncConnection, what: str
) -> None:
    by, other = await a_tenant(), await a_tenant("other")
    await a_domain(by)
    await a_link(other, slug="menu")
    await database.execute(text(f"UPDATE domain SET {what}"))
    for slug in ("menu", "nothing"):
        with pytest.raises(NotFound):
            await click(slug, host=HOST)


async def test_a_domain_that_changed_hands_is_the_new_owners(database: AsyncConnection) -> None:
    old, new = await a_tenant(), await a_tenant("new")
    await a_domain(old)
    await database.execute(text("UPDATE domain SET deleted_at = now()"))
    await a_domain(new)
    home = await find_home(FindHome(HOST))
    assert home is not None
    assert home.organization_id == new.organization_id
