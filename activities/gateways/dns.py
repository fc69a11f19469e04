"""What names stand for: addresses by the machine's own resolver, texts asked of name servers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as Asker

TIMEOUT_SECONDS = 5.0
THREADS = 16


class NameUnknown(OSError):
    """DNS says that there is no such name."""


class Resolver(Protocol):
    """Answers what a name stands for, at this moment and without a cache of its own."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """IPv4 and IPv6 addresses as text, best first, at least one.

        Raises OSError when the name has none or nobody can say; TimeoutError is one of these.
        """
        ...

    async def texts(self, name: str) -> Sequence[str]:
        """The TXT records of a name (RFC 1035 3.3.14), each as one text; none when it has none.

        Raises `NameUnknown` when there is no such name, OSError when nobody can say.
        """
        ...


class SystemResolver:
    """`getaddrinfo`, in threads of its own; texts of `servers`, or of the machine's name servers.

    A look-up cannot be cancelled: one that nobody waits for any longer keeps its thread. In the
    loop's shared pool (four threads with uvloop) a slow name server would stop everything else.
    """

    def __init__(
        self,
        timeout_seconds: float = TIMEOUT_SECONDS,
        servers: Sequence[tuple[str, int]] = (),
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._servers = tuple(servers)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dns")

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_seconds):
            try:
                found = await loop.run_in_executor(self._threads, _look_up, host, port)
            except UnicodeError as fault:
                raise OSError("the name cannot be looked up") from fault
        return list(dict.fromkeys(found))

    async def texts(self, name: str) -> Sequence[str]:
        # Only here: it takes a third of a second to import.
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN

        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._asker().resolve(
                    name,
                    "TXT",
                    search=False,
                    raise_on_no_answer=False,
                    lifetime=self._timeout_seconds,
                )
        except NXDOMAIN as fault:
            raise NameUnknown("there is no such name") from fault
        except (DNSException, UnicodeError, TimeoutError) as fault:
            raise OSError("no name server can say") from fault
        return [b"".join(text.strings).decode(errors="replace") for text in answer.rrset or ()]

    def _asker(self) -> Asker:
        from dns.asyncresolver import Resolver
        from dns.nameserver import Do53Nameserver

        asker = Resolver(configure=not self._servers)
        if self._servers:
            asker.nameservers = [Do53Nameserver(*server) for server in self._servers]
        return asker

    async def close(self) -> None:
        """Give the threads back, without waiting for look-ups under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]
