"""Where links lead: looked at as a polite robot does, on the public internet and nowhere else.

Connections are made and judged by `guarded_connector`, each redirect like the first address.
Proxies of the environment and cookies are out of the game, bodies are not read, and everything that
servers do is bounded by one deadline. Who asks decides when a host may be asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from urllib.parse import urljoin

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from activities.gateways.dns import Resolver
from activities.gateways.guarded_connector import (
    CONTACT,
    Contact,
    GuardedConnector,
    NameUnresolved,
    guarded_session,
)
from activities.rules.health import MOST_REDIRECTS
from activities.rules.targets import Target, TargetRefused, parse_target

TOTAL_SECONDS = 10.0
HEAD_SHARE = 0.3  # of the time that is left; some servers let HEAD hang
AGENT = "Inkloom-LinkHealth/1"
ERRORS = (
    "target_refused",  # an address on the way is not allowed; it was not asked
    *("dns_failed", "connect_failed", "tls_failed", "connection_lost"),
    "protocol_error",  # what came back is not HTTP
    *("timeout", "redirect_loop", "too_many_redirects"),
    "bad_redirect",  # without an address
)

Turn = Callable[[str], Awaitable[None]]
"""Waits until the host may be asked; raises whatever it likes to end the look."""

_NOT_OF_HEAD = ("connection_lost", "protocol_error")
_REDIRECTS, _ALIVE = (301, 302, 303, 307, 308), (401, 403, 429)


@dataclass(frozen=True)
class Look:
    """What there was: a `status`, or an `error` of `ERRORS` with a sentence in `detail`.

    `phases` has milliseconds for those of `dns`, `connect`, `tls`, `first_byte` that the last
    request took; `duration_ms` is all requests together, without waits for turns and a HEAD that
    hung.
    """

    status: int | None
    error: str | None
    detail: str
    method: str
    redirects: int
    duration_ms: float
    phases: Mapping[str, float]
    certificate_until: datetime | None


class Destinations:
    """Looks at destinations; safe for many tasks of one event loop.

    `about` is an address that tells who asks; `tls` replaces the trusted authorities.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool,
        allow_http: bool,
        about: str = "",
        total_seconds: float = TOTAL_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._allow_http = allow_http
        self._agent = f"{AGENT} (+{about})" if about else AGENT
        self._total_seconds = total_seconds
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def look(self, url: str, turn: Turn) -> Look:
        """Ask with HEAD, with GET where that is refused, and follow redirects.

        `turn` is waited for before each request. Raises what `turn` raises, else never.
        """
        walk = _Walk()
        error, detail = None, ""
        try:
            await self._follow(url, walk, turn)
        except _Ended as fault:
            error, detail = fault.code, str(fault)
        return walk.look(error, detail)

    async def close(self) -> None:
        """Close all connections. A later `look` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _follow(self, url: str, walk: _Walk, turn: Turn) -> None:
        seen: set[str] = set()
        while True:
            target = self._judged(url)
            if target.url in seen:
                raise _Ended("redirect_loop", "The redirects lead in circles.")
            seen.add(target.url)
            location = await self._ask_well(target, walk, turn)
            if location is None:
                return
            if walk.redirects == MOST_REDIRECTS:
                raise _Ended("too_many_redirects", f"More than {MOST_REDIRECTS} redirects.")
            walk.redirects += 1
            url = _joined(target.url, location)

    async def _ask_well(self, target: Target, walk: _Walk, turn: Turn) -> str | None:
        """Where it redirects to. HEAD is no good for some servers: these are asked once more."""
        before, lost = walk.seconds, 0.0
        try:
            location = await self._ask(target, walk, turn)
        except _Ended as fault:
            is_slow = isinstance(fault.__cause__, TimeoutError)
            if walk.method == "GET" or not (is_slow or fault.code in _NOT_OF_HEAD):
                raise
            lost = walk.seconds - before if is_slow else 0.0
        else:
            if walk.method == "GET" or not walk.is_refused:
                return location
        walk.method = "GET"
        walk.lost = lost
        return await self._ask(target, walk, turn)

    async def _ask(self, target: Target, walk: _Walk, turn: Turn) -> str | None:
        await turn(target.host)
        share = HEAD_SHARE if walk.method == "HEAD" else 1.0
        left = (self._total_seconds - walk.seconds) * share
        contact: Contact | None = None
        began = perf_counter()
        try:
            # A wait for a free connection prolongs the inner deadline, never the outer one.
            async with asyncio.timeout(max(0.0, left)), asyncio.timeout(None) as inner:
                contact = Contact(inner, self._total_seconds)
                return await self._request(target, walk, contact)
        except (TargetRefused, NameUnresolved, OSError, aiohttp.ClientError, ValueError) as fault:
            raise _told(fault, contact.stage if contact else "") from fault
        finally:
            walk.seconds += perf_counter() - began
            if contact is not None:
                walk.phases = {**contact.phases, **walk.phases}

    async def _request(self, target: Target, walk: _Walk, contact: Contact) -> str | None:
        if self._session is None:
            self._session = self._open()
        walk.status, walk.phases = None, {}
        tokens = CONTACT.set(contact), _WALK.set(walk)
        try:
            response = await self._session.request(
                walk.method,
                URL(target.url, encoded=True),
                headers={"User-Agent": self._agent, "Accept": "*/*"},
                allow_redirects=False,
            )
        finally:
            CONTACT.reset(tokens[0])
            _WALK.reset(tokens[1])
        walk.phases["first_byte"] = (perf_counter() - contact.ready_at) * 1000
        walk.status = response.status
        response.close()
        if response.status not in _REDIRECTS:
            return None
        location = response.headers.get("Location", "").strip()
        if not location:
            raise _Ended("bad_redirect", "It redirects without saying where to.")
        return location

    def _judged(self, url: str) -> Target:
        try:
            return parse_target(url, allow_http=self._allow_http, allow_private=self._allow_private)
        except TargetRefused as fault:
            raise _Ended("target_refused", fault.advice) from fault

    def _open(self) -> aiohttp.ClientSession:
        connector = _NotingConnector(
            self._resolver,
            allow_private=self._allow_private,
            limit_per_host=8,
            tls=self._tls,
        )
        session = guarded_session(connector)
        # Else it asks again by itself who hung up, without a turn.
        session._retry_connection = False  # noqa: SLF001
        return session


class _Ended(Exception):
    """The look is over; `str()` is a sentence without addresses."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(slots=True)
class _Walk:
    """How far one look is; `lost` of its `seconds` were spent on a HEAD that hung."""

    method: str = "HEAD"
    redirects: int = 0
    seconds: float = 0.0
    lost: float = 0.0
    status: int | None = None
    phases: dict[str, float] = field(default_factory=dict)
    certificate_until: datetime | None = None

    @property
    def is_refused(self) -> bool:
        return self.status is not None and self.status >= 400 and self.status not in _ALIVE

    def look(self, error: str | None, detail: str) -> Look:
        return Look(
            status=self.status if error in (None, "bad_redirect") else None,
            error=error,
            detail=detail,
            method=self.method,
            redirects=self.redirects,
            duration_ms=(self.seconds - (0.0 if error else self.lost)) * 1000,
            phases=dict(self.phases),
            certificate_until=self.certificate_until,
        )


_WALK: ContextVar[_Walk] = ContextVar("inkloom_walk")


class _NotingConnector(GuardedConnector):
    """Notes until when the certificate of a connection is good."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        transport = connection.transport
        shown = None if transport is None else transport.get_extra_info("peercert")
        if shown and "notAfter" in shown:
            walk = _WALK.get()
            until = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
            walk.certificate_until = min(until, walk.certificate_until or until)
        return connection


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise _Ended("bad_redirect", "It redirects to what is no address.") from None


def _told(fault: Exception, stage: str) -> _Ended:
    """The code and a sentence, without addresses and paths."""
    match fault:
        case TargetRefused():
            return _Ended("target_refused", fault.advice)
        case NameUnresolved():
            return _Ended("dns_failed", f"The host name could not be resolved: {fault}.")
        case TimeoutError() if stage == "dns":
            return _Ended("dns_failed", "The host name was not resolved in time.")
        case TimeoutError():
            return _Ended("timeout", "No answer came in time.")
        case aiohttp.ClientConnectorCertificateError():
            words = getattr(fault.certificate_error, "verify_message", "") or "it is not valid"
            return _Ended("tls_failed", f"The certificate was refused: {words}.")
        case aiohttp.ClientSSLError():
            return _Ended("tls_failed", "The TLS handshake failed.")
        case aiohttp.ClientConnectorError() if stage == "tls":
            return _Ended("tls_failed", "The TLS handshake failed.")
        case aiohttp.ClientConnectorError():
            return _Ended("connect_failed", "The connection could not be made.")
        case aiohttp.ClientConnectionError() | OSError():
            return _Ended("connection_lost", "The connection was closed before an answer came.")
        case _:
            return _Ended("protocol_error", "The answer is not valid HTTP.")
