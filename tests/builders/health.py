"""Monitored links, and servers for them to lead to, in one line each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from activities.gateways.clock import FixedClock
from activities.health.checking import CheckDueLinks, LinksChecked, check_due_links
from activities.links.views import LinkView
from activities.outside import outside
from activities.qr_codes.views import QrCodeView
from activities.rules.actors import Actor
from schema.db import transaction
from tests.builders.qr_codes import a_dynamic
from tests.builders.visits import a_link

MINUTE = timedelta(minutes=1)


def page(status: int, headers: str = "") -> bytes:
    """An answer without a body."""
    return f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{headers}\r\n".encode()


async def a_watched_link(by: Actor, url: str, minutes: int = 5, **more: Any) -> LinkView:
    """A link whose destination is looked at."""
    check = {"enabled": True, "intervalMinutes": minutes}
    return await a_link(by, url, health_check=check, **more)


async def a_watched_code(by: Actor, url: str, minutes: int = 5, **more: Any) -> QrCodeView:
    """A dynamic code whose destinations are looked at."""
    check = {"enabled": True, "intervalMinutes": minutes}
    return await a_dynamic(by, destination_url=url, health_check=check, **more)


async def a_pass(clock: FixedClock, minutes: int = 0) -> LinksChecked:
    """What a pass does so many minutes later, when every host may be asked again."""
    clock.moment += minutes * MINUTE
    return await check_due_links(CheckDueLinks(outside().clock.now()))


async def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    """What a statement answers."""
    async with transaction() as session:
        return [tuple(row) for row in (await session.execute(text(query), values)).all()]


async def states() -> dict[str, str]:
    """How links are in lists, by their slug."""
    return dict(await rows("SELECT slug, health FROM link"))
