"""Connections to judged addresses only, for aiohttp.

A name is resolved once for each new connection, every address it has is judged, and the
connection goes to a judged one with Host and SNI as the URL says. The peer of each connection,
fresh or kept, is judged again before a request is written to it: that covers hosts that are
addresses, which aiohttp never shows to a resolver.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import Any

import aiohttp
import certifi
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from activities.gateways.dns import Resolver
from activities.rules.targets import TargetRefused, denied_address

MAX_ADDRESSES = 6
KEEPALIVE_SECONDS = 20.0

_NOTICEABLE_SECONDS = 0.001


class NameUnresolved(Exception):
    """The resolver knows no address. Not an OSError, which aiohttp would wrap."""


@dataclass(slots=True)
class Contact:
    """How one request came to its connection, or how far.

    `stage` is where it is now: `queue`, `dns`, `connect`, `tls` or `answer`. `fresh` tells a new
    connection from a kept one. `address` is the peer's, or the one tried last; `ready_at` the
    `perf_counter` at which the connection was handed over. `phases` has milliseconds for `dns`,
    `connect` once TCP stands, and `tls` once that has begun, also when it failed.

    `deadline` ends the request after `seconds`. It begins anew when a wait for a free connection
    is over: else a receiver would be blamed for the time that others took.
    """

    deadline: asyncio.Timeout
    seconds: float
    stage: str = "queue"
    fresh: bool = False
    address: str | None = None
    ready_at: float = 0.0
    connect_began: float = 0.0
    tls_began: float | None = None
    phases: dict[str, float] = field(default_factory=dict)
    queued_at: float = 0.0
    tried: list[socket.socket] = field(default_factory=list)

    def queue(self) -> None:
        """The request asks for a connection."""
        self.stage, self.fresh, self.queued_at = "queue", False, perf_counter()

    def leave_queue(self) -> None:
        """A connection, kept or to be made, is this request's."""
        if perf_counter() - self.queued_at > _NOTICEABLE_SECONDS and not self.deadline.expired():
            self.deadline.reschedule(asyncio.get_running_loop().time() + self.seconds)

    def begin_connecting(self) -> None:
        """A new connection is to be made."""
        self.stage, self.fresh, self.tls_began = "connect", True, None
        self.connect_began = perf_counter()
        self.tried.clear()

    def try_address(self, address: str, tried: socket.socket) -> None:
        """TCP begins. Several addresses may be tried at once; all but one are closed then."""
        self.stage, self.address, self.tls_began = "connect", address, None
        for phase in ("connect", "tls"):
            self.phases.pop(phase, None)
        self.tried.append(tried)

    def begin_tls(self) -> None:
        """TCP stands, with the address whose socket has a peer."""
        self.stage, self.tls_began = "tls", perf_counter()
        for tried in self.tried:
            with suppress(OSError):
                self.address = str(tried.getpeername()[0])
        self.connected_at(self.tls_began)

    def connected_at(self, moment: float) -> None:
        """TCP stood at that moment."""
        spent = (moment - self.connect_began) * 1000 - self.phases.get("dns", 0.0)
        self.phases["connect"] = max(0.0, spent)


# aiohttp makes a connection in the task of the request that needs it, and hands nothing through.
CONTACT: ContextVar[Contact] = ContextVar("inkloom_contact")


class GuardedConnector(aiohttp.TCPConnector):
    """A pool of judged connections. Each request sets `CONTACT` first. `tls` replaces
    `trusting_context()`.

    Raises `TargetRefused` when an address is not allowed and `NameUnresolved`; what aiohttp
    raises stays as it is.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: bool,
        limit_per_host: int,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            resolver=_JudgingResolver(resolver, allow_private),
            use_dns_cache=False,
            ssl=tls or trusting_context(),
            socket_factory=_noted_socket,
            limit=0,
            limit_per_host=limit_per_host,
            keepalive_timeout=KEEPALIVE_SECONDS,
        )
        self._allow_private = allow_private

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> Connection:
        """A connection from the pool or a new one, judged by its peer."""
        contact = CONTACT.get()
        contact.queue()
        connection = await super().connect(req, traces, timeout)
        if not contact.fresh:
            contact.leave_queue()
        try:
            contact.address = _judged_peer(connection, self._allow_private)
        except BaseException:
            contact.address = None
            connection.close()
            raise
        contact.stage = "answer"
        contact.ready_at = perf_counter()
        return connection

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109
    ) -> ResponseHandler:
        contact = CONTACT.get()
        contact.leave_queue()
        contact.begin_connecting()
        try:
            protocol = await super()._create_connection(req, traces, timeout)
        finally:
            if contact.tls_began is not None:
                contact.phases["tls"] = (perf_counter() - contact.tls_began) * 1000
        if contact.tls_began is None:
            contact.connected_at(perf_counter())
        return protocol


def guarded_session(connector: GuardedConnector) -> aiohttp.ClientSession:
    """A session over its connections, for a running event loop; whoever opens it closes it.

    It keeps no cookies, asks no proxy of the environment, unpacks nothing and has no deadline of
    its own.
    """
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
    )


def trusting_context() -> ssl.SSLContext:
    """TLS 1.2 and up, verified against the system's authorities, or Mozilla's where it has none."""
    context = TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and os.listdir(paths.capath)):
        context.load_default_certs()
    else:
        context.load_verify_locations(certifi.where())
    return context


class TimedContext(ssl.SSLContext):
    """Notes in `CONTACT` when a handshake begins: aiohttp does not tell TCP from TLS."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        contact = CONTACT.get(None)
        if contact is not None:
            contact.begin_tls()
        return super().wrap_bio(*args, **kwargs)


class _JudgingResolver(AbstractResolver):
    """Lets aiohttp see the addresses of a name only when all of them are allowed."""

    def __init__(self, resolver: Resolver, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        contact = CONTACT.get()
        contact.stage = "dns"
        began = perf_counter()
        try:
            addresses = await self._resolver.resolve(host, port)
        except OSError as fault:
            raise NameUnresolved(_why(fault)) from fault
        finally:
            contact.phases["dns"] = (perf_counter() - began) * 1000
        _judge(addresses, self._allow_private)
        contact.stage = "connect"
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses[:MAX_ADDRESSES]
        ]

    async def close(self) -> None:
        """The resolver belongs to whoever made it."""


def _noted_socket(place: AddrInfoType) -> socket.socket:
    """The socket that aiohttp would make, noted in `CONTACT`: it does not tell whom it tries."""
    family, kind, protocol, _, address = place
    made = socket.socket(family, kind, protocol)
    contact = CONTACT.get(None)
    if contact is not None:
        contact.try_address(str(address[0]), made)
    return made


def _why(fault: OSError) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    return fault.strerror or str(fault) or type(fault).__name__


def _judge(addresses: Sequence[str], allow_private: bool) -> None:
    """The advice never names the address: it may be news to whoever gave the host."""
    if not addresses:
        raise NameUnresolved("the name has no address")
    if any(_denied(address, allow_private) for address in addresses):
        raise TargetRefused(
            "not_public", "Use a host on the public internet: this name has a private address."
        )


# A judgement takes 15 us and kept connections bring the same peers again and again.
@lru_cache(maxsize=8192)
def _denied(address: str, allow_private: bool) -> bool:
    return denied_address(address, allow_private=allow_private)


def _judged_peer(connection: Connection, allow_private: bool) -> str:
    transport = connection.transport
    peer = None if transport is None else transport.get_extra_info("peername")
    if not peer:
        raise aiohttp.ServerDisconnectedError
    address = str(peer[0])
    _judge([address], allow_private)
    return address
