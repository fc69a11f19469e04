"""The server's protocol: visits that memory can answer never become a request of the application.

Everything else falls through to uvicorn and the application, on the same port, and so does what is
pipelined behind another request. What falls through meets the same desk (`api.redirect`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import perf_counter, time
from typing import Any, ClassVar, NamedTuple

from ulid import ULID
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from activities.cause import Cause
from activities.visits.desk import Arrival, Desk, Place, Quick
from activities.visits.known import Known
from activities.visits.recorder import Fate, Overloaded
from api.edge import HSTS, SECURITY, Network, request_id_of
from api.redirect import is_slug, named
from api.visit_heads import read_request
from api.visit_metrics import METRICS

_ANSWER = (
    "".join(f"{name.lower()}: {value}\r\n" for name, value in SECURITY.items())
    + "cache-control: no-store\r\ncontent-length: 0\r\n"
)
_STRICT = f"strict-transport-security: {HSTS}\r\n"
_CLOSE = "connection: close\r\n"

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _SIGNS for second in _SIGNS)


class Visit(NamedTuple):
    """A request that is a visit, and the data that it came in."""

    arrival: Arrival
    place: Place
    data: bytes
    is_secure: bool
    request_id: str
    began: float


class _Answering:
    """What uvicorn needs to know of a request that it does not see: whether it is answered."""

    __slots__ = ("body", "disconnected", "keep_alive", "more_body", "response_complete")

    def __init__(self) -> None:
        self.body = b""
        self.disconnected = False
        self.keep_alive = True
        self.more_body = False
        self.response_complete = False

    @property
    def message_event(self) -> _Answering:
        """Nobody waits for the body of a visit."""
        return self

    def set(self) -> None:
        """So nobody is woken."""


class VisitProtocol(HttpToolsProtocol):
    """One connection. `make_protocol` gives the class its desk."""

    desk: ClassVar[Desk]
    proxies: ClassVar[ProxyHeadersMiddleware]
    ids: ClassVar[RequestIds]
    kept: ClassVar[list[tuple[bytes, bytes]] | None] = None
    begin: ClassVar[str] = ""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_between = True
        self._is_asking = False
        self._held = b""

    def data_received(self, data: bytes) -> None:
        if self._is_asking:
            # What the kernel had read already when reading was paused, behind that visit.
            self._held += data
            return
        if self._is_between and (self.cycle is None or self.cycle.response_complete):
            self._unset_keepalive_if_required()
            visit = self._read(data)
            if visit is not None and self._take(visit):
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._is_between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._is_between = True
        super().on_message_complete()

    def _read(self, data: bytes) -> Visit | None:
        """The visit that these data are, if it needs nothing but its head."""
        request = read_request(data)
        if request is None:
            return None
        method, url, head = request
        headers = head.headers
        path, _, query = url.partition("?")
        kind, slug = named(path)
        place = self.desk.place_of(kind, slug, headers.get("host", ""))
        if place is None:
            return None
        address, is_secure, is_proxied = self._whence(headers)
        given = headers.get("x-request-id")
        return Visit(
            Arrival(kind, slug, query, head.said, method, address, is_proxied),
            place,
            data,
            is_secure,
            request_id_of(given) if given else self.ids.next(),
            perf_counter(),
        )

    def _take(self, visit: Visit) -> bool:
        """Answer it from memory, now or when memory knows; False when that cannot be."""
        known = self.desk.memory.peek(visit.place.key)
        if isinstance(known, Known):
            return self._lead(visit, known, _Answering())
        if known is None or not is_slug(visit.arrival.slug):
            return False
        answering: Any = _Answering()
        self.cycle, self._is_asking = answering, True
        self.flow.pause_reading()
        asked = self.desk.memory.ask(visit.place.key)
        asked.add_done_callback(lambda found: self._looked_up(visit, answering, found))
        return True

    def _looked_up(
        self, visit: Visit, answering: _Answering, found: asyncio.Future[Known | None]
    ) -> None:
        """Answer it from what memory knows now, or let the application say why not."""
        self._is_asking = False
        held, self._held = self._held, b""
        if answering.disconnected:
            return
        known = None if found.cancelled() or found.exception() else found.result()
        if known is None or not self._lead(visit, known, answering):
            answering.response_complete = True
            super().data_received(visit.data)
            if not answering.keep_alive:
                self.cycle.keep_alive = False
        self.flow.resume_reading()
        if held:
            self.data_received(held)

    def _lead(self, visit: Visit, known: Known, answering: _Answering) -> bool:
        """Have the visit written and answered; False when it takes more than a redirect."""
        if not visit.place.has(known):
            return False
        quick = self.desk.quick(known, visit.arrival, Cause(visit.request_id))
        return quick is not None and self._begin(visit, quick, answering)

    def _whence(self, headers: Mapping[str, str]) -> tuple[str, bool, bool]:
        """The visitor's address, whether TLS was spoken, and whether a trusted proxy says so."""
        address = self.client[0] if self.client else ""
        is_secure = self.scheme == "https"
        trusted = self.proxies.trusted_hosts
        if address not in trusted:
            return address, is_secure, False
        proto = headers.get("x-forwarded-proto", "").strip()
        if proto in ("http", "https"):
            is_secure = proto == "https"
        if forwarded := headers.get("x-forwarded-for"):
            address = trusted.get_trusted_client_address(forwarded)[0] or address
        return address, is_secure, True

    def _begin(self, visit: Visit, quick: Quick, answering: Any) -> bool:
        """Have the visit written, and answered after that; False when too many wait already."""

        def answer(fate: Fate) -> None:
            if answering.disconnected or self.transport.is_closing():
                return
            close = "" if answering.keep_alive else _CLOSE
            strict = _STRICT if visit.is_secure else ""
            head = (
                f"{self._dates()}location: {quick.location}\r\n{_ANSWER}{close}{strict}"
                f"x-request-id: {visit.request_id}\r\n\r\n"
            )
            self.transport.write(head.encode("latin-1"))
            answering.response_complete = True
            METRICS.note(visit.arrival.method, perf_counter() - visit.began)
            if close:
                self.transport.close()
            self.on_response_complete()

        try:
            self.desk.recorder.record(quick.scan, answer)
        except Overloaded:
            return False
        self.cycle = answering
        return True

    def _dates(self) -> str:
        """The status line and the headers that uvicorn keeps, which change every second."""
        kept = self.server_state.default_headers
        if VisitProtocol.kept is not kept:
            lines = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in kept)
            VisitProtocol.kept, VisitProtocol.begin = kept, f"HTTP/1.1 302 Found\r\n{lines}"
        return VisitProtocol.begin


class RequestIds:
    """ULIDs in a row: the random part counts on from a new number every second.

    See `api.edge.request_id_of`; drawing each takes longer than the rest of an answer.
    """

    def __init__(self) -> None:
        self._second = 0
        self._next = 0

    def next(self) -> str:
        """One that nobody had before."""
        second = int(time())
        if second != self._second:
            self._second = second
            self._next = int.from_bytes(ULID().bytes)
        self._next += 1
        return _spelled(self._next)


def _spelled(number: int) -> str:
    """26 signs of Crockford's base 32: the last four change quickly, the others seldom."""
    return _slow_part(number >> 20) + _PAIRS[number >> 10 & 1023] + _PAIRS[number & 1023]


@lru_cache(maxsize=64)
def _slow_part(number: int) -> str:
    return str(ULID.from_bytes((number << 20).to_bytes(16)))[:22]


def make_protocol(desk: Desk, trusted_proxies: Sequence[Network] = ()) -> type[VisitProtocol]:
    """A protocol class for uvicorn that answers visits from the memory of this desk.

    From `trusted_proxies` X-Forwarded-For, X-Forwarded-Proto and the country headers are believed.
    """

    async def nobody(*_: Any) -> None:
        """The application that the middleware, which only reads headers here, would call."""

    proxies = ProxyHeadersMiddleware(nobody, [str(network) for network in trusted_proxies])
    return type(
        "VisitsOfOneDesk", (VisitProtocol,), {"desk": desk, "proxies": proxies, "ids": RequestIds()}
    )
