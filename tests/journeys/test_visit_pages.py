"""The pages that visitors meet, in a browser: a password opens a code, an app is tried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import web

from activities.rules.actors import Actor
from tests.builders.tenants import a_code, a_tenant
from tests.builders.visits import a_link
from tests.journeys.browser import CHROMIUM, Tab, a_tab
from tests.journeys.conftest import until
from workers.bootstrap import gateways
from workers.stack import Stack

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

LOOK = "[location.href, document.querySelector('h1').textContent]"

TYPE = """
(async (typed) => {
  password.value = typed;
  trouble.textContent = "";
  document.querySelector("#access button").click();
  while (!trouble.textContent) await new Promise((go) => setTimeout(go, 20));
  return [trouble.textContent, document.activeElement.id, document.cookie];
})(%r)
"""

ENTER = "password.value = 'sesame'; document.querySelector('#access button').click()"

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest_asyncio.fixture
async def by(stack: Stack) -> AsyncIterator[Actor]:
    async with gateways(stack.settings):
        yield await a_tenant(f"visited-{uuid4().hex[:8]}")


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[str]:
    """A page of another server that a code may lead to."""

    async def show(_: web.Request) -> web.Response:
        return web.Response(text="<h1>Elsewhere</h1>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/there", show)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/there"
    await runner.cleanup()


async def has_come(tab: Tab, address: str) -> None:
    """Wait until the browser is there."""

    async def there() -> bool:
        return bool(await tab.run("location.href") == address)

    await until(there)


async def test_the_password_opens_a_code_in_the_browser_that_knows_it(
    stack: Stack, by: Actor, tmp_path: Path, elsewhere: str
) -> None:
    code = await a_code(by, elsewhere, password="sesame")
    page = f"{stack.api}/q/{code.short_code}"
    async with a_tab(tmp_path) as tab:
        await tab.open(page)
        assert await tab.run(LOOK) == [page, "This needs a password"]
        assert await tab.run("document.activeElement.id") == "password"
        assert await tab.run(TYPE % "") == ["Type the password.", "password", ""]
        trouble, focused, cookies = await tab.run(TYPE % "Sesame")
        assert ("not right" in trouble, focused, cookies) == (True, "password", "")
        assert [told for told in tab.complaints if "403" not in told] == []
        await tab.run(ENTER)
        await has_come(tab, elsewhere)
        await tab.open(page)
        assert await tab.run("location.href") == elsewhere


async def test_a_phone_without_the_app_goes_on_after_a_moment(
    stack: Stack, by: Actor, tmp_path: Path, elsewhere: str
) -> None:
    apps = {"ios": {"url": "inkloom-nobody://item/1"}}
    slug = f"app-{uuid4().hex[:8]}"
    await a_link(by, elsewhere, slug=slug, deep_links=apps)
    async with a_tab(tmp_path) as tab:
        await tab._ask("Network.setUserAgentOverride", userAgent=IPHONE)
        await tab.open(f"{stack.api}/{slug}")
        await has_come(tab, elsewhere)
        # The page between tells other servers nothing of itself.
        assert await tab.run("document.referrer") == ""
