"""The receivers of webhooks: a sender that reaches the public internet and nothing else.

Connections are made and judged by `guarded_connector`. Proxies of the environment, redirects,
cookies and compression are out of the game, and everything a receiver does is bounded by one
deadline and by what is kept of its answer.
"""

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from activities.gateways.dns import Resolver
from activities.gateways.guarded_connector import (
    CONTACT,
    Contact,
    GuardedConnector,
    NameUnresolved,
    guarded_session,
)
from activities.rules.targets import Target, TargetRefused, parse_target

TOTAL_SECONDS = 15.0
MAX_BODY_BYTES = 16 * 1024
MAX_HEADER_CHARACTERS = 16 * 1024
ERRORS = (
    "target_refused",  # the URL or one of its addresses is not allowed; nothing was sent
    "request_invalid",  # a header cannot be written; nothing was sent
    "dns_failed",
    "busy",  # no connection became free within the deadline; nothing was sent
    "connect_failed",
    "tls_failed",
    "connection_lost",
    "protocol_error",  # what came back is not HTTP, or its body breaks off
    "timeout",
)


@dataclass(frozen=True)
class OutgoingRequest:
    """One POST. `headers` are sent as they are; Host and Content-Length are added."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of one request. Delivered means: no error and a status of 200 to 299.

    `error` is None or one of `ERRORS`, with a sentence in `detail`. With an error, `status_code`
    tells how far the answer came. Header names are lower-case; names and values together are cut
    at 16 Ki characters, `response_body` at 16 KiB. `address` is the peer's, or the one
    that was tried last. `phases` has milliseconds for those of `dns`, `connect`, `tls`,
    `first_byte`, `total` that took place: on a kept connection only the last two. `connect` is
    missing where nobody answered, `tls` lasts until it failed.
    """

    status_code: int | None
    error: str | None
    detail: str
    response_headers: Mapping[str, str]
    response_body: bytes
    address: str | None
    duration_ms: float
    phases: Mapping[str, float]
    retry_after: str | None


class Receivers:
    """Sends to receivers over pooled connections; safe for many tasks of one event loop.

    `resolver` is asked for each new connection. `limit_per_host` bounds connections to one host
    and port. `total_seconds` spans DNS, connect, TLS, headers and body; a wait for a free
    connection has the same limit of its own.
    `tls` replaces the trusted authorities: those of the system, or Mozilla's where it has none.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool,
        allow_http: bool,
        limit_per_host: int = 32,
        total_seconds: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._allow_http = allow_http
        self._limit_per_host = limit_per_host
        self._total_seconds = total_seconds
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: OutgoingRequest) -> Outcome:
        """Send once and tell what came of it. Never raises for what a receiver does.

        One exception to "once": when a receiver has closed a kept connection just as it was used
        again, without a byte of answer, the request is written once more (RFC 9112, 9.3.1).
        """
        began = perf_counter()
        deadline, answer = asyncio.timeout(self._total_seconds), _Answer()
        contact = Contact(deadline, self._total_seconds)
        error, detail = None, ""
        token = CONTACT.set(contact)
        try:
            target = _parse(request.url, self._allow_http, self._allow_private)
            async with deadline:
                await self._exchange(target, request, answer)
        except (TargetRefused, NameUnresolved, OSError, aiohttp.ClientError, ValueError) as fault:
            error, detail = _told(fault, contact)
        finally:
            CONTACT.reset(token)
        return _outcome(contact, answer, error, detail, (perf_counter() - began) * 1000)

    async def close(self) -> None:
        """Close all connections. A later `send` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _exchange(self, target: Target, request: OutgoingRequest, answer: "_Answer") -> None:
        try:
            response = await self._post(target, request)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if CONTACT.get().fresh:
                raise
            response = await self._post(target, request)
        try:
            answer.begin(response.status, response.headers)
            while len(answer.body) < MAX_BODY_BYTES:
                chunk = await response.content.read(MAX_BODY_BYTES - len(answer.body))
                if not chunk:
                    break
                answer.body += chunk
        finally:
            # A connection whose body was read to its end is back in the pool by now.
            response.close()

    async def _post(self, target: Target, request: OutgoingRequest) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._open()
        return await self._session.post(
            URL(target.url, encoded=True),
            data=request.body,
            headers={**request.headers, "Accept-Encoding": "identity"},
            allow_redirects=False,
        )

    def _open(self) -> aiohttp.ClientSession:
        connector = GuardedConnector(
            self._resolver,
            allow_private=self._allow_private,
            limit_per_host=self._limit_per_host,
            tls=self._tls,
        )
        return guarded_session(connector)


@dataclass(slots=True)
class _Answer:
    """What has come back so far."""

    began_at: float = 0.0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def begin(self, status: int, headers: CIMultiDictProxy[str]) -> None:
        self.began_at = perf_counter()
        self.status = status
        left = MAX_HEADER_CHARACTERS
        for name, value in headers.items():
            left -= len(name) + len(value)
            if left < 0:
                break
            key, text = _storable(name.lower()), _storable(value)
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text


@lru_cache(maxsize=4096)
def _parse(url: str, allow_http: bool, allow_private: bool) -> Target:
    return parse_target(url, allow_http=allow_http, allow_private=allow_private)


def _storable(text: str) -> str:
    """Without what neither JSON nor a database takes: lone surrogates and zero bytes."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", " ")


def _told(fault: Exception, contact: Contact) -> tuple[str, str]:
    """The error's code and a sentence without addresses, paths or secrets."""
    match fault:
        case TargetRefused():
            return "target_refused", fault.advice
        case NameUnresolved():
            return "dns_failed", f"The host name could not be resolved: {fault}."
        case aiohttp.ClientConnectorCertificateError():
            return "tls_failed", f"The certificate was refused: {_reason(fault)}."
        case TimeoutError() if contact.stage == "queue":
            return "busy", "No connection became free in time; nothing was sent."
        case TimeoutError():
            return "timeout", f"Out of time while waiting for: {_WAITED_FOR[contact.stage]}."
        case aiohttp.ClientSSLError():
            return "tls_failed", f"The TLS handshake failed: {_reason(fault)}."
        case aiohttp.ClientConnectorError() if contact.stage == "tls":
            return "tls_failed", f"The TLS handshake failed: {_reason(fault)}."
        case aiohttp.ClientConnectorError():
            return "connect_failed", f"The connection could not be made: {_reason(fault)}."
        case aiohttp.ClientConnectionError() | OSError():
            return "connection_lost", "The receiver closed the connection before it answered."
        case aiohttp.ClientError():
            return "protocol_error", "The answer is not valid HTTP, or its body breaks off."
        case _:
            return "request_invalid", "A header or the address cannot be written to a request."


_WAITED_FOR = {
    "dns": "the address of the host",
    "connect": "the connection",
    "tls": "the TLS handshake",
    "answer": "the complete answer",
}


def _reason(fault: BaseException) -> str:
    """The system's words for a failed connection, from the innermost error."""
    inner = getattr(fault, "certificate_error", None) or getattr(fault, "os_error", fault)
    words = getattr(inner, "verify_message", None) or getattr(inner, "reason", None)
    number = getattr(inner, "errno", None) or 0
    # Not strerror: asyncio puts the address there.
    return str(words or (os.strerror(number) if number > 0 else type(inner).__name__))


def _outcome(
    contact: Contact, answer: _Answer, error: str | None, detail: str, total_ms: float
) -> Outcome:
    phases = dict(contact.phases)
    if answer.status is not None:
        phases["first_byte"] = (answer.began_at - contact.ready_at) * 1000
    phases["total"] = total_ms
    return Outcome(
        status_code=answer.status,
        error=error,
        detail=detail,
        response_headers=answer.headers,
        response_body=bytes(answer.body),
        address=contact.address,
        duration_ms=total_ms,
        phases=phases,
        retry_after=answer.headers.get("retry-after"),
    )
