"""Resend on loopback: `POST /emails` as its API documents it, and its bad days on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from aiohttp import web

KEY = "re_test_key"

Trouble = Literal["taken_then_dropped", "dropped", "silent", "busy", "broken", "not_json"]


@dataclass
class Resend:
    """Keeps each mail that it took, once an idempotency key.

    `troubles` befall the next requests, one each. While `working` is cleared a mail that is taken
    is not answered.
    """

    url: str = ""
    mails: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    retry_after: str = "7"
    working: asyncio.Event = field(default_factory=asyncio.Event)
    known: dict[str, tuple[dict[str, Any], str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.working.set()

    async def emails(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        self.asked.append(key)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble in ("dropped", "silent", "busy", "broken", "not_json"):
            return await self._befall(trouble, request)
        if (refusal := _unauthorized(request)) is not None:
            return refusal
        mail = await request.json()
        if (refusal := _wrong(mail)) is not None:
            return refusal
        answer = await self._take(key, mail)
        if trouble == "taken_then_dropped":
            _drop(request)
        return answer

    async def _take(self, key: str, mail: dict[str, Any]) -> web.Response:
        if key in self.known:
            before, taken = self.known[key]
            if before != mail:
                return _no(409, "invalid_idempotent_request", "another payload")
            if taken is None:
                return _no(409, "concurrent_idempotent_requests", "in progress")
            return web.json_response({"id": taken})
        if key:
            self.known[key] = (mail, None)
        await self.working.wait()
        taken = str(uuid4())
        self.mails.append(mail)
        self.known[key] = (mail, taken)
        return web.json_response({"id": taken})

    async def _befall(self, trouble: Trouble, request: web.Request) -> web.Response:
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
    application = web.Application()
    application.router.add_post("/emails", fake.emails)
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


def _wrong(mail: dict[str, Any]) -> web.Response | None:
    for name in ("from", "to", "subject"):
        if not mail.get(name):
            return _no(422, "missing_required_field", f"Missing `{name}` field.")
    if "@localhost" in mail["from"]:
        return _no(422, "invalid_from_address", f"Invalid `from` field: {mail['from']}")
    for address in mail["to"]:
        # It repeats what it does not like, as the real one does.
        if not address.isascii():
            return _no(422, "validation_error", f"Invalid `to` field: {address}")
    return None


def _no(status: int, name: str, message: str) -> web.Response:
    body = {"statusCode": status, "name": name, "message": message}
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")


def _drop(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.close()
