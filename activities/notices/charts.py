"""Small pictures in mails, each under an address that holds all that it shows.

The address is signed, the same for all readers of a figure, and says nothing of who looks at it. It
shows how days compare, and no number.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from dataclasses import dataclass
from functools import lru_cache

from activities.outside import outside
from activities.render.charts import draw_chart
from activities.rules.errors import NotFound
from activities.rules.weeks import DAYS

PATH = "/api/public/charts"
_MARK_BYTES = 16
_LONGEST_TOKEN = 64


@dataclass(frozen=True)
class Chart:
    """A bar for each of seven days, from 0 to 200."""

    heights: tuple[int, ...]


@dataclass(frozen=True)
class DrawChart:
    """The picture behind an address."""

    token: str


@dataclass(frozen=True)
class ChartPicture:
    """A PNG."""

    png: bytes


def chart_address(chart: Chart) -> str:
    """Where it is; good for as long as SECRET_KEY is the same."""
    body = bytes(chart.heights)
    token = base64.urlsafe_b64encode(body + _mark(body)).decode().rstrip("=")
    return f"{outside().public_url}{PATH}/{token}.png"


async def draw_signed_chart(command: DrawChart) -> ChartPicture:
    """The same every time. Raises `NotFound` for an address that is not ours."""
    heights = _read(command.token)
    if heights is None:
        raise NotFound("chart")
    # Some milliseconds, and nothing in it that a stranger chose: not worth another process.
    return ChartPicture(await asyncio.to_thread(_drawn, heights))


def _read(token: str) -> tuple[int, ...] | None:
    if len(token) > _LONGEST_TOKEN:
        return None
    try:
        whole = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mark = whole[:DAYS], whole[DAYS:]
    if len(body) != DAYS or not hmac.compare_digest(mark, _mark(body)):
        return None
    return tuple(body)


def _mark(body: bytes) -> bytes:
    return hmac.digest(outside().vault.derive("chart"), body, "sha256")[:_MARK_BYTES]


@lru_cache(maxsize=512)
def _drawn(heights: tuple[int, ...]) -> bytes:
    return draw_chart(heights)
