"""An archive on its way: sent part by part as it is made, never held as a whole."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from uuid import UUID

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from activities.pictures.bulk_archive import Archive
from activities.pictures.bulk_items import Bulk, Line, parts_of
from activities.pictures.bulk_opening import DrawPart, OpenedBulk, draw_bulk_part
from activities.pictures.quota import GiveBackRenders, give_back_renders
from activities.render.batches import Part
from activities.rules.actors import Actor
from api.archives import HEADERS, ZIP

IN_FLIGHT = 2
"""Parts that are drawn while the client takes the one before."""

log = structlog.get_logger("inkloom.bulk")

_late: set[asyncio.Task[None]] = set()


class BulkStream(StreamingResponse):
    """Draws while it is read. What was not drawn is given back, also when the client goes away."""

    def __init__(self, by: Actor, opened: OpenedBulk, headers: Mapping[str, str]) -> None:
        self._opened, self._organization = opened, by.organization_id
        self._archive = Archive(opened.bulk.faults)
        self._parts = self._told()
        super().__init__(self._parts, media_type=ZIP, headers={**HEADERS, **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # How long a download takes is no measure of how quickly we answer.
        scope["inkloom.area"] = "bulk"
        try:
            await super().__call__(scope, receive, send)
        finally:
            # By itself, so that nothing that ends this request ends it too.
            late = asyncio.create_task(self._end())
            _late.add(late)
            late.add_done_callback(_late.discard)
            await asyncio.shield(late)

    async def _told(self) -> AsyncGenerator[bytes, None]:
        async for lines, part in _drawn(self._organization, self._opened.bulk):
            self._archive.add(len(part.content), lines, part.outcomes)
            yield part.content
        yield self._archive.end()

    async def _end(self) -> None:
        await self._parts.aclose()
        unmade = len(self._opened.bulk.lines) - self._archive.made
        if unmade:
            month = self._opened.allowance.month
            await give_back_renders(GiveBackRenders(self._organization, month, unmade))
            log.info("renders given back", renders=unmade)


async def _drawn(
    organization_id: UUID, bulk: Bulk
) -> AsyncGenerator[tuple[tuple[Line, ...], Part], None]:
    """The parts in their order, a few of them under way."""
    rest = parts_of(bulk)
    ahead: deque[tuple[tuple[Line, ...], asyncio.Task[Part]]] = deque()
    try:
        while True:
            while len(ahead) < IN_FLIGHT and (lines := next(rest, None)):
                work = draw_bulk_part(DrawPart(organization_id, bulk.looks, lines))
                ahead.append((lines, asyncio.create_task(work)))
            if not ahead:
                return
            lines, task = ahead[0]
            part = await task
            ahead.popleft()
            yield lines, part
    finally:
        for _, task in ahead:
            task.cancel()
