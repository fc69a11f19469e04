"""The other commands, as an operator types them beside a running stack."""

from __future__ import annotations

import asyncio
import re

import httpx
import psycopg

from schema.migrate import check
from tests.journeys.commands import environment, inkloom
from tests.journeys.conftest import Studio
from workers.stack import Stack


async def test_a_session_opens_the_workspace(studio: Studio) -> None:
    code = await studio.create("https://example.com/mine")
    ran = await inkloom("session", env=environment(studio.stack))
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"ink_session=ses_[\w-]{43}\n", ran.out)
    async with httpx.AsyncClient(base_url=studio.stack.api) as browser:
        assert (await browser.get("/api/qr")).status_code == 401
        listed = await browser.get("/api/qr", headers={"Cookie": ran.out.strip()})
    assert listed.status_code == 200
    assert listed.json()["items"][0]["shortCode"] == code


async def test_a_session_of_nobody_is_refused_in_one_sentence(stack: Stack) -> None:
    ran = await inkloom("session", "nosuchplace", env=environment(stack))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "inkloom: There is no organization 'nosuchplace' in this database\n"


async def test_migrating_twice_at_once_is_migrating_once(stack: Stack) -> None:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated_twice")
    url = stack.database_url.replace("/inkloom", "/migrated_twice")
    env = {**environment(stack), "DATABASE_URL": url}
    for ran in await asyncio.gather(inkloom("migrate", env=env), inkloom("migrate", env=env)):
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == "The tables are up to date.\n"
    check(url)


async def test_a_queue_that_is_not_there_is_refused_in_one_sentence(stack: Stack) -> None:
    ran = await inkloom("work", "nosuchqueue", env=environment(stack))
    assert (ran.code, ran.out) == (2, "")
    assert re.fullmatch(
        r"inkloom: There is no queue 'nosuchqueue'; choose one of .*delivery.*\n", ran.err
    )


async def test_a_database_that_is_away_is_one_sentence(stack: Stack) -> None:
    away = {**environment(stack), "DATABASE_URL": "postgresql://ink:hunter2@127.0.0.1:1/inkloom"}
    for ran in await asyncio.gather(inkloom("migrate", env=away), inkloom("session", env=away)):
        assert (ran.code, ran.out) == (2, "")
        assert re.fullmatch(r"inkloom: PostgreSQL does not answer: .+\n", ran.err)
        assert "hunter2" not in ran.err
