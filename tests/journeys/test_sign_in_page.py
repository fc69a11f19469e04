"""Signing in as a person does: the page, its captcha, the link in the mailbox, the cookie."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.builders.captcha import solve
from tests.journeys.browser import CHROMIUM, a_tab
from tests.journeys.conftest import until
from workers.stack import Stack

SIGN_IN = """
(async () => {
  await customElements.whenDefined("altcha-widget");
  document.querySelector("#email").value = "grace@example.com";
  document.querySelector("button[type=submit]").click();
  while (!sent.textContent && !trouble.textContent) await new Promise((go) => setTimeout(go, 50));
  return [sent.textContent, trouble.textContent, document.activeElement.id];
})()
"""


async def links_to(client: httpx.AsyncClient, address: str) -> list[str]:
    """The links that were mailed to an address."""
    mails = (await client.get("/dev/mailbox", headers={"Accept": "application/json"})).json()
    return [mail["link"] for mail in mails["items"] if mail["to"] == address]


async def test_a_solved_captcha_earns_one_link_that_signs_in(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.api, timeout=10) as client:
        assert (await client.get("/sign-in")).status_code == 200
        challenge = await client.post("/api/public/rcaptcha/challenge")
        solved = {"payload": await solve(challenge.json())}
        earned = await client.post("/api/public/rcaptcha/verify", json=solved)
        assert earned.status_code == 200, earned.text
        asked = {"email": "page@example.com", "captcha": earned.json()["token"], "next": "/docs"}
        assert (await client.post("/api/auth/email", json=asked)).status_code == 202
        refused = await client.post("/api/auth/email", json=asked)
        assert (refused.status_code, refused.json()["code"]) == (400, "CAPTCHA_REFUSED")
        replayed = await client.post("/api/public/rcaptcha/verify", json=solved)
        assert (replayed.status_code, replayed.json()["code"]) == (400, "CAPTCHA_REFUSED")

        async def arrived() -> bool:
            return bool(await links_to(client, "page@example.com"))

        await until(arrived)
        (link,) = await links_to(client, "page@example.com")
        opened = await client.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/docs")
        assert "ink_session" in opened.cookies
        spent = await client.get(link)
        assert spent.headers["location"].startswith("/sign-in?")
        told = await client.get(spent.headers["location"])
        assert "used before or is too old" in told.text


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
async def test_a_browser_solves_the_captcha_under_the_policy_of_the_page(
    stack: Stack, tmp_path: Path
) -> None:
    async with a_tab(tmp_path) as tab:
        await tab.open(f"{stack.api}/sign-in?next=/docs")
        sent, trouble, focused = await tab.run(SIGN_IN)
        assert (trouble, focused) == ("", "sent")
        assert "grace@example.com" in sent
        assert tab.complaints == []
