"""Joining a team as a person does: the mail, its link, one button, the cookie."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from activities.accounts import (
    CreateOrganization,
    FindOrganization,
    create_organization,
    find_organization,
)
from activities.people import ProveAddress, prove_address
from activities.sessions import OpenSession, open_session
from tests.journeys.browser import CHROMIUM, a_tab
from tests.journeys.conftest import until
from workers.bootstrap import gateways
from workers.stack import Stack

TEAM = CreateOrganization(
    name="Looms <&> Sons",
    slug="looms",
    owner_email="owner@looms.example",
    owner_name="Ada",
    plan="enterprise",
)

LOOK = "[location.href, document.querySelector('h1').textContent]"

JOIN = """
(async (typed) => {
  document.querySelector("#name").value = typed;
  trouble.textContent = "";
  document.querySelector("#join button").click();
  while (!told.textContent && !trouble.textContent) await new Promise((go) => setTimeout(go, 20));
  const shown = [...document.querySelectorAll("main a")].filter((link) => link.offsetParent);
  return [told.textContent, trouble.textContent, document.activeElement.id, document.title,
          shown.map((link) => link.getAttribute("href")), document.cookie];
})(%s)
"""

BUSY = "203.0.113.77"
"""A network address from which too much is asked."""

WHO = "fetch('/api/auth/session').then((answer) => answer.json())"


@pytest_asyncio.fixture
async def owner(stack: Stack) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A client with the session of a team's owner, and the id of the team."""
    async with gateways(stack.settings):
        team = await find_organization(FindOrganization(TEAM.slug))
        team = team or await create_organization(TEAM)
        await prove_address(ProveAddress(TEAM.owner_email))
        token = (await open_session(OpenSession(team.owner_id))).token
    headers = {"Cookie": f"ink_session={token}", "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=stack.api, timeout=10, headers=headers) as client:
        yield client, f"org_{team.id.hex}"


async def mailed_link(client: httpx.AsyncClient, address: str) -> str:
    """The link of the one mail to an address, once it has come."""
    found: list[str] = []

    async def arrived() -> bool:
        mails = (await client.get("/dev/mailbox")).json()["items"]
        found[:] = [mail["link"] for mail in mails if mail["to"] == address]
        return bool(found)

    await until(arrived)
    (link,) = found
    return link


async def invited(owner: tuple[httpx.AsyncClient, str], stack: Stack, address: str) -> str:
    """Where the link in the mail of a new invitation leads."""
    client, team = owner
    asked = {"email": address, "role": "editor"}
    made = await client.post(f"/api/org/{team}/team-invites", json=asked)
    assert made.status_code == 201, made.text
    where, _, token = (await mailed_link(client, address)).partition("?token=")
    assert (urlsplit(where).path, token[:4]) == ("/invite", "inv_")
    return f"{stack.api}/invite?token={token}"


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
async def test_an_invitation_is_accepted_by_its_button_and_not_by_a_visit(
    stack: Stack, owner: tuple[httpx.AsyncClient, str], tmp_path: Path
) -> None:
    link = await invited(owner, stack, "grace@looms.example")
    for _ in range(2):
        assert (await owner[0].get(link)).status_code == 200
    async with a_tab(tmp_path) as tab:
        await tab.open(link)
        assert await tab.run(LOOK) == [f"{stack.api}/invite", "Join a team"]
        told, trouble, focused, title, onward, cookies = await tab.run(JOIN % "' Grace '")
        assert (told, trouble) == ("You now belong to Looms <&> Sons.", "")
        assert (focused, title, onward) == ("told", "You are in · Inkloom", ["/"])
        assert cookies == "", "a script can read the session"
        assert (await tab.run(WHO))["user"]["name"] == "Grace"
        assert tab.complaints == []
    logs = [(stack.data_dir / "logs" / f"{role}.log").read_text() for role in stack.children]
    assert any('"/invite"' in log for log in logs)
    assert not any(link.partition("=")[2] in log for log in logs)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
async def test_every_refusal_of_an_invitation_is_said_in_words(
    stack: Stack, owner: tuple[httpx.AsyncClient, str], tmp_path: Path
) -> None:
    async with a_tab(tmp_path) as tab:
        await tab.travel(BUSY)
        await tab.open(f"{stack.api}/invite?token=inv_nobodys")
        _, trouble, focused, *_ = await tab.run(JOIN % r"'Gr\u202eace'")
        assert (focused, "invisible character" in trouble) == ("name", True)
        await tab.travel(BUSY, offline=True)
        told, trouble, *_ = await tab.run(JOIN % "''")
        assert (told, "did not work" in trouble) == ("", True)
        await tab.travel(BUSY)
        await ask_until_refused(owner[0])
        told, trouble, *_ = await tab.run(JOIN % "''")
        assert told == ""
        assert re.fullmatch(r"Too many tries. Please come back in \d+ (second|minute)s?.", trouble)
        await tab.travel("203.0.113.78")
        told, _, focused, _, onward, _ = await tab.run(JOIN % "''")
        assert "used before" in told
        assert (focused, onward) == ("told", ["/sign-in"])


async def ask_until_refused(client: httpx.AsyncClient) -> None:
    """Try tokens from the busy address until it may try no more."""
    wrong, there = {"token": "inv_guessed"}, {"X-Forwarded-For": BUSY}
    for _ in range(60):
        tried = await client.post("/api/team-invites/accept", json=wrong, headers=there)
        if tried.status_code == 429:
            return
    raise AssertionError("nobody is slowed down")
