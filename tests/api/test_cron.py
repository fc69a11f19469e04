"""`/api/cron`: who knows the secret starts jobs; the others learn nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog

from activities.meters import Take, take
from activities.rules.throttles import CREDENTIALS
from api.app import make_app
from tests.api.conftest import Client
from tests.api.surface import CRON_SECRET, every_operation
from workflows.scheduled import CRON_NAMES, JOBS
from workflows.starter import Starter

BUILT = sorted(set(CRON_NAMES) & set(JOBS))
BEARER = {"Authorization": f"Bearer {CRON_SECRET}"}


async def here() -> bool:
    return True


async def away() -> Any:
    raise RuntimeError("nobody listens there")


@pytest_asyncio.fixture
async def without_temporal(database: object, world: object) -> AsyncIterator[Client]:
    """An application whose Temporal is away."""
    application = make_app(
        temporal_here=here, cron_secret=CRON_SECRET, starter=Starter(away, seconds=0.2)
    )
    async with Client(transport=httpx.ASGITransport(application), base_url="https://ink.test") as c:
        yield c


@pytest.mark.parametrize("name", sorted(set(CRON_NAMES) - set(JOBS)))
async def test_a_job_of_a_later_version_says_so(client: Client, name: str) -> None:
    answer = await client.get(f"/api/cron/{name}", headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (501, "NOT_BUILT")
    assert name in answer.json()["error"]


@pytest.mark.parametrize("name", CRON_NAMES)
async def test_without_the_secret_no_job_is_started(client: Client, name: str) -> None:
    path = f"/api/cron/{name}"
    missing = await client.get(path)
    assert (missing.status_code, missing.json()["code"]) == (401, "UNAUTHORIZED")
    assert "WWW-Authenticate" in missing.headers
    for wrong in (CRON_SECRET[:-1], CRON_SECRET + "x", "ü", CRON_SECRET.upper()):
        sent = {"x-cron-secret": wrong.encode()}
        assert (await client.get(path, headers=sent)).status_code == 401  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": BEARER},
        {"headers": {"x-cron-secret": CRON_SECRET}},
        {"params": {"secret": CRON_SECRET}},
        {"params": {"secret": "wrong"}, "headers": BEARER},
    ],
    ids=["bearer", "header", "query", "one of two"],
)
async def test_the_secret_is_taken_in_three_places(client: Client, sent: dict[str, Any]) -> None:
    answer = await client.get("/api/cron/dunning-reminders", **sent)
    assert answer.status_code == 501
    assert answer.headers["cache-control"] == "no-store"


async def test_who_guesses_is_slowed_down(client: Client) -> None:
    for _ in range(CREDENTIALS.burst - 1):
        await take(Take(CREDENTIALS, "127.0.0.1"))
    for status in (401, 429):
        answer = await client.get("/api/cron/expire", headers={"x-cron-secret": "a guess"})
        assert answer.status_code == status
    assert int(answer.headers["retry-after"]) > 0


async def test_no_other_name_and_method_is_there(client: Client) -> None:
    for name in ("retention", "unknown", "expire/now", ""):
        answer = await client.get(f"/api/cron/{name}", headers=BEARER)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert (await client.post("/api/cron/expire", headers=BEARER)).status_code == 405


async def test_unset_it_lets_nobody_in(database: object, world: object) -> None:
    application = make_app(temporal_here=here)
    transport = httpx.ASGITransport(application)
    async with Client(transport=transport, base_url="https://ink.test") as client:
        for name in CRON_NAMES:
            for headers in ({}, BEARER, {"x-cron-secret": ""}):
                answer = await client.get(f"/api/cron/{name}?secret=", headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (503, "SWITCHED_OFF")
                assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("name", BUILT)
async def test_while_temporal_is_away_a_job_is_to_be_asked_for_again(
    without_temporal: Client, name: str
) -> None:
    answer = await without_temporal.get(f"/api/cron/{name}?wait=1", headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "5"


async def test_wait_is_one_or_nothing(client: Client) -> None:
    answer = await client.get("/api/cron/expire?wait=yes", headers=BEARER)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["wait"])
    assert (await client.get("/api/cron/expire?wait=yes")).status_code == 401


@pytest.fixture
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """Everything that is logged."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("debug"))
    with structlog.testing.capture_logs() as captured:
        yield captured
    structlog.configure(**before)


async def test_the_secret_in_a_query_reaches_no_log(
    client: Client, lines: list[MutableMapping[str, Any]]
) -> None:
    await client.get("/api/cron/notifications", params={"secret": CRON_SECRET})
    assert [line["path"] for line in lines] == ["/api/cron/notifications"]
    assert CRON_SECRET not in str(lines)


def test_what_is_documented_is_what_is_built() -> None:
    paths = {asked.path for asked in every_operation() if asked.dialect == "cron"}
    assert paths == {f"/api/cron/{name}" for name in BUILT}
