"""What is known of a connection that could not be made: to whom, and how far it came."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from activities.gateways.guarded_connector import Contact
from activities.gateways.receivers import Outcome, OutgoingRequest
from tests.fakes.listener import Names, answering, listening
from tests.gateways.test_receivers import BODY, OK, certificate, sending
from workers.ports import free_ports


async def sent(url: str, *addresses: str, total_seconds: float = 5.0) -> Outcome:
    names = Names(addresses or ["127.0.0.1"])
    async with sending(names, total_seconds=total_seconds) as receivers:
        return await receivers.send(OutgoingRequest(url, {}, BODY))


async def test_a_refused_connection_tells_the_address_and_no_connection() -> None:
    for scheme in ("http", "https"):
        outcome = await sent(f"{scheme}://hooks.example.com:{free_ports(1)[0]}/")
        assert (outcome.error, outcome.address) == ("connect_failed", "127.0.0.1")
        assert set(outcome.phases) == {"dns", "total"}


async def test_a_refused_certificate_tells_the_address_and_how_far_it_came(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, "hooks.example.com")
    async with listening(answering(OK), server) as listener:
        outcome = await sent(f"https://hooks.example.com:{listener.port}/")
    assert (outcome.error, outcome.address) == ("tls_failed", "127.0.0.1")
    assert set(outcome.phases) == {"dns", "connect", "tls", "total"}
    assert outcome.phases["tls"] > 0
    assert sum(outcome.phases[name] for name in ("dns", "connect", "tls")) <= outcome.duration_ms


async def test_tls_to_a_plain_port_tells_the_address_and_how_far_it_came() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(16)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await sent(f"https://hooks.example.com:{port}/")
    server.close()
    assert (outcome.error, outcome.address) == ("tls_failed", "127.0.0.1")
    assert set(outcome.phases) == {"dns", "connect", "tls", "total"}


async def test_a_handshake_that_hangs_is_timed() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await sent(f"https://hooks.example.com:{port}/", total_seconds=1.0)
    server.close()
    assert (outcome.error, outcome.address) == ("timeout", "127.0.0.1")
    assert outcome.phases["tls"] > 100


async def test_of_several_addresses_the_one_that_was_tried_last_is_told(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, "hooks.example.com")
    async with listening(answering(OK), server) as listener:
        url = f"https://hooks.example.com:{listener.port}/"
        # Nobody listens at the second one.
        tls_failed = await sent(url, "127.0.0.2", "127.0.0.1")
        refused = await sent(url, "127.0.0.1", "127.0.0.2")
    assert (tls_failed.error, tls_failed.address) == ("tls_failed", "127.0.0.1")
    assert set(tls_failed.phases) == {"dns", "connect", "tls", "total"}
    assert (refused.error, refused.address) == ("connect_failed", "127.0.0.2")
    assert set(refused.phases) == {"dns", "total"}


async def test_of_addresses_tried_at_once_the_one_that_took_the_connection_is_told() -> None:
    async with listening(answering(OK)) as listener, asyncio.timeout(5) as deadline:
        contact = Contact(deadline, 5)
        with socket.socket() as first, socket.socket() as second:
            contact.try_address("127.0.0.1", first)
            contact.try_address("127.0.0.2", second)
            first.connect(("127.0.0.1", listener.port))
            second.close()
            contact.begin_tls()
    assert contact.address == "127.0.0.1"


async def test_an_address_in_the_url_is_told_too() -> None:
    async with sending() as receivers:
        url = f"http://127.0.0.1:{free_ports(1)[0]}/"
        outcome = await receivers.send(OutgoingRequest(url, {}, BODY))
    assert (outcome.error, outcome.address) == ("connect_failed", "127.0.0.1")
    assert set(outcome.phases) == {"total"}
