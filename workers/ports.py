"""TCP ports of this machine: finding free ones, and refusing a taken one in one sentence."""

import errno
import socket
from contextlib import ExitStack, suppress
from secrets import SystemRandom

from workers.processes import StartFailed

LOOPBACK = "127.0.0.1"

PORT_RANGE = range(20_000, 32_000)
"""Below 32768, where Linux begins to hand out the local ports of outgoing connections."""


def free_ports(count: int) -> list[int]:
    """`count` distinct ports of 127.0.0.1 that nothing listens on now."""
    with ExitStack() as held:
        ports: list[int] = []
        for port in SystemRandom().sample(PORT_RANGE, len(PORT_RANGE)):
            if len(ports) == count:
                return ports
            probe = held.enter_context(socket.socket())
            with suppress(OSError):
                probe.bind((LOOPBACK, port))
                ports.append(port)
        raise StartFailed("Inkloom", f"found fewer than {count} free ports on {LOOPBACK}")


def require(port: int, option: str) -> None:
    """Return when `port` of 127.0.0.1 can be listened on.

    Raises StartFailed "port 8233 is in use; choose another with --temporal-ui-port".
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "is in use" if taken else f"cannot be listened on ({error})"
            raise StartFailed(f"port {port}", f"{why}; choose another with {option}") from error
