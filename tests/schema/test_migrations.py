"""The versions make exactly what the models say, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from schema.db import DatabaseAway
from schema.migrate import check, downgrade, head, upgrade
from workers.embedded_postgres import EmbeddedPostgres


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database without tables."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield postgres.url.removesuffix("/inkloom") + f"/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def relations(url: str) -> set[str]:
    query = """
        SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    """
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(query)} - {
            "alembic_version",
            "alembic_version_pkc",
        }


def test_the_versions_make_what_the_models_say(empty: str) -> None:
    upgrade(empty)
    check(empty)


def test_the_versions_go_down_to_nothing_and_up_again(empty: str) -> None:
    upgrade(empty)
    made = relations(empty)
    assert "qr_code" in made
    downgrade(empty, "base")
    assert relations(empty) == set()
    upgrade(empty)
    assert relations(empty) == made


def test_migrating_twice_changes_nothing(empty: str) -> None:
    upgrade(empty)
    upgrade(empty)
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (head(),)


def test_a_database_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(DatabaseAway):
        upgrade("postgresql://nobody@127.0.0.1:1/nowhere")
