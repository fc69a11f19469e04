"""The versions make exactly what the models say, and can be taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from schema.db import DatabaseAway
from schema.migrate import check, downgrade, head, upgrade
from schema.patience import Patience, TablesHeld
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


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    """Where a migration runs while a test does something else."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def a_session(url: str) -> psycopg.Connection[Any]:
    """One of the application, which waits for nothing long."""
    return psycopg.connect(
        url, application_name="a worker", options="-c lock_timeout=2s -c deadlock_timeout=10s"
    )


def wait_until_it_waits(url: str, migrating: Future[None]) -> None:
    """Until the migration waits for a table that somebody holds."""
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"
    deadline = time.monotonic() + 15
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(waiting).fetchone():
            assert not migrating.done(), migrating.result()
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_version_that_waits_says_for_whom_and_lets_others_have_their_turn(
    empty: str, beside: ThreadPoolExecutor
) -> None:
    upgrade(empty, "0012")
    said: list[str] = []
    patience = Patience(seconds=0.3, tries=100, pause=0.1)
    with a_session(empty) as holder:
        holder.execute("SELECT FROM link")
        who = holder.info.backend_pid
        migrating = beside.submit(upgrade, empty, say=said.append, patience=patience)
        wait_until_it_waits(empty, migrating)
        with a_session(empty) as late:
            late.execute("SELECT FROM link")
        wait_until_it_waits(empty, migrating)
    migrating.result(15)
    assert f"another session holds link (process {who}, a worker, " in said[0]
    assert said[0].endswith("Trying again (2 of 100)")
    check(empty)


def test_a_version_that_never_has_its_turn_changes_nothing_and_says_who_is_to_be_stopped(
    empty: str,
) -> None:
    upgrade(empty, "0012")
    made = relations(empty)
    said: list[str] = []
    with a_session(empty) as holder:
        holder.execute("SELECT FROM link")
        with pytest.raises(TablesHeld, match=r"another session holds link .* Stop the API"):
            upgrade(empty, say=said.append, patience=Patience(seconds=0.1, tries=2, pause=0.01))
    assert (len(said), relations(empty)) == (1, made)


@pytest.mark.parametrize("way", ["up", "down"])
def test_who_changes_a_link_and_then_its_code_is_in_no_deadlock_with_a_version(
    empty: str, beside: ThreadPoolExecutor, way: str
) -> None:
    """As the application locks them: first the link, then the codes that follow it."""
    move, before, after = (upgrade, "0012", "0013") if way == "up" else (downgrade, "0013", "0012")
    said: list[str] = []
    upgrade(empty, before)
    with a_session(empty) as changing:
        changing.execute("SELECT FROM link FOR UPDATE")
        migrating = beside.submit(move, empty, after, say=said.append)
        wait_until_it_waits(empty, migrating)
        changing.execute("UPDATE link SET name = name")
        changing.execute("UPDATE qr_code SET name = name")
    migrating.result(15)
    assert said == []
