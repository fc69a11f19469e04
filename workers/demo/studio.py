"""The demo's client of the studio API: plain HTTP, as any customer would call it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import aiohttp

from workers.demo.landmarks import Landmark

Format = Literal["png", "svg"]

PAGE_SIZE = 100


class Unexpected(Exception):
    """The API answered what it should not; one sentence."""


@dataclass(frozen=True)
class Code:
    """A dynamic code and the landmark it leads to; `scan_url` is what its picture holds."""

    landmark: Landmark
    short_id: str
    scan_url: str

    @property
    def path(self) -> str:
        """Where a phone that has read the code goes, on whatever host."""
        return f"/q/{self.short_id}"


@dataclass(frozen=True)
class Endpoint:
    """A subscription and the secret that its deliveries are signed with."""

    id: str
    secret: str


@dataclass(frozen=True)
class Delivery:
    """A line of the deliveries log."""

    event: str
    status: str
    attempts: int


class Studio:
    """The studio API with one key; an async context manager that closes its connections."""

    def __init__(self, api: str, key: str) -> None:
        self._session = aiohttp.ClientSession(
            api, headers={"X-Api-Key": key}, timeout=aiohttp.ClientTimeout(total=30)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def subscribe(self, url: str, events: Sequence[str], delays: Sequence[float]) -> Endpoint:
        """A webhook endpoint with Standard Webhooks signatures and own retry delays in seconds."""
        body = {
            "url": url,
            "events": list(events),
            "scheme": "standard",
            "retry_policy": list(delays),
        }
        made = await self._json("POST", "/api/v1/webhooks/", 201, body)
        return Endpoint(made["id"], made["secret"])

    async def make_code(self, landmark: Landmark) -> Code:
        """A dynamic code that leads to the landmark's website."""
        body = {"name": landmark.name, "destination_url": landmark.website}
        made = await self._json("POST", "/api/v1/dynamic/", 201, body)
        return Code(landmark, made["short_id"], made["scan_url"])

    async def draw(self, code: Code, format: Format, size_px: int) -> bytes:
        """The code as a picture."""
        body = {"short_id": code.short_id, "format": format, "size_px": size_px}
        return await self._call("POST", "/api/v1/generate/", 200, body)

    async def scan_count(self, code: Code) -> int:
        """How often the code was scanned, says the API."""
        read = await self._json("GET", f"/api/v1/dynamic/{code.short_id}/", 200)
        return int(read["scan_count"])

    async def pending(self, endpoint: Endpoint) -> int:
        """Deliveries that are not finished yet."""
        path = f"/api/v1/webhooks/{endpoint.id}/deliveries/?status=pending&page_size=1"
        return int((await self._json("GET", path, 200))["count"])

    async def deliveries(self, endpoint: Endpoint) -> list[Delivery]:
        """The whole deliveries log, page by page."""
        found: list[Delivery] = []
        path = f"/api/v1/webhooks/{endpoint.id}/deliveries/?page_size={PAGE_SIZE}"
        number = 1
        while True:
            page = await self._json("GET", f"{path}&page={number}", 200)
            found += [
                Delivery(line["event"], line["status"], len(line["attempts"]))
                for line in page["results"]
            ]
            if page["next"] is None:
                return found
            number += 1

    async def _json(
        self, method: str, path: str, status: int, body: dict[str, Any] | None = None
    ) -> Any:
        async with self._session.request(method, path, json=body) as response:
            await self._must_be(response, status)
            return await response.json()

    async def _call(self, method: str, path: str, status: int, body: dict[str, Any]) -> bytes:
        async with self._session.request(method, path, json=body) as response:
            await self._must_be(response, status)
            return await response.read()

    async def _must_be(self, response: aiohttp.ClientResponse, status: int) -> None:
        if response.status != status:
            said = (await response.text())[:300]
            path = response.url.path
            raise Unexpected(f"{response.method} {path} answered {response.status}: {said}")
