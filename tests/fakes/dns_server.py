"""A name server on loopback (UDP and TCP, RFC 1035) that says what a test wrote down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

SILENT = "silent"
FAILING = "failing"


@dataclass
class NameServer:
    """Knows each name of `zone` with its TXT records, each the strings that it consists of.

    `SILENT` in their place is never answered, `FAILING` with SERVFAIL. A name of `aliases` stands
    for another (CNAME). Answers that do not fit into a datagram are asked for again by TCP.
    """

    zone: dict[str, Sequence[Sequence[str]] | str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, wire: bytes, *, largest: int) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        told = dns.message.make_response(query)
        if name in self.aliases:
            alias = dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", f"{self.aliases[name]}.")
            told.answer.append(alias)
            name = self.aliases[name]
        records = self.zone.get(name)
        if records == SILENT:
            return None
        if records == FAILING:
            told.set_rcode(dns.rcode.SERVFAIL)
        elif records is None:
            told.set_rcode(dns.rcode.NXDOMAIN)
        else:
            for strings in records:
                quoted = " ".join(f'"{part}"' for part in strings)
                told.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", quoted))
        said = told.to_wire(max_size=65535)
        if len(said) > largest:
            told.answer.clear()
            told.flags |= dns.flags.TC
            said = told.to_wire()
        return said


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self.server = server

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if said := self.server.answer(data, largest=512):
            self.transport.sendto(said, addr)


@asynccontextmanager
async def a_name_server() -> AsyncIterator[NameServer]:
    """One that runs until the end."""
    server = NameServer()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        said = server.answer(await reader.readexactly(length), largest=65535) or b""
        writer.write(len(said).to_bytes(2, "big") + said)
        await writer.drain()
        writer.close()

    streams = await asyncio.start_server(converse, "127.0.0.1", 0)
    server.port = streams.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(server), local_addr=("127.0.0.1", server.port)
    )
    try:
        yield server
    finally:
        transport.close()
        streams.close()
