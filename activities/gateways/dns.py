"""Names to addresses, by the machine's own resolver."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

TIMEOUT_SECONDS = 5.0
THREADS = 16


class Resolver(Protocol):
    """Answers which addresses a host name has, at this moment and without a cache."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """IPv4 and IPv6 addresses as text, best first, at least one.

        Raises OSError when the name has none or nobody can say; TimeoutError is one of these.
        """
        ...


class SystemResolver:
    """`getaddrinfo`, in threads of its own.

    A look-up cannot be cancelled: one that nobody waits for any longer keeps its thread. In the
    loop's shared pool (four threads with uvloop) a slow name server would stop everything else.
    """

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dns")

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_seconds):
            try:
                found = await loop.run_in_executor(self._threads, _look_up, host, port)
            except UnicodeError as fault:
                raise OSError("the name cannot be looked up") from fault
        return list(dict.fromkeys(found))

    async def close(self) -> None:
        """Give the threads back, without waiting for look-ups under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]
