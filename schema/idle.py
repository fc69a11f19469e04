"""Connections that lay idle are tried before they are used.

A server that was restarted, or a firewall that forgot, is noticed at the next use only: without
this somebody is refused for each connection of the pool. One in steady use is not tried, which
would cost a round trip each time.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

IDLE_SECONDS = 1.0

_RETURNED = "returned"


def probe_idle_connections(engine: Engine) -> None:
    """Try each connection that lay idle for a second; the pool makes a new one for a dead one."""

    def note(connection: Any, record: Any) -> None:
        record.info[_RETURNED] = monotonic()

    def probe(connection: Any, record: Any, proxy: Any) -> None:
        returned = record.info.get(_RETURNED)
        if returned is None or monotonic() - returned < IDLE_SECONDS:
            return
        try:
            is_alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            is_alive = False
        if not is_alive:
            raise DisconnectionError

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", probe)
