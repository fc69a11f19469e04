"""`inkloom doctor` says what is reachable, what is not, and what to do, one line each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psycopg
import pytest_asyncio

from schema.settings import load_settings
from tests.journeys.commands import Ran, environment, inkloom
from workers.doctor import examine
from workers.stack import Stack

CHECKS = [
    *("PostgreSQL", "Tables", "Temporal", "Search attributes", "SECRET_KEY", "Mail", "Places")
]
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def findings(ran: Ran) -> dict[str, tuple[str, str]]:
    """Mark and words by what was checked; each finding must be one line of its own."""
    assert ran.err == ""
    found = {}
    for line in ran.out.splitlines():
        mark, _, rest = line.partition(" ")
        what, _, told = rest.strip().partition(": ")
        assert mark in ("ok", "away"), line
        assert told, line
        found[what] = (mark, told)
    return found


@pytest_asyncio.fixture
async def silent_port() -> AsyncIterator[int]:
    """A port that takes connections and never says a word."""
    server = await asyncio.start_server(lambda *_: asyncio.sleep(60), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_all_is_well_beside_a_running_stack(stack: Stack) -> None:
    ran = await inkloom("doctor", env=environment(stack))
    assert {what: mark for what, (mark, _) in findings(ran).items()} == dict.fromkeys(CHECKS, "ok")
    assert ran.code == 0


async def test_a_dead_database_and_a_dead_temporal_are_one_line_each() -> None:
    env = {
        "DATABASE_URL": "postgresql://ink:hunter2@127.0.0.1:1/inkloom",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "SECRET_KEY": KEY,
    }
    began = time.monotonic()
    ran = await inkloom("doctor", env=env)
    assert time.monotonic() - began < 15
    assert ran.code == 1
    found = findings(ran)
    assert [(what, mark) for what, (mark, _) in found.items()] == [
        ("PostgreSQL", "away"),
        ("Temporal", "away"),
        ("SECRET_KEY", "ok"),
        ("Mail", "ok"),
        ("Places", "ok"),
    ]
    assert "does not answer" in found["PostgreSQL"][1]
    assert "127.0.0.1:1 does not answer" in found["Temporal"][1]
    assert "hunter2" not in ran.out
    assert KEY not in ran.out


async def test_servers_that_never_answer_are_not_waited_for(silent_port: int) -> None:
    began = time.monotonic()
    away = await examined(
        database_url=f"postgresql://ink@127.0.0.1:{silent_port}/inkloom",
        temporal_address=f"127.0.0.1:{silent_port}",
    )
    assert time.monotonic() - began < 10
    assert "does not answer" in away["PostgreSQL"]
    assert "does not answer" in away["Temporal"]


async def test_what_is_not_set_is_told_with_what_to_do() -> None:
    away = await examined()
    assert set(away) == {"PostgreSQL", "Temporal", "SECRET_KEY"}
    assert away["PostgreSQL"] == "DATABASE_URL is not set; `inkloom up` embeds one"
    assert away["Temporal"] == "TEMPORAL_ADDRESS is not set; `inkloom up` embeds one"
    assert "openssl rand -base64 32" in away["SECRET_KEY"]


async def test_it_says_whether_mail_can_be_sent() -> None:
    production = {"environment": "production", "public_url": "https://ink.example"}
    sealed = {"secret_key": KEY, "resend_api_key": ""}
    assert (await examined(**{**production, **sealed}))["Mail"] == (
        "no mail can be sent: RESEND_API_KEY is not set"
    )
    assert "Mail" not in await examined(resend_api_key="")
    assert "MAIL_FROM" in (await examined(resend_api_key="re_1"))["Mail"]
    assert "Mail" not in await examined(resend_api_key="re_1", mail_from="ink@ink.example")


async def test_missing_tables_are_told_with_what_to_do(stack: Stack) -> None:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE doctor_empty")
    url = stack.database_url.replace("/inkloom", "/doctor_empty")
    away = await examined(database_url=url, temporal_address=stack.temporal_address)
    assert "PostgreSQL" not in away
    assert away["Tables"] == "run `inkloom migrate`"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('0000')")
    assert (await examined(database_url=url))["Tables"] == "run `inkloom migrate`"


async def examined(**given: str) -> dict[str, str]:
    """What is not well, in this process: the words by what was checked."""
    unset = {"database_url": "", "temporal_address": "", "secret_key": ""}
    return {
        finding.what: finding.told
        async for finding in examine(load_settings(**{**unset, **given}))
        if not finding.well
    }
