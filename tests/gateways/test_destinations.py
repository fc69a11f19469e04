"""Looks at destinations, against real servers on loopback that behave well and badly."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.gateways.destinations import Destinations, Look
from activities.gateways.guarded_connector import TimedContext
from activities.rules.targets import denied_address
from tests.builders.refused_targets import EVERY_URL, REFUSED_ADDRESSES
from tests.fakes.listener import Handler, Names, answering, listening
from tests.gateways.test_receivers import certificate

HOST = "shop.example.com"
PUBLIC = "93.184.216.34"


def says(status: int, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n{headers}\r\n".encode()


def to(location: str, status: int = 302) -> bytes:
    return says(status, f"Location: {location}\r\n")


class Turns:
    """Lets every host be asked at once, and remembers which."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def __call__(self, host: str) -> None:
        self.hosts.append(host)


@asynccontextmanager
async def looking(
    names: Names | None = None,
    *,
    allow_private: bool = True,
    allow_http: bool = True,
    total_seconds: float = 5.0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Destinations]:
    destinations = Destinations(
        names or Names(["127.0.0.1"]),
        allow_private=allow_private,
        allow_http=allow_http,
        about="https://ink.test/docs",
        total_seconds=total_seconds,
        tls=tls,
    )
    try:
        yield destinations
    finally:
        await destinations.close()


async def a_look(handler: Handler, total_seconds: float = 5.0) -> Look:
    async with listening(handler) as listener, looking(total_seconds=total_seconds) as one:
        return await one.look(f"http://{HOST}:{listener.port}/a", Turns())


class Site:
    """A server whose pages answer as `pages` says, by "METHOD path" or by path."""

    def __init__(self, **pages: bytes) -> None:
        self.pages: dict[str, bytes] = dict(pages)
        self.port = 0
        self.asked: list[str] = []
        self.heads: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                method, path, _ = head.split(" ", 2)
                self.asked.append(f"{method} {path}")
                self.heads.append(head)
                writer.write(self.pages.get(f"{method} {path}") or self.pages[path])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_site(pages: Callable[[int], dict[str, bytes]]) -> AsyncIterator[Site]:
    site = Site()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    site.pages = pages(site.port)
    try:
        yield site
    finally:
        server.close()


async def test_a_page_is_asked_for_with_head_by_a_robot_that_says_who_it_is() -> None:
    turns = Turns()
    async with a_site(lambda _: {"/a": says(200)}) as site, looking() as destinations:
        look = await destinations.look(f"http://{HOST}:{site.port}/a", turns)
    assert site.asked == ["HEAD /a"]
    assert "User-Agent: Inkloom-LinkHealth/1 (+https://ink.test/docs)\r\n" in site.heads[0]
    assert (look.status, look.error, look.method, look.redirects) == (200, None, "HEAD", 0)
    assert set(look.phases) == {"dns", "connect", "first_byte"}
    assert look.duration_ms > 0
    assert turns.hosts == [HOST]


@pytest.mark.parametrize("status", [400, 404, 405, 410, 500, 501, 503])
async def test_who_refuses_head_is_asked_with_get(status: int) -> None:
    pages = {"HEAD /a": says(status), "GET /a": says(200)}
    turns = Turns()
    async with a_site(lambda _: pages) as site, looking() as destinations:
        look = await destinations.look(f"http://{HOST}:{site.port}/a", turns)
    assert (look.status, look.method, site.asked) == (200, "GET", ["HEAD /a", "GET /a"])
    assert turns.hosts == [HOST] * 2, "each request has a turn of its own"


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_who_lets_no_robot_in_is_not_asked_again(status: int) -> None:
    async with a_site(lambda _: {"/a": says(status)}) as site, looking() as destinations:
        look = await destinations.look(f"http://{HOST}:{site.port}/a", Turns())
    assert (look.status, look.error, site.asked) == (status, None, ["HEAD /a"])


async def test_redirects_are_followed_five_times_and_no_more() -> None:
    def pages(port: int) -> dict[str, bytes]:
        hops = {f"/{n}": to(f"/{n + 1}", 301 + n % 2) for n in range(9)}
        return {**hops, "/9": says(200)}

    async with a_site(pages) as site, looking() as destinations:
        good = await destinations.look(f"http://{HOST}:{site.port}/4", Turns())
        bad = await destinations.look(f"http://{HOST}:{site.port}/3", Turns())
    assert (good.status, good.error, good.redirects) == (200, None, 5)
    assert (bad.status, bad.error, bad.redirects) == (None, "too_many_redirects", 5)


async def test_a_loop_is_noticed() -> None:
    pages = {"/a": to("/b"), "/b": to("/a")}
    async with a_site(lambda _: pages) as site, looking() as destinations:
        look = await destinations.look(f"http://{HOST}:{site.port}/a", Turns())
    assert (look.error, site.asked) == ("redirect_loop", ["HEAD /a", "HEAD /b"])


@pytest.mark.parametrize("raw", [says(302), to(""), to("http://[")])
async def test_a_redirect_to_nowhere_is_told(raw: bytes) -> None:
    assert (await a_look(answering(raw))).error == "bad_redirect"


async def test_who_redirects_to_get_only_is_asked_with_get_from_there_on() -> None:
    pages = {"/a": to("/b"), "HEAD /b": says(405), "GET /b": to("/c"), "GET /c": says(200)}
    async with a_site(lambda _: pages) as site, looking() as destinations:
        look = await destinations.look(f"http://{HOST}:{site.port}/a", Turns())
    assert (look.status, look.redirects) == (200, 2)
    assert site.asked == ["HEAD /a", "HEAD /b", "GET /b", "GET /c"]


@pytest.mark.parametrize("url", EVERY_URL)
async def test_a_refused_address_is_never_asked(url: str) -> None:
    names, turns = Names([PUBLIC]), Turns()
    async with looking(names, allow_private=False, allow_http=False) as destinations:
        look = await destinations.look(url, turns)
    assert (look.status, look.error, names.asked, turns.hosts) == (None, "target_refused", [], [])


async def test_each_redirect_is_judged_like_the_first_address() -> None:
    inside = ["http://169.254.169.254/latest", "http://127.0.0.2:22/", "file:///etc/passwd"]
    for location in inside:
        look = await a_look(answering(to(location)))
        assert (look.error, look.redirects) == ("target_refused", 1), location


NEVER = [address for address in REFUSED_ADDRESSES if denied_address(address, allow_private=True)]


@pytest.mark.parametrize("address", NEVER)
async def test_a_redirect_to_a_name_that_leads_inside_is_refused(address: str) -> None:
    names = Names(["127.0.0.1"], [PUBLIC, address])
    raw = to("http://in.example.com:8443/")
    async with listening(answering(raw)) as listener, looking(names) as destinations:
        look = await destinations.look(f"http://{HOST}:{listener.port}/", Turns())
    assert (look.error, look.redirects) == ("target_refused", 1)
    assert address not in look.detail


async def test_a_name_that_turns_inside_between_two_hops_is_refused() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    raw = to("/b").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with listening(answering(raw)) as listener, looking(names) as destinations:
        look = await destinations.look(f"http://{HOST}:{listener.port}/", Turns())
    assert (look.error, look.redirects, listener.connections) == ("target_refused", 1, 1)


async def test_who_does_not_answer_is_left_at_the_deadline() -> None:
    async def hang(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    began = time.perf_counter()
    look = await a_look(hang, total_seconds=0.3)
    assert (look.status, look.error) == (None, "timeout")
    assert 0.3 <= time.perf_counter() - began < 1.5


async def test_who_lets_head_hang_is_asked_with_get() -> None:
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b" ")[0])
        if asked[-1] == b"HEAD":
            await asyncio.sleep(5)
        writer.write(says(200))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    turns = Turns()
    async with server, looking(total_seconds=1.0) as destinations:
        port = server.sockets[0].getsockname()[1]
        look = await destinations.look(f"http://{HOST}:{port}/a", turns)
    assert (look.status, look.error, look.method) == (200, None, "GET")
    assert (asked, turns.hosts) == ([b"HEAD", b"GET"], [HOST, HOST])
    assert look.duration_ms < 300, "how long GET took"


async def test_the_deadline_spans_all_requests_but_no_turn() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.25)
        writer.write(to(f"/{time.perf_counter_ns()}"))

    async def turn(_: str) -> None:
        await asyncio.sleep(0.2)

    began = time.perf_counter()
    async with listening(slow) as listener, looking(total_seconds=0.6) as destinations:
        look = await destinations.look(f"http://{HOST}:{listener.port}/", turn)
    waited = 0.2 * (look.redirects + 1)
    assert (look.error, look.redirects > 0) == ("timeout", True)
    assert 590 <= look.duration_ms < 1500
    assert time.perf_counter() - began >= look.duration_ms / 1000 + waited - 0.05


async def test_who_hangs_up_is_asked_once_more_with_get() -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with listening(reset) as listener, looking() as destinations:
        look = await destinations.look(f"http://{HOST}:{listener.port}/", Turns())
    assert (look.error, look.method, listener.connections) == ("connection_lost", "GET", 2)


async def test_what_is_no_http_is_told() -> None:
    assert (await a_look(answering(b"220 mail.example.com ESMTP\r\n"))).error == "protocol_error"


async def test_a_body_is_not_read() -> None:
    pages = {"HEAD /a": says(405), "GET /a": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000}
    async with a_site(lambda _: pages) as site, looking(total_seconds=2) as destinations:
        look = await destinations.look(f"http://{HOST}:{site.port}/a", Turns())
    assert (look.status, look.error) == (200, None)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (Names(OSError("no such name")), "dns_failed"),
        (Names(["127.0.0.9"]), "connect_failed"),
    ],
)
async def test_who_cannot_be_reached_is_told(names: Names, error: str) -> None:
    async with listening(answering(says(200))) as listener, looking(names) as destinations:
        look = await destinations.look(f"http://{HOST}:{listener.port}/", Turns())
    assert (look.status, look.error) == (None, error)
    assert "127.0.0" not in look.detail


async def test_the_end_of_a_certificate_is_noted(tmp_path: Path) -> None:
    server, path = certificate(tmp_path, HOST)
    trusting = TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(path)
    async with listening(answering(says(200)), server) as listener, looking(tls=trusting) as one:
        url = f"https://{HOST}:{listener.port}/"
        looks = [await one.look(url, Turns()) for _ in range(2)]
        other = await one.look(url.replace("shop", "other"), Turns())
    for look in looks:
        assert look.certificate_until is not None, "of a kept connection too"
        left = look.certificate_until - datetime.now(UTC)
        assert timedelta(hours=23) < left <= timedelta(days=1)
    assert set(looks[0].phases) == {"dns", "connect", "tls", "first_byte"}
    assert (other.status, other.error) == (None, "tls_failed")


async def test_a_certificate_that_nobody_signed_is_bad_tls(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, HOST)
    async with listening(answering(says(200)), server) as listener, looking() as destinations:
        look = await destinations.look(f"https://{HOST}:{listener.port}/", Turns())
    assert (look.status, look.error, listener.requests) == (None, "tls_failed", [])


async def test_https_to_a_server_without_tls_is_bad_tls() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(16)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with looking() as destinations:
        look = await destinations.look(f"https://{HOST}:{port}/", Turns())
    server.close()
    assert look.error == "tls_failed"


async def test_a_host_without_a_turn_is_not_asked() -> None:
    class Busy(Exception):
        pass

    async def turn(_: str) -> None:
        raise Busy

    async with listening(answering(says(200))) as listener, looking() as destinations:
        with pytest.raises(Busy):
            await destinations.look(f"http://{HOST}:{listener.port}/", turn)
    assert listener.connections == 0
