"""No secret is in the database in clear, in any log line or Temporal history; nor who somebody is.

A whole day with every secret is lived through on real processes (`secrets_story`), then everything
that was left behind is searched (`traces`), after the search has shown that it finds what is there.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from tests.journeys.secrets_story import NAMED_LIKE_A_PASSWORD, Kind, Story, live
from tests.journeys.traces import (
    Place,
    forms,
    found,
    read_histories,
    read_logs,
    read_tables,
)
from tests.journeys.webhooks_story import ONLY_STORED, live_webhooks
from workers.stack import Stack

pytestmark = pytest.mark.timeout(120)

ADDRESS: tuple[Kind, ...] = ("address", "name")
"""What a mail address tells: itself, and often a name."""

EXCEPTIONS: Mapping[Place, tuple[tuple[Kind, ...], str]] = {
    "account_user.email": (ADDRESS, "it is how a person is known and signs in"),
    "sign_in_link.email": (ADDRESS, "whom the link signs in"),
    "team_invite.email": (ADDRESS, "whom the invitation is for"),
    "mail.recipient": (ADDRESS, "where the mail goes"),
    "account_user.name": (("name",), "how others in the organization see the person"),
    "organization.name": (("name",), "an organization without a name is called as its founder"),
    "workspace.name": (("name",), "so is its first workspace"),
    "audit_entry.actor_name": (("name",), "who did it, as they were called then"),
    "endpoint.url": (("query",), "its owner reads it in the list of receivers, as they wrote it"),
}
"""The only columns that hold something hidden in clear: of which kinds, and why they must."""

EXAMPLE = "qrs_a-b_c0123456789+/=?ü"


@dataclass(frozen=True)
class Left:
    """What the day left behind."""

    tables: Mapping[Place, bytes]
    logs: Mapping[Place, bytes]
    histories: Mapping[Place, bytes]
    figures: Mapping[Place, bytes]
    refusals: Mapping[Place, bytes]


@pytest_asyncio.fixture(scope="module")
async def story(stack: Stack) -> AsyncIterator[Story]:
    told = await live(stack)
    await live_webhooks(told)
    yield told


@pytest_asyncio.fixture(scope="module")
async def left(stack: Stack, story: Story) -> Left:
    async with httpx.AsyncClient(base_url=stack.api) as client:
        figures = (await client.get("/metrics")).content
    return Left(
        tables=await read_tables(stack.database_url),
        logs=read_logs(stack.data_dir / "logs", story.logged),
        histories=await read_histories(stack.temporal_address, story.began),
        figures={"/metrics": figures},
        refusals={f"refusal {n}": said for n, said in enumerate(story.refusals)},
    )


def traces(story: Story, places: Mapping[Place, bytes]) -> list[str]:
    """Every hidden value that is where it must not be."""
    return sorted(
        f"{what} in {place}"
        for value, (kind, what) in story.hidden.items()
        for place in found(value, places)
        if kind not in EXCEPTIONS.get(place, ((), ""))[0]
    )


@pytest.mark.parametrize("around", ["", "x", "xy"])
@pytest.mark.parametrize("code", [base64.b64encode, base64.urlsafe_b64encode, bytes.hex, bytes])
def test_a_value_is_found_however_it_is_written(around: str, code: type[bytes]) -> None:
    whole = code(f"{around}{EXAMPLE}{around}".encode())
    kept = whole.encode() if isinstance(whole, str) else whole
    assert found(EXAMPLE, {"here": b"..." + kept + b"...", "there": kept[:12]}) == ["here"]
    assert all(len(form) >= len(EXAMPLE) for form in forms(EXAMPLE))


async def test_the_search_finds_what_is_known_to_be_there(story: Story, left: Left) -> None:
    code, request, organization = (story.known[k] for k in ("code", "request", "organization"))
    assert set(found(code, left.tables)) == {
        *("qr_code.short_code", "slug_claim.slug", "route_change.changed", "event.payload"),
    }
    assert {"event.request_id", "delivery_batch.request_id"} <= set(found(request, left.tables))
    assert set(found(NAMED_LIKE_A_PASSWORD, left.tables)) == {
        *("qr_code.name", "qr_code.search_text", "event.payload"),
    }
    stored = hashlib.sha256(story.known["key"].encode()).digest()
    assert found(stored, left.tables) == ["api_key.secret_hash"]
    assert set(found(request, left.logs)) == {"serve.log", "relay.log", "work.log"}
    assert {"temporal.log", "postgres.log"} <= set(left.logs)
    assert set(found("CheckViolation", left.logs)) == {"serve.log", "work.log"}
    assert "mail" in {run.partition("/")[0] for run in found("CheckViolation", left.histories)}
    runs = found(request, left.histories)
    assert {run.partition("/")[0] for run in runs} == {"deliver", "retry"}
    assert set(runs) <= set(found(organization, left.histories))
    assert sum(run.startswith("mail/") for run in left.histories) >= 2
    assert sum(run.startswith("recover/") for run in left.histories) == 2
    assert b'inkloom_http_requests_total{area="studio"' in left.figures["/metrics"]
    assert len(left.refusals) > 20


async def test_what_webhooks_carry_and_receivers_answer_is_in_the_database_alone(
    story: Story, left: Left
) -> None:
    stored = {
        "payload": {"event.payload", "qr_code.destination_url"},
        "answer": {"attempt.response_body"},
        "answer header": {"attempt.response_headers"},
        "filter": {"endpoint.filter"},
    }
    assert set(stored) == set(ONLY_STORED)
    for what, places in stored.items():
        value = story.known[what]
        assert places <= set(found(value, left.tables)), what
        for elsewhere in (left.logs, left.histories, left.figures, left.refusals):
            assert found(value, elsewhere) == [], what


async def test_every_exception_is_needed(story: Story, left: Left) -> None:
    for column, (kinds, _) in EXCEPTIONS.items():
        mine = [value for value, (kind, _) in story.hidden.items() if kind == kinds[0]]
        assert any(found(value, {column: left.tables[column]}) for value in mine), column


async def test_nothing_hidden_is_in_the_database_in_clear(story: Story, left: Left) -> None:
    assert traces(story, left.tables) == []


async def test_nothing_hidden_is_in_a_log(story: Story, left: Left) -> None:
    assert traces(story, left.logs) == []


async def test_nothing_hidden_is_in_a_history(story: Story, left: Left) -> None:
    assert traces(story, left.histories) == []


async def test_nothing_hidden_is_in_a_figure(story: Story, left: Left) -> None:
    assert traces(story, left.figures) == []


async def test_nothing_hidden_is_in_a_refusal(story: Story, left: Left) -> None:
    assert traces(story, left.refusals) == []
