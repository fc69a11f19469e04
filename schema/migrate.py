"""Bring a database to the tables of this version, and compare the two.

One process at a time: an advisory lock makes a second `migrate` wait and then find nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from schema.db import CONNECT_SECONDS, DatabaseAway, DatabaseTooOld, driver_url
from schema.patience import Patience, Say, patiently

LOCK = 0x696E6B6C
OLDEST_SERVER = 150000
PATIENCE = Patience()


def _to_nobody(_: str) -> None:
    """Where nobody looks."""


def upgrade(
    url: str, revision: str = "head", *, say: Say = _to_nobody, patience: Patience = PATIENCE
) -> None:
    """Apply what is missing up to `revision`; `say` hears what has to be waited for.

    Raises `DatabaseAway`, `DatabaseTooOld`, `TablesHeld`.
    """
    with _config(url) as config:
        connection = config.attributes["connection"]
        patiently(connection, lambda: command.upgrade(config, revision), patience, say)


def downgrade(
    url: str, revision: str, *, say: Say = _to_nobody, patience: Patience = PATIENCE
) -> None:
    """Take versions back down to `revision` ("base" is before the first). Raises `TablesHeld`."""
    with _config(url) as config:
        connection = config.attributes["connection"]
        patiently(connection, lambda: command.downgrade(config, revision), patience, say)


def check(url: str) -> None:
    """Raise when the models say something that no version has made."""
    with _config(url) as config:
        command.check(config)


def write_revision(url: str, message: str) -> None:
    """Write a new version from the difference between models and database (developers)."""
    with _config(url) as config:
        command.revision(config, message=message, autogenerate=True)


def head() -> str:
    """The newest version that this program knows."""
    return str(ScriptDirectory.from_config(_options()).get_current_head())


def _options() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


@contextmanager
def _config(url: str) -> Iterator[Config]:
    engine = sa.create_engine(
        driver_url(url),
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    try:
        connection = engine.connect()
    except sa.exc.OperationalError as fault:
        raise DatabaseAway(str(fault.__cause__ or fault).partition("\n")[0]) from fault
    with connection:
        version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        if version < OLDEST_SERVER:
            raise DatabaseTooOld(f"PostgreSQL 15 or newer is needed, this is {version // 10000}")
        connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        config = _options()
        config.attributes["connection"] = connection
        try:
            yield config
        finally:
            connection.rollback()
            connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    engine.dispose()
