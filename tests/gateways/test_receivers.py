"""The sender, against real servers on loopback that behave well and badly."""

import asyncio
import gzip
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from activities.gateways.guarded_connector import TimedContext
from activities.gateways.receivers import MAX_BODY_BYTES, Outcome, OutgoingRequest, Receivers
from activities.rules.targets import denied_address
from tests.fakes.listener import Handler, Names, answering, listening
from workers.ports import free_ports

BODY = b'{"event":"qr.created"}'
PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def sending(
    names: Names | None = None,
    *,
    allow_private: bool = True,
    allow_http: bool = True,
    total_seconds: float = 5.0,
    limit_per_host: int = 32,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Receivers]:
    receivers = Receivers(
        names or Names(["127.0.0.1"]),
        allow_private=allow_private,
        allow_http=allow_http,
        total_seconds=total_seconds,
        limit_per_host=limit_per_host,
        tls=tls,
    )
    try:
        yield receivers
    finally:
        await receivers.close()


def to(port: int, path: str = "/hooks", host: str = "hooks.example.com") -> OutgoingRequest:
    headers = {"Content-Type": "application/json", "webhook-id": "msg_1", "User-Agent": "Ink/1"}
    return OutgoingRequest(f"http://{host}:{port}{path}", headers, BODY)


async def one(handler: Handler, total_seconds: float = 5.0) -> Outcome:
    async with listening(handler) as listener, sending(total_seconds=total_seconds) as receivers:
        return await receivers.send(to(listener.port))


async def test_a_request_arrives_intact_and_its_answer_is_told() -> None:
    raw = (
        b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nX-A: 1\r\nx-a: \xff\xc3\xa9\r\n"
        b"Content-Length: 4\r\n\r\nwait"
    )
    names = Names(["127.0.0.1"])
    async with listening(answering(raw)) as listener, sending(names) as receivers:
        outcome = await receivers.send(to(listener.port, "/a/../b?c=%20ü"))
        head, _, body = listener.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a/../b?c=%20%C3%BC HTTP/1.1"
    assert f"Host: hooks.example.com:{listener.port}" in lines
    assert {"webhook-id: msg_1", "User-Agent: Ink/1", "Accept-Encoding: identity"} <= set(lines)
    assert body == BODY
    assert names.asked == [("hooks.example.com", listener.port)]
    assert (outcome.status_code, outcome.error, outcome.detail) == (429, None, "")
    assert (outcome.retry_after, outcome.response_body) == ("120", b"wait")
    assert outcome.response_headers["x-a"] == "1, \ufffdé"
    assert outcome.address == "127.0.0.1"
    assert set(outcome.phases) == {"dns", "connect", "first_byte", "total"}
    assert outcome.phases["total"] == outcome.duration_ms > 0


async def test_a_connection_is_kept_and_needs_no_second_look_up() -> None:
    names = Names(["127.0.0.1"])
    async with listening(answering(OK)) as listener, sending(names) as receivers:
        first = await receivers.send(to(listener.port))
        second = await receivers.send(to(listener.port))
    assert (first.status_code, second.status_code) == (200, 200)
    assert (listener.connections, len(names.asked)) == (1, 1)
    assert set(second.phases) == {"first_byte", "total"}
    assert second.address == "127.0.0.1"


async def test_cookies_are_neither_kept_nor_sent() -> None:
    raw = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n\r\n")
    async with listening(answering(raw)) as listener, sending() as receivers:
        await receivers.send(to(listener.port))
        await receivers.send(to(listener.port))
    assert len(listener.requests) == 2
    assert not any(b"cookie" in request.lower() for request in listener.requests)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    async with listening(answering(OK)) as inside:
        raw = (
            f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{inside.port}/\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        outcome = await one(answering(raw.encode()))
    assert (outcome.status_code, outcome.error) == (status, None)
    assert inside.connections == 0


async def test_a_body_that_drips_is_ended_by_the_deadline() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    outcome = await one(drip, total_seconds=0.3)
    assert (outcome.status_code, outcome.error) == (200, "timeout")
    assert outcome.response_body.startswith(b"xx")
    assert 300 <= outcome.duration_ms < 1500


async def test_headers_that_never_come_are_ended_by_the_deadline() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    outcome = await one(silent, total_seconds=0.3)
    assert (outcome.status_code, outcome.error) == (None, "timeout")
    assert "answer" in outcome.detail
    assert 300 <= outcome.duration_ms < 1500


async def test_an_endless_body_is_cut() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    outcome = await one(endless)
    assert (outcome.status_code, outcome.error) == (200, None)
    assert len(outcome.response_body) == MAX_BODY_BYTES
    assert outcome.duration_ms < 2000


async def test_a_gzip_bomb_stays_compressed() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    outcome = await one(answering(raw + bomb))
    assert outcome.status_code == 200
    assert outcome.response_body == bomb[:MAX_BODY_BYTES]


async def test_many_long_headers_are_cut_for_the_log() -> None:
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 7000) for number in range(20))
    outcome = await one(answering(OK.replace(b"Content-", lines + b"Content-")))
    assert outcome.error is None
    assert sum(len(name) + len(text) for name, text in outcome.response_headers.items()) <= 16384


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_protocol_error(raw: bytes) -> None:
    assert (await one(answering(raw, then_close=True))).error == "protocol_error"


async def test_a_connection_closed_without_an_answer_is_told() -> None:
    outcome = await one(answering(b"", then_close=True))
    assert (outcome.status_code, outcome.error) == (None, "connection_lost")


async def test_a_kept_connection_that_died_is_replaced_at_once() -> None:
    async def once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if listener.connections == 1 and len(listener.requests) == 2:
            writer.close()
        else:
            writer.write(OK)

    async with listening(once) as listener, sending() as receivers:
        outcomes = [await receivers.send(to(listener.port)) for _ in range(2)]
    assert [outcome.status_code for outcome in outcomes] == [200, 200]
    assert (listener.connections, len(listener.requests)) == (2, 3)


async def test_a_refused_connection_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with sending() as receivers:
            outcome = await receivers.send(to(taken.getsockname()[1]))
    assert (outcome.status_code, outcome.error) == (None, "connect_failed")
    assert "127.0.0.1" not in outcome.detail


async def test_a_name_without_an_address_is_told() -> None:
    answers: list[list[str] | OSError] = [
        [],
        socket.gaierror(-2, "Name or service not known"),
        TimeoutError(),
    ]
    for answer in answers:
        async with sending(Names(answer)) as receivers:
            outcome = await receivers.send(to(8080))
        assert (outcome.error, outcome.status_code) == ("dns_failed", None)
        assert outcome.phases.keys() == {"dns", "total"}


async def test_a_resolver_that_hangs_is_ended_by_the_deadline() -> None:
    class Hanging(Names):
        async def resolve(self, host: str, port: int) -> Sequence[str]:
            await asyncio.sleep(60)
            return []

    async with sending(Hanging([]), total_seconds=0.1) as receivers:
        outcome = await receivers.send(to(8080))
    assert outcome.error == "timeout"
    assert "address" in outcome.detail


async def test_a_name_with_a_private_address_among_public_ones_is_refused() -> None:
    for answer in ([PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], ["::ffff:127.0.0.1"]):
        async with (
            listening(answering(OK)) as listener,
            sending(Names(answer), allow_private=False) as receivers,
        ):
            outcome = await receivers.send(to(listener.port))
        assert (outcome.error, outcome.address) == ("target_refused", None)
        assert "127.0.0.1" not in outcome.detail
        assert listener.connections == 0


async def test_a_name_that_turned_private_after_it_was_checked_is_never_reached() -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    assert not any(map(denied_address, await names.resolve("hooks.example.com", 443)))
    async with (
        listening(answering(OK)) as listener,
        sending(names, allow_private=False) as receivers,
    ):
        outcomes = [await receivers.send(to(listener.port)) for _ in range(2)]
    assert [outcome.error for outcome in outcomes] == ["target_refused"] * 2
    assert (listener.connections, len(names.asked)) == (0, 3)


async def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"])
    raw = OK.replace(b"Content-", b"Connection: close\r\nContent-")
    async with listening(answering(raw)) as listener, sending(names) as receivers:
        outcomes = [await receivers.send(to(listener.port)) for _ in range(3)]
    assert [outcome.error for outcome in outcomes] == [None, "connect_failed", None]
    assert len(names.asked) == 3


async def test_an_address_in_the_url_is_refused_without_the_resolver() -> None:
    names = Names([PUBLIC])
    async with (
        listening(answering(OK)) as listener,
        sending(names, allow_private=False) as receivers,
    ):
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "127.1"):
            outcome = await receivers.send(to(listener.port, host=host))
            assert outcome.error == "target_refused"
    assert (listener.connections, names.asked) == (0, [])


async def test_a_header_that_would_split_the_request_is_refused() -> None:
    async with listening(answering(OK)) as listener, sending() as receivers:
        request = OutgoingRequest(to(listener.port).url, {"X-A": "1\r\nX-B: 2"}, BODY)
        outcome = await receivers.send(request)
        assert (await receivers.send(to(listener.port))).status_code == 200
    assert outcome.error == "request_invalid"
    assert len(listener.requests) == 1


async def test_requests_that_found_no_free_connection_are_told_as_busy() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    async with (
        listening(silent) as listener,
        sending(total_seconds=0.2, limit_per_host=1) as receivers,
    ):
        outcomes = await asyncio.gather(*(receivers.send(to(listener.port)) for _ in range(4)))
    errors = [outcome.error for outcome in outcomes]
    assert (errors[0], set(errors)) == ("timeout", {"timeout", "busy"})
    assert len(listener.requests) <= errors.count("timeout"), "none that was sent is called busy"


async def test_a_wait_for_a_free_connection_does_not_shorten_the_receivers_time() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.7)
        writer.write(OK)

    async with (
        listening(slow) as listener,
        sending(total_seconds=1.2, limit_per_host=1) as receivers,
    ):
        outcomes = await asyncio.gather(*(receivers.send(to(listener.port)) for _ in range(2)))
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert outcomes[1].duration_ms > 1200
    assert (listener.connections, outcomes[1].phases["first_byte"] < 1000) == (1, True)


async def test_a_cancelled_send_stays_cancelled() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    async with listening(silent) as listener, sending() as receivers:
        task = asyncio.create_task(receivers.send(to(listener.port)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(IPv4Address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "server.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, path


async def test_tls_names_the_host_and_not_the_address(tmp_path: Path) -> None:
    server, path = certificate(tmp_path, "hooks.example.com")
    asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked.append(name)
    trusting = TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(path)
    async with listening(answering(OK), server) as listener, sending(tls=trusting) as receivers:
        secure = f"https://hooks.example.com:{listener.port}/"
        good = await receivers.send(OutgoingRequest(secure, {}, BODY))
        other = await receivers.send(OutgoingRequest(secure.replace("hooks", "other"), {}, BODY))
    assert (good.status_code, good.error, good.address) == (200, None, "127.0.0.1")
    assert set(good.phases) == {"dns", "connect", "tls", "first_byte", "total"}
    assert good.phases["tls"] > 0
    assert (other.status_code, other.error) == (None, "tls_failed")
    assert asked == ["hooks.example.com", "other.example.com"]


async def test_a_self_signed_certificate_is_refused(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, "hooks.example.com")
    async with listening(answering(OK), server) as listener, sending() as receivers:
        url = f"https://hooks.example.com:{listener.port}/"
        outcome = await receivers.send(OutgoingRequest(url, {}, BODY))
    assert (outcome.status_code, outcome.error) == (None, "tls_failed")
    assert listener.requests == []


async def test_https_to_a_server_without_tls_is_a_tls_failure() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(16)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with sending() as receivers:
        url = f"https://hooks.example.com:{port}/"
        outcome = await receivers.send(OutgoingRequest(url, {}, BODY))
    server.close()
    assert outcome.error == "tls_failed"


async def test_proxies_of_the_environment_are_ignored() -> None:
    script = """
import asyncio, sys
from activities.gateways.dns import SystemResolver
from activities.gateways.receivers import OutgoingRequest, Receivers

async def main():
    receivers = Receivers(SystemResolver(), allow_private=True, allow_http=True)
    for url in sys.argv[1:]:
        outcome = await receivers.send(OutgoingRequest(url, {}, b"{}"))
        print(outcome.status_code, outcome.error)
    await receivers.close()

asyncio.run(main())
"""
    async with listening(answering(OK)) as listener, listening(answering(OK)) as proxy:
        through = f"http://127.0.0.1:{proxy.port}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        proxies = {spelled: through for name in names for spelled in (name, name.lower())}
        urls = [f"http://localhost:{listener.port}/", f"https://localhost:{free_ports(1)[0]}/"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, *urls),
            env=os.environ | proxies,
            stdout=subprocess.PIPE,
        )
        said, _ = await process.communicate()
    assert said.splitlines() == [b"200 None", b"None connect_failed"]
    assert (listener.connections, proxy.connections) == (1, 0)
