"""Pictures at addresses that somebody gave: fetched from the public internet and nowhere else.

Connections are made and judged by `guarded_connector`. Redirects are followed a few steps, each
judged like the first address. Proxies of the environment and cookies are out of the game, and
everything a server does is bounded by one deadline and by the bytes that are taken of its answer.
"""

import asyncio
import re
import ssl
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from activities.gateways.dns import Resolver
from activities.gateways.guarded_connector import (
    CONTACT,
    Contact,
    GuardedConnector,
    NameUnresolved,
    guarded_session,
)
from activities.rules.targets import Target, TargetRefused, denied_address, parse_target

LARGEST_BYTES = 2 * 1024 * 1024
"""Of a picture, when it is no longer compressed."""

MOST_REDIRECTS = 3
TOTAL_SECONDS = 10.0

_HEADERS = {
    "Accept": "image/png, image/jpeg, image/webp, image/svg+xml",
    "Accept-Encoding": "identity",
    "User-Agent": "Inkloom-Pictures/1",
}
_REDIRECTS = (301, 302, 303, 307, 308)
_ZIPPED = ("gzip", "x-gzip", "deflate")
_EITHER_WRAPPING = zlib.MAX_WBITS | 32
_STEP = 64 * 1024
_SHOWN = re.compile(r"[A-Za-z0-9.:_\[\]-]{1,253}")


class PictureRefused(Exception):
    """No picture came from there; `str()` is a sentence that names the host and says why.

    `for_good` tells an address to which no request goes from a server that did not answer well.
    """

    def __init__(self, sentence: str, *, for_good: bool) -> None:
        super().__init__(sentence)
        self.for_good = for_good


@dataclass(frozen=True)
class Fetched:
    """What came, at most `LARGEST_BYTES`; `content_type` is in small letters, without parameters.

    It is what the server says. Whoever uses the content looks at the content.
    """

    content: bytes
    content_type: str


class Pictures:
    """Fetches pictures; safe for many tasks of one event loop.

    `total_seconds` spans everything, redirects included. `tls` replaces the trusted authorities.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool,
        allow_http: bool,
        limit_per_host: int = 8,
        total_seconds: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = _TellingResolver(resolver, allow_private)
        self._allow_private = allow_private
        self._allow_http = allow_http
        self._limit_per_host = limit_per_host
        self._total_seconds = total_seconds
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> Fetched:
        """The picture at the address. Raises `PictureRefused` for whatever else is there."""
        seen = _Trail()
        try:
            async with asyncio.timeout(self._total_seconds):
                return await self._follow(url, seen)
        except (TargetRefused, _Private) as fault:
            told = f"refusing to fetch {seen.host}: {_lowered(str(fault))}"
            raise PictureRefused(told, for_good=True) from fault
        except _FAILED as fault:
            told = f"could not fetch {seen.host}: {_told(fault)}"
            raise PictureRefused(told, for_good=False) from fault

    async def close(self) -> None:
        """Close all connections. A later `fetch` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _follow(self, url: str, seen: "_Trail") -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            target = self._judged(url, seen)
            response = await self._get(target)
            try:
                if response.status not in _REDIRECTS:
                    return await _picture(response)
                url = urljoin(target.url, response.headers.get("Location", ""))
            finally:
                response.close()
        raise _Unfit(f"more than {MOST_REDIRECTS} redirects")

    def _judged(self, url: str, seen: "_Trail") -> Target:
        seen.host = "this address"
        try:
            target = parse_target(
                url, allow_http=self._allow_http, allow_private=self._allow_private
            )
        except TargetRefused:
            seen.host = _host_of(url)
            raise
        seen.host = target.host
        return target

    async def _get(self, target: Target) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._open()
        # A wait for a free connection prolongs this deadline, never that of the whole.
        async with asyncio.timeout(None) as waiting:
            token = CONTACT.set(Contact(waiting, self._total_seconds))
            try:
                return await self._session.get(
                    URL(target.url, encoded=True), headers=_HEADERS, allow_redirects=False
                )
            finally:
                CONTACT.reset(token)

    def _open(self) -> aiohttp.ClientSession:
        connector = GuardedConnector(
            self._resolver,
            allow_private=self._allow_private,
            limit_per_host=self._limit_per_host,
            tls=self._tls,
        )
        return guarded_session(connector)


class _Unfit(Exception):
    """A server's answer that is no picture for us; `str()` says why."""


class _Private(Exception):
    """A name that leads inside; `str()` says where."""


@dataclass(slots=True)
class _Trail:
    """The host that is asked now, as it may be shown."""

    host: str = "this address"


class _TellingResolver:
    """Refuses like the connector, but tells the address: the documented answer names it."""

    def __init__(self, resolver: Resolver, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        addresses = await self._resolver.resolve(host, port)
        _judge(addresses, self._allow_private)
        return addresses

    async def texts(self, name: str) -> Sequence[str]:
        return await self._resolver.texts(name)


_FAILED = (_Unfit, NameUnresolved, OSError, aiohttp.ClientError, zlib.error, ValueError)


def _judge(addresses: Sequence[str], allow_private: bool) -> None:
    for address in addresses:
        if denied_address(address, allow_private=allow_private):
            raise _Private(f"resolves to private/internal IP {address}")


async def _picture(response: aiohttp.ClientResponse) -> Fetched:
    """The picture of a good answer. Raises `_Unfit` and what reading raises."""
    if response.status != 200:
        raise _Unfit(f"the server answered {response.status}")
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not content_type.startswith("image/"):
        raise _Unfit("the server says that this is no picture")
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "", *_ZIPPED):
        raise _Unfit("the answer is compressed in a way that was not asked for")
    if (response.content_length or 0) > LARGEST_BYTES:
        raise _Unfit(_TOO_LARGE)
    return Fetched(await _content(response, coding in _ZIPPED), content_type)


async def _content(response: aiohttp.ClientResponse, zipped: bool) -> bytes:
    content, taken = bytearray(), 0
    unzip = zlib.decompressobj(_EITHER_WRAPPING) if zipped else None
    async for chunk in response.content.iter_chunked(_STEP):
        taken += len(chunk)
        if unzip is None:
            content += chunk
        else:
            content += unzip.decompress(chunk, LARGEST_BYTES + 1 - len(content))
        # Also of what comes: a stream of empty blocks unzips to nothing for ever.
        if max(len(content), taken) > LARGEST_BYTES:
            raise _Unfit(_TOO_LARGE)
    if unzip is not None and not unzip.eof:
        raise _Unfit("the answer breaks off")
    return bytes(content)


_TOO_LARGE = f"the picture has more than {LARGEST_BYTES // 1024**2} MiB"


def _told(fault: Exception) -> str:
    """Why it failed, without addresses and paths."""
    match fault:
        case _Unfit():
            return str(fault)
        case NameUnresolved():
            return f"the host name could not be resolved ({fault})"
        case TimeoutError():
            return "it took too long"
        case aiohttp.ClientSSLError():
            return "no secure connection could be made"
        case aiohttp.ClientConnectorError():
            return "no connection could be made"
        case aiohttp.ClientConnectionError():
            return "the connection was lost"
        case aiohttp.ClientError() | zlib.error():
            return "the answer is not valid, or breaks off"
        case _:
            return "the address cannot be written to a request"


def _host_of(url: str) -> str:
    """The host of an address that was refused, if it can be shown."""
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    name, _, port = host.rpartition(":")
    shown = name if name and port.isdigit() else host
    return shown if _SHOWN.fullmatch(shown) else "this address"


def _lowered(sentence: str) -> str:
    return (sentence[:1].lower() + sentence[1:]).removesuffix(".")
