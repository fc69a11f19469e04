"""A day of webhooks on top of the other one: everything that passes through one, and every way."""

from __future__ import annotations

import json
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from aiohttp import web

from tests.journeys.conftest import until
from tests.journeys.secrets_story import Story, end, forget, posted

ONLY_STORED = ("payload", "answer", "answer header", "filter")
"""What is known, and is kept in the database alone."""


@dataclass
class Receiver:
    """Answers with words of its own, and counts what it took and what it refused."""

    words: str
    header: str
    status: int = 500
    refused: int = 0
    taken: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        if self.status >= 300:
            self.refused += 1
        else:
            self.taken.append(await request.text())
        return web.Response(
            status=self.status, text=self.words, headers={"X-Internal": self.header}
        )


async def live_webhooks(story: Story) -> None:
    """Failures, a rotation, a pause, samples, a resend and a recovery."""
    for what in ONLY_STORED:
        story.known[what] = f"{what.replace(' ', '-')}-{secrets.token_urlsafe(18)}"
    receiver = Receiver(story.known["answer"], story.known["answer header"])
    application = web.Application()
    application.router.add_post("/hook", receiver.receive)
    async with AsyncExitStack() as ending:
        client = await ending.enter_async_context(story.client(**{"X-Api-Key": story.known["key"]}))
        runner = web.AppRunner(application)
        await runner.setup()
        ending.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        hook = await an_endpoint(story, client, url)
        ending.callback(forget, story, [hook])
        await fail_and_recover(story, client, f"/api/v1/webhooks/{hook}/", receiver)
    await end(story, story.known["key"])


async def an_endpoint(story: Story, client: httpx.AsyncClient, url: str) -> str:
    """One with secrets in its headers, whose own secret is rotated; its id."""
    token = story.hide("token in a custom header", secrets.token_urlsafe(24))
    wish = {
        "url": url,
        "events": ["qr.*", "conversion.recorded"],
        "retry_policy": [1],
        "ordering": "asset",
        "signs_ed25519": True,
        "headers": {"Authorization": f"Bearer {token}", "X-Warehouse": token},
        "filter": {"not": {"path": "$.data.name", "equals": story.known["filter"]}},
    }
    made = (await posted(client, "/api/v1/webhooks/", 201, json=wish)).json()
    rotated = await posted(client, f"/api/v1/webhooks/{made['id']}/rotate/", 200, json={})
    for when, secret in (("first", made["secret"]), ("second", rotated.json()["secret"])):
        story.hide(f"{when} secret of a rotated receiver", secret)
        story.hide(f"{when} secret of it without prefix", secret.partition("_")[2])
    return str(made["id"])


async def fail_and_recover(
    story: Story, client: httpx.AsyncClient, hook: str, receiver: Receiver
) -> None:
    """Two messages fail for good: one is resent, one recovered; a third was missed by a pause."""
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    for number in range(2):
        await a_code(story, client, f"failing {number}")
    await until(lambda: receiver.refused == 4)
    failed = f"{hook}deliveries/?status=failed"

    async def are_failed() -> bool:
        return len((await client.get(failed)).json()["results"]) == 2

    await until(are_failed)
    receiver.status = 200
    first = (await client.get(failed)).json()["results"][0]["id"]
    await posted(client, f"{hook}deliveries/{first}/resend/", 202)
    await until(lambda: len(receiver.taken) == 1)
    await posted(client, f"{hook}pause/", 200)
    await a_code(story, client, "missed")
    await posted(client, f"{hook}resume/", 200)
    for count, mode in ((2, "failed"), (3, "missing")):
        await posted(client, f"{hook}recover/", 202, json={"mode": mode, "since": since})
        await until(lambda count=count: len(receiver.taken) >= count)  # type: ignore[misc]
    await posted(client, f"{hook}test/", 202)
    await posted(client, f"{hook}sample/", 202, json={"event": "conversion.recorded"})
    # What is older than the endpoint was missing too, and may come before them or after.
    samples = {"webhook.test", "conversion.recorded"}
    await until(lambda: samples <= {json.loads(body)["type"] for body in receiver.taken})


async def a_code(story: Story, client: httpx.AsyncClient, what: str) -> None:
    """A code whose payload nobody but the receiver and the database may see."""
    url = f"https://example.com/{story.known['payload']}"
    wish = {"destination_url": url, "name": f"{what} {story.known['payload']}"}
    await posted(client, "/api/v1/dynamic/", 201, json=wish)
