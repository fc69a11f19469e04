"""Resend on loopback: `POST /emails` and `/emails/batch` as its API documents them, and its bad
days on request.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from aiohttp import web

KEY = "re_test_key"

Trouble = Literal["taken_then_dropped", "dropped", "silent", "busy", "broken", "not_json"]


MOST_IN_BATCH = 100

Answer = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Resend:
    """Keeps each mail that it took, once an idempotency key.

    `troubles` befall the next requests, one each. While `working` is cleared a mail that is taken
    is not answered. It takes `rate` requests a second, where that is set, and never a mail to an
    address of `rejects`.
    """

    url: str = ""
    mails: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    retry_after: str = "7"
    rate: int | None = None
    rejects: set[str] = field(default_factory=set)
    working: asyncio.Event = field(default_factory=asyncio.Event)
    known: dict[str, tuple[Any, Answer | None]] = field(default_factory=dict)
    _second: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.working.set()

    async def emails(self, request: web.Request) -> web.Response:
        mail = await request.json()
        if (refusal := self._wrong(mail)) is not None:
            return refusal
        return await self._once(request, mail, lambda: self._keep(mail))

    async def batch(self, request: web.Request) -> web.Response:
        mails = await request.json()
        if not isinstance(mails, list) or not 0 < len(mails) <= MOST_IN_BATCH:
            return _no(422, "validation_error", "A batch holds 1 to 100 emails.")
        wrong = {at: no for at, mail in enumerate(mails) if (no := self._wrong(mail)) is not None}
        permissive = request.headers.get("x-batch-validation") == "permissive"
        if wrong and not permissive:
            return next(iter(wrong.values()))

        def keep() -> Answer:
            taken = [self._keep(mail) for at, mail in enumerate(mails) if at not in wrong]
            errors = [{"index": at, "message": _message(no)} for at, no in wrong.items()]
            return {"data": taken, **({"errors": errors} if permissive else {})}

        return await self._once(request, mails, keep)

    def tried(self, handle: Handler) -> Handler:
        """The handler on the days there are."""

        async def handled(request: web.Request) -> web.Response:
            self.asked.append(request.headers.get("Idempotency-Key", ""))
            trouble = self.troubles.pop(0) if self.troubles else None
            if trouble not in (None, "taken_then_dropped"):
                return await self._befall(trouble, request)
            left = self._left()
            if left is not None and left < 0:
                answer = _no(429, "rate_limit_exceeded", "Too many requests.")
                answer.headers["retry-after"] = "1"
            else:
                answer = _unauthorized(request) or await handle(request)
            if left is not None:
                answer.headers["ratelimit-limit"] = str(self.rate)
                answer.headers["ratelimit-remaining"] = str(max(0, left))
                answer.headers["ratelimit-reset"] = "1"
            if trouble == "taken_then_dropped":
                _drop(request)
            return answer

        return handled

    def _left(self) -> int | None:
        """How many requests this second still takes; -1 for one too many."""
        if self.rate is None:
            return None
        second, used = int(time.monotonic()), self._second[1]
        self._second = (second, used + 1 if second == self._second[0] else 1)
        return max(-1, self.rate - self._second[1])

    async def _once(
        self, request: web.Request, body: Any, keep: Callable[[], Answer]
    ) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        if key in self.known:
            before, taken = self.known[key]
            if before != body:
                return _no(409, "invalid_idempotent_request", "another payload")
            if taken is None:
                return _no(409, "concurrent_idempotent_requests", "in progress")
            return web.json_response(taken)
        if key:
            self.known[key] = (body, None)
        await self.working.wait()
        answer = keep()
        if key:
            self.known[key] = (body, answer)
        return web.json_response(answer)

    def _keep(self, mail: dict[str, Any]) -> Answer:
        self.mails.append(mail)
        return {"id": str(uuid4())}

    def _wrong(self, mail: dict[str, Any]) -> web.Response | None:
        for name in ("from", "to", "subject"):
            if not mail.get(name):
                return _no(422, "missing_required_field", f"Missing `{name}` field.")
        if "@localhost" in mail["from"]:
            return _no(422, "invalid_from_address", f"Invalid `from` field: {mail['from']}")
        for address in mail["to"]:
            # It repeats what it does not like, as the real one does.
            if not address.isascii() or address in self.rejects:
                return _no(422, "validation_error", f"Invalid `to` field: {address}")
        return None

    async def _befall(self, trouble: Trouble | None, request: web.Request) -> web.Response:
        if trouble == "dropped":
            _drop(request)
        if trouble == "silent":
            await asyncio.sleep(60)
        if trouble == "busy":
            busy = _no(429, "rate_limit_exceeded", "Too many requests.")
            busy.headers["retry-after"] = self.retry_after
            return busy
        if trouble == "not_json":
            return web.Response(status=502, text="<html>Bad gateway</html>")
        return _no(500, "internal_server_error", "An unexpected error occurred.")


@asynccontextmanager
async def resending() -> AsyncIterator[Resend]:
    fake = Resend()
    # A batch of a hundred letters is larger than what aiohttp takes by itself.
    application = web.Application(client_max_size=40 * 1024 * 1024)
    application.router.add_post("/emails", fake.tried(fake.emails))
    application.router.add_post("/emails/batch", fake.tried(fake.batch))
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()


def _unauthorized(request: web.Request) -> web.Response | None:
    told = request.headers.get("Authorization", "")
    if not told.startswith("Bearer "):
        return _no(401, "missing_api_key", "Missing API key in the authorization header.")
    if told != f"Bearer {KEY}":
        return _no(403, "invalid_api_key", "API key is invalid.")
    return None


def _no(status: int, name: str, message: str) -> web.Response:
    body = {"statusCode": status, "name": name, "message": message}
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")


def _message(refusal: web.Response) -> str:
    message: str = json.loads(refusal.text or "")["message"]
    return message


def _drop(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.close()
