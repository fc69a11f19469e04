"""The sender against names that lead inside and receivers that want its memory or its time."""

from __future__ import annotations

import asyncio
import gc
import gzip
import tracemalloc
import zlib

import pytest

from activities.gateways.receivers import MAX_BODY_BYTES, Outcome, OutgoingRequest
from tests.builders.refused_targets import EVERY_URL, REFUSED_ADDRESSES
from tests.fakes.listener import Handler, Names, answering, listening
from tests.gateways.test_receivers import BODY, OK, PUBLIC, sending, to

LAST = OK.replace(b"Content-", b"Connection: close\r\nContent-")
METADATA = "169.254.169.254"
MOST_MEMORY = 2_000_000
"""Bytes that an answer may cost at any moment, the buffers of both sides of the test included."""


class Spying:
    """A handler that repeats a piece until the sender hangs up, and knows when it did."""

    def __init__(self, first: bytes, piece: bytes) -> None:
        self.first, self.piece = first, piece
        self.written = 0
        self.hung_up = asyncio.Event()

    async def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.first)
        try:
            while not writer.is_closing():
                writer.write(self.piece)
                self.written += len(self.piece)
                await writer.drain()
        except ConnectionError:
            pass
        self.hung_up.set()


async def costing(handler: Handler, total_seconds: float = 5.0) -> tuple[Outcome, int]:
    """What came of it, and the most memory that it took."""
    async with listening(handler) as listener, sending(total_seconds=total_seconds) as receivers:
        request = to(listener.port)
        gc.collect()
        tracemalloc.start()
        try:
            outcome = await receivers.send(request)
            return outcome, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("allow_http", [True, False])
async def test_a_refused_url_is_neither_looked_up_nor_connected_to(allow_http: bool) -> None:
    names = Names([PUBLIC])
    async with sending(names, allow_private=False, allow_http=allow_http) as receivers:
        for url in EVERY_URL:
            outcome = await receivers.send(OutgoingRequest(url, {}, BODY))
            assert (outcome.error, outcome.address) == ("target_refused", None), url
            assert set(outcome.phases) == {"total"}, url
    assert names.asked == []


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
async def test_a_name_that_resolves_to_a_refused_address_is_refused(address: str) -> None:
    for answer in ([address], [PUBLIC, address], [address, PUBLIC]):
        async with sending(Names(answer), allow_private=False) as receivers:
            outcome = await receivers.send(to(8443))
        assert (outcome.error, outcome.address) == ("target_refused", None)
        assert set(outcome.phases) == {"dns", "total"}, "no connection was begun"
        assert address not in outcome.detail


async def test_a_name_that_turns_inside_between_two_attempts_is_refused_then() -> None:
    names = Names(["127.0.0.1"], [METADATA], ["127.0.0.1", METADATA], ["127.0.0.1"])
    async with listening(answering(LAST)) as listener, sending(names) as receivers:
        outcomes = [await receivers.send(to(listener.port)) for _ in range(4)]
    assert [outcome.error for outcome in outcomes] == [None, *["target_refused"] * 2, None]
    assert (listener.connections, len(names.asked)) == (2, 4)


async def test_a_name_is_asked_for_once_and_not_again_as_it_is_connected_to() -> None:
    names = Names(["127.0.0.1"], [METADATA])
    async with listening(answering(LAST)) as listener, sending(names) as receivers:
        outcome = await receivers.send(to(listener.port))
    assert (outcome.error, outcome.address, len(names.asked)) == (None, "127.0.0.1", 1)


async def test_an_endless_body_is_hung_up_on() -> None:
    endless = Spying(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)
    async with listening(endless) as listener, sending() as receivers:
        outcome = await receivers.send(to(listener.port))
        await asyncio.wait_for(endless.hung_up.wait(), 2)
    assert (outcome.status_code, outcome.error) == (200, None)
    assert len(outcome.response_body) == MAX_BODY_BYTES


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-More: %s\r\n" % (b"y" * 4000)),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"y" * 65536),
        (b"HTTP/1.1 200 ", b"OK" * 32768),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"ext" * 20000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Last: more\r\n" * 4000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"000000000" * 7000),
        (b"", b"HTTP/1.1 103 Early Hints\r\nX-Hint: %s\r\n\r\n" % (b"y" * 4000)),
    ],
    ids=["headers", "header", "reason", "extension", "trailer", "size", "hints"],
)
async def test_what_never_ends_around_a_body_costs_neither_memory_nor_time(
    first: bytes, piece: bytes
) -> None:
    endless = Spying(first, piece)
    outcome, memory = await costing(endless, total_seconds=1.0)
    assert outcome.error in ("protocol_error", "timeout")
    assert outcome.duration_ms < 2500
    assert memory < MOST_MEMORY, f"{endless.written} bytes were sent"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br, gzip", "zstd"])
async def test_what_is_compressed_stays_so_whatever_it_would_become(coding: str) -> None:
    pack = zlib.compress if coding == "deflate" else gzip.compress
    bomb = pack(bytes(30_000_000), 9)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
    outcome, memory = await costing(answering(head.encode() + bomb))
    assert (outcome.status_code, outcome.error) == (200, None)
    assert outcome.response_body == bomb[:MAX_BODY_BYTES]
    assert memory < MOST_MEMORY


async def test_a_body_that_drips_byte_by_byte_costs_one_deadline() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    outcome, _ = await costing(drip, total_seconds=0.3)
    assert (outcome.status_code, outcome.error) == (200, "timeout")
    assert 300 <= outcome.duration_ms < 1500
