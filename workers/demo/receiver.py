"""A receiver of webhooks such as a customer would run: it verifies, remembers, and can be down."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PATH = "/hooks/inkloom"


@dataclass(slots=True)
class Message:
    """One event as it came here, by its message id: `accepted` with 200, `refused` with 503.

    `seconds` is the age of the event when it was first accepted.
    """

    kind: str
    data: dict[str, Any]
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0


class Receiver:
    """A real HTTP server on loopback, an async context manager.

    While `down` is true it answers 503. A delivery that is not signed with the trusted secret gets
    401, down or not.
    """

    def __init__(self) -> None:
        self.down = False
        self.invalid = 0
        self.messages: dict[str, Message] = {}
        self.accepted: Counter[str] = Counter()
        self.refused = 0
        self._webhook: Webhook | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post(PATH, self._receive)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return f"http://127.0.0.1:{self._port}{PATH}"

    @property
    def distinct(self) -> int:
        """Events accepted, each counted once."""
        return self.accepted.total()

    @property
    def duplicates(self) -> int:
        """Deliveries of events that had been accepted before."""
        return sum(max(0, message.accepted - 1) for message in self.messages.values())

    def trust(self, secret: str) -> None:
        """Take deliveries signed with this secret, and no others."""
        self._webhook = Webhook(secret)

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            if self._webhook is None:
                raise WebhookVerificationError("there is no secret yet")
            self._webhook.verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as fault:
            self.invalid += 1
            return web.Response(status=401, text=str(fault))
        told = json.loads(body)
        message = self.messages.setdefault(
            request.headers["webhook-id"], Message(told["type"], told["data"])
        )
        if self.down:
            message.refused += 1
            self.refused += 1
            return web.Response(status=503, text="closed for a moment")
        if not message.accepted:
            self.accepted[message.kind] += 1
            message.seconds = _age(told["timestamp"])
        message.accepted += 1
        return web.Response(text="thank you")


def _age(timestamp: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds()
