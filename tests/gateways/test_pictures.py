"""Pictures are fetched from the public internet only, whatever their servers do."""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from activities.gateways.pictures import LARGEST_BYTES, PictureRefused, Pictures
from activities.rules.targets import denied_address
from tests.builders.refused_targets import REFUSED_ADDRESSES, REFUSED_URLS
from tests.fakes.listener import Handler, Names, answering, listening

PUBLIC = "93.184.216.34"
HOST = "img.example.com"


def an_answer(body: bytes = b"pixels", headers: str = "", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{headers}\r\n".encode() + body


def to(location: str, status: int = 302) -> bytes:
    return an_answer(b"", f"Location: {location}\r\n", f"{status} Go")


@asynccontextmanager
async def fetching(
    names: Names | None = None, *, allow_private: bool = True, total_seconds: float = 5.0
) -> AsyncIterator[Pictures]:
    pictures = Pictures(
        names or Names(["127.0.0.1"]),
        allow_private=allow_private,
        allow_http=True,
        total_seconds=total_seconds,
    )
    try:
        yield pictures
    finally:
        await pictures.close()


async def refusal(handler: Handler, total_seconds: float = 5.0) -> str:
    """What is said of a server that behaves like this, and nothing for good."""
    async with listening(handler) as listener, fetching(total_seconds=total_seconds) as pictures:
        with pytest.raises(PictureRefused) as told:
            await pictures.fetch(f"http://{HOST}:{listener.port}/logo.png")
    assert not told.value.for_good
    assert "127.0.0.1" not in str(told.value)
    return str(told.value)


async def test_a_picture_comes_with_its_type() -> None:
    raw = an_answer().replace(b"image/png", b"Image/PNG; x=y")
    async with listening(answering(raw)) as listener, fetching() as pictures:
        fetched = await pictures.fetch(
            f"http://{HOST}:{listener.port}/a b/logo.png?c=d#e".replace(" ", "%20")
        )
        head = listener.requests[0].decode()
    assert (fetched.content, fetched.content_type) == (b"pixels", "image/png")
    assert head.startswith("GET /a%20b/logo.png?c=d HTTP/1.1\r\n")
    assert f"Host: {HOST}:{listener.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


async def test_cookies_are_neither_kept_nor_sent() -> None:
    raw = an_answer(headers="Set-Cookie: a=b; Path=/\r\n")
    async with listening(answering(raw)) as listener, fetching() as pictures:
        for _ in range(2):
            await pictures.fetch(f"http://{HOST}:{listener.port}/")
    assert len(listener.requests) == 2
    assert not any(b"cookie" in request.lower() for request in listener.requests)


@pytest.mark.parametrize("url", REFUSED_URLS)
async def test_a_refused_target_is_never_asked(url: str) -> None:
    names = Names([PUBLIC])
    pictures = Pictures(names, allow_private=False, allow_http=False)
    with pytest.raises(PictureRefused, match=r"^refusing to fetch [\x20-\x7e]+: \w") as told:
        await pictures.fetch(url)
    assert told.value.for_good
    assert names.asked == []


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
async def test_a_name_that_leads_inside_is_refused_as_documented(address: str) -> None:
    names = Names([PUBLIC, address])
    async with fetching(names, allow_private=False) as pictures:
        with pytest.raises(PictureRefused) as told:
            await pictures.fetch("https://img.example.com/logo.png")
    expected = f"refusing to fetch {HOST}: resolves to private/internal IP {address}"
    assert (str(told.value), told.value.for_good) == (expected, True)


async def test_a_name_that_turned_private_after_it_was_checked_is_never_reached() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    assert not any(map(denied_address, await names.resolve(HOST, 80)))
    async with (
        listening(answering(an_answer())) as listener,
        fetching(names, allow_private=False) as pictures,
    ):
        for _ in range(2):
            with pytest.raises(PictureRefused, match="private/internal IP 127"):
                await pictures.fetch(f"http://{HOST}:{listener.port}/")
    assert listener.connections == 0


async def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    raw = an_answer(headers="Connection: close\r\n")
    async with listening(answering(raw)) as listener, fetching(names) as pictures:
        url = f"http://{HOST}:{listener.port}/"
        assert (await pictures.fetch(url)).content == b"pixels"
        with pytest.raises(PictureRefused, match="no connection"):
            await pictures.fetch(url)
    assert len(names.asked) == 2


async def test_three_redirects_are_followed_and_no_more() -> None:
    async def step(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = int(listener.requests[-1].split(b" ")[1][1:])
        writer.write(an_answer() if number == 3 else to(f"/{number + 1}"))

    async with listening(step) as listener, fetching() as pictures:
        base = f"http://{HOST}:{listener.port}"
        assert (await pictures.fetch(f"{base}/0")).content == b"pixels"
        assert len(listener.requests) == 4
        with pytest.raises(PictureRefused, match="more than 3 redirects"):
            await pictures.fetch(f"{base}/4")
    assert len(listener.requests) == 8


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//[::ffff:127.0.0.1]/",
        "http://0.0.0.0:{port}/",
        "http://img.example.com:22/",
        "http://ada:secret@img.example.com:{port}/",
        "file:///etc/passwd",
    ],
)
async def test_each_hop_is_judged(location: str) -> None:
    """Private addresses are allowed here, so that the first hop is reached; these never are."""
    async with listening(answering(an_answer())) as other:
        raw = to(location.format(port=other.port))
        async with listening(answering(raw)) as listener, fetching() as pictures:
            with pytest.raises(PictureRefused, match=r"^refusing to fetch") as told:
                await pictures.fetch(f"http://{HOST}:{listener.port}/")
    assert told.value.for_good
    assert "secret" not in str(told.value)
    assert other.connections == 0


async def test_a_hop_to_a_name_that_leads_inside_is_refused() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    raw = to("http://metadata.example.com/")
    async with listening(answering(raw)) as listener, fetching(names) as pictures:
        with pytest.raises(PictureRefused) as told:
            await pictures.fetch(f"http://{HOST}:{listener.port}/")
    expected = (
        "refusing to fetch metadata.example.com: resolves to private/internal IP 169.254.169.254"
    )
    assert str(told.value) == expected


async def test_a_redirect_from_https_to_http_needs_the_setting() -> None:
    pictures = Pictures(Names([PUBLIC]), allow_private=False, allow_http=False)
    with pytest.raises(PictureRefused, match="use https://"):
        await pictures.fetch("http://img.example.com/logo.png")


async def test_a_body_that_drips_is_ended_by_the_deadline() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(an_answer().replace(b"Length: 6", b"Length: 9999"))
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    began = time.perf_counter()
    assert "took too long" in await refusal(drip, total_seconds=0.3)
    assert time.perf_counter() - began < 2


async def test_redirects_share_one_deadline() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.25)
        writer.write(to("/again"))

    assert "took too long" in await refusal(slow, total_seconds=0.6)


async def test_an_endless_body_is_given_up() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    assert "more than 2 MiB" in await refusal(endless)


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    raw = an_answer().replace(b"Length: 6", b"Length: 99999999")
    assert "more than 2 MiB" in await refusal(answering(raw))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_what_is_compressed_unasked_is_opened(coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress
    raw = an_answer(pack(b"p" * 1000), f"Content-Encoding: {coding}\r\n")
    async with listening(answering(raw)) as listener, fetching() as pictures:
        fetched = await pictures.fetch(f"http://{HOST}:{listener.port}/")
    assert fetched.content == b"p" * 1000


@pytest.mark.parametrize("size", [LARGEST_BYTES + 1, 500_000_000])
async def test_a_gzip_bomb_is_given_up(size: int) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000))
    bomb += packer.compress(bytes(size % 1_000_000)) + packer.flush()
    raw = an_answer(bomb, "Content-Encoding: gzip\r\n")
    assert "more than 2 MiB" in await refusal(answering(raw))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (an_answer(status="404 Not Found"), "answered 404"),
        (an_answer().replace(b"image/png", b"text/html"), "no picture"),
        (an_answer().replace(b"Content-Type: image/png\r\n", b""), "no picture"),
        (an_answer(b"x", "Content-Encoding: br\r\n"), "not asked for"),
        (an_answer(b"nonsense", "Content-Encoding: gzip\r\n"), "not valid"),
        (an_answer(gzip.compress(b"abc")[:-9], "Content-Encoding: gzip\r\n"), "breaks off"),
        (an_answer().replace(b"Length: 6", b"Length: 60"), "not valid, or breaks off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not valid"),
        (b"", "connection was lost"),
    ],
)
async def test_a_bad_answer_is_told(raw: bytes, why: str) -> None:
    assert why in await refusal(answering(raw, then_close=True))


async def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with fetching() as pictures:
            with pytest.raises(PictureRefused, match=f"could not fetch {HOST}: no connection"):
                await pictures.fetch(f"http://{HOST}:{taken.getsockname()[1]}/")


async def test_a_name_that_nobody_knows_is_told() -> None:
    async with fetching(Names(OSError("nobody"))) as pictures:
        with pytest.raises(PictureRefused, match="could not be resolved") as told:
            await pictures.fetch("https://img.example.com/")
    assert not told.value.for_good


async def test_proxies_of_the_environment_are_ignored() -> None:
    script = """
import asyncio, sys
from activities.gateways.dns import SystemResolver
from activities.gateways.pictures import Pictures

async def main():
    pictures = Pictures(SystemResolver(), allow_private=True, allow_http=True)
    print((await pictures.fetch(sys.argv[1])).content.decode())
    await pictures.close()

asyncio.run(main())
"""
    async with listening(answering(an_answer())) as listener, listening(answering(b"")) as proxy:
        through = f"http://127.0.0.1:{proxy.port}"
        url = f"http://localhost:{listener.port}/"
        run = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", script, url],
            env={"HTTP_PROXY": through, "http_proxy": through, "ALL_PROXY": through},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.stdout == "pixels\n", run.stderr
    assert proxy.connections == 0
