"""Changing tables that others use meanwhile.

Whoever comes after a version that waits for a table waits behind it. So a version waits a few
seconds only, lets the others go on, tries again, and says for whom it waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from psycopg.errors import DeadlockDetected, LockNotAvailable

Say = Callable[[str], None]

# Who made us wait had begun before we waited. Only values come from outside.
_HOLDERS = sa.text(
    "SELECT string_agg(DISTINCT relname, ', ' ORDER BY relname) AS tables, pid, "
    "coalesce(nullif(application_name, ''), 'without a name') AS name, state, "
    "CAST(extract(epoch FROM clock_timestamp() - xact_start) AS integer) AS seconds "
    "FROM pg_locks JOIN pg_stat_activity USING (pid) JOIN pg_class ON pg_class.oid = relation "
    "WHERE granted AND pid <> pg_backend_pid() AND relkind IN ('r', 'p') "
    "AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND relnamespace = CAST('public' AS regnamespace) "
    "AND xact_start <= clock_timestamp() - :seconds * interval '1 second' "
    "GROUP BY pid, application_name, state, xact_start ORDER BY xact_start LIMIT 1"
)


@dataclass(frozen=True)
class Patience:
    """For how many seconds a version waits for a table, how often it tries, and the pause between,
    in which those who came later have their turn.
    """

    seconds: float = 5.0
    tries: int = 6
    pause: float = 3.0


class TablesHeld(Exception):
    """Others held a table each time it was to be changed; the sentence says who, and what to do."""


def patiently(
    connection: sa.Connection, change: Callable[[], None], patience: Patience, say: Say
) -> None:
    """Do `change`, whose versions all are transactions of `connection`, until it goes through.

    What was done before a version had to wait stays. Raises `TablesHeld`.
    """
    timeout = {"timeout": f"{round(patience.seconds * 1000)}ms"}
    connection.execute(sa.text("SELECT set_config('lock_timeout', :timeout, false)"), timeout)
    connection.commit()
    for tried in range(1, patience.tries + 1):
        try:
            return change()
        except sa.exc.OperationalError as fault:
            if not isinstance(fault.orig, LockNotAvailable | DeadlockDetected):
                raise
            connection.rollback()
            is_deadlock = isinstance(fault.orig, DeadlockDetected)
            held = _who_holds(connection, 0.0 if is_deadlock else patience.seconds)
        if tried < patience.tries:
            say(f"Waiting: {held}. Trying again ({tried + 1} of {patience.tries})")
            time.sleep(patience.pause)
    raise TablesHeld(
        f"The tables cannot be changed: {held}. "
        "Stop the API, the worker and the relay, or end that session, and try again."
    )


def _who_holds(connection: sa.Connection, seconds: float) -> str:
    """One session that holds tables for longer than that, in words."""
    row = connection.execute(_HOLDERS, {"seconds": seconds}).one_or_none()
    connection.commit()
    if row is None:
        return "another session held a table until just now"
    return (
        f"another session holds {row.tables} (process {row.pid}, {row.name}, {row.state}, "
        f"begun {row.seconds} s ago)"
    )
