"""The pages for receivers: whole in themselves, and exact to the rules that deliver."""

from __future__ import annotations

import hashlib
import hmac
import inspect
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest

from activities.gateways.destinations import AGENT
from activities.rules.breaker import Health, after_failure
from activities.rules.events import CATALOGUE
from activities.rules.outcomes import judge
from activities.rules.signatures import SCHEMES, verify_standard
from api.business import integration_deliveries as business
from api.documents import Documents
from api.links import webhook_deliveries as links
from api.public import webhook_keys
from api.receiver_docs import pages, told
from api.studio import webhook_deliveries as studio
from api.workspace import webhook_deliveries as workspace
from tests.api.conftest import Client
from workers.bootstrap import make_outside

BOTH = pytest.mark.parametrize("path", [pages.ROOT, f"{pages.ROOT}/", pages.EVENTS, pages.CHECKER])


@BOTH
async def test_a_page_is_whole_in_itself(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "script" not in answer.headers["content-security-policy"]
    for loaded in ("<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "style="):
        assert loaded not in answer.text.lower()
    assert "{{" not in answer.text
    assert "{%" not in answer.text


@BOTH
async def test_a_page_is_for_reading(client: Client, path: str) -> None:
    refused = await client.post(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")


async def test_the_list_of_all_operations_leads_there() -> None:
    # Of no language: the documents of all take seconds to make.
    transport = httpx.ASGITransport(Documents(()))
    async with httpx.AsyncClient(transport=transport, base_url="https://ink.test") as client:
        listed = (await client.get("/docs")).text
    for path in (pages.ROOT, pages.EVENTS, pages.CHECKER):
        assert f'href="{path}"' in listed


async def test_who_looks_at_links_says_where_that_is_told(client: Client) -> None:
    assert pages.CHECKER in inspect.getsource(make_outside)
    told = unescape((await client.get(pages.CHECKER)).text)
    for fact in (AGENT, "one request in 1 second", "every 5 minutes to 24 hours", "404, 410, 451"):
        assert fact in told


@pytest.mark.parametrize("name", pages.CODE.values())
async def test_what_the_page_shows_is_the_file_that_is_tested(client: Client, name: str) -> None:
    file = await client.get(f"{pages.ROOT}/{name}")
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.text == pages.source(name)
    shown = (await client.get(pages.ROOT)).text
    blocks = [unescape(block) for block in re.findall(r"<pre[^>]*>(.*?)</pre>", shown, re.DOTALL)]
    assert file.text.strip() in [block.strip() for block in blocks]
    assert f'href="{pages.ROOT}/{name}"' in shown


@pytest.mark.parametrize("name", ["pages.py", "webhooks.html", "../app.py", "verify.txt", ""])
async def test_no_other_file_is_shown(client: Client, name: str) -> None:
    path = f"{pages.ROOT}/x/{name}" if not name else f"{pages.ROOT}/{name}"
    assert not pages.owns(f"{pages.ROOT}/{name}/x")
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("scheme", told.schemes(), ids=SCHEMES)
def test_what_is_said_of_a_scheme_makes_its_signature(scheme: told.Scheme) -> None:
    sent = dict(scheme.headers)
    at = datetime.fromtimestamp(int(sent["webhook-timestamp"]), UTC)
    assert verify_standard(told.SECRET, sent, scheme.body.encode(), at)
    parts = {**sent, "body": scheme.body}
    text = re.sub(r"{([\w-]+)}", lambda found: parts[found[1]], scheme.signed)
    if scheme.name != "standard":
        made = hmac.new(told.SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        assert sent[scheme.own].removeprefix("sha256=") == made
    else:
        assert text == f"{sent['webhook-id']}.{sent['webhook-timestamp']}.{scheme.body}"


def test_every_scheme_is_told_of() -> None:
    assert set(told.SIGNED) == set(told.OWN) == set(SCHEMES)


def test_answers_are_said_as_they_are_judged() -> None:
    said = {answer.said: (answer.message, answer.endpoint) for answer in told.answers()}
    assert said["200 to 299"] == ("delivered", "")
    assert said["410"] == ("given up", "disabled")
    assert said["429, 502, 504"] == ("tried again", "slowed down")
    assert said["any other status"] == ("tried again", "")
    assert said["200 to 299 with webhook-delivery: disable"] == ("delivered", "disabled")
    assert said["any other with webhook-delivery: abort-message"] == ("given up", "")
    for status in (300, 304, 399, 400, 403, 404, 499, 500, 503, 599):
        verdict = judge(
            number=1, status_code=status, delays=(5.0,), roll=0.0, retry_after=None, control=""
        )
        assert (verdict.status, verdict.effect) == ("pending", "none")


async def test_the_retry_schedule_is_that_of_the_rules(client: Client) -> None:
    page = (await client.get(pages.ROOT)).text
    whole = "5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h"
    for words in (whole, "75 h 35 min 5 s", "5 s, 25 s", "within 15 seconds", "first 16 KiB"):
        assert words in re.sub(r"\s+", " ", page)


async def test_when_a_receiver_that_is_away_is_tried_is_told(client: Client) -> None:
    page = re.sub(r"\s+", " ", (await client.get(pages.ROOT)).text)
    assert "the first after 5 s, then after as long as you have failed" in page
    assert "and one every 1 min at last" in page
    health, now = Health(), datetime(2026, 11, 21, tzinfo=UTC)
    waits = []
    for _ in range(16):
        health = after_failure(health, now)
        wait = (health.open_until - now) if health.open_until else timedelta(0)
        waits.append(wait.total_seconds())
        now += wait
    assert waits[9:] == [5.0, 5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5.0, "5 s"), (300, "5 min"), (86400, "24 h"), (272105, "75 h 35 min 5 s"), (0.2, "0 s")],
)
def test_a_time_is_spelled_for_people(seconds: float, text: str) -> None:
    assert told.spelled(seconds) == text


async def test_the_paths_that_the_page_names_exist(client: Client) -> None:
    page = unescape((await client.get(pages.ROOT)).text)
    languages = (studio, workspace, links, business)
    routers = [module.router for module in (*languages, webhook_keys)]
    known = {getattr(route, "path", "") for router in routers for route in router.routes}
    named = re.findall(r"^GET ([^?\s]+)", re.sub(r"<pre[^>]*>", "", page), re.MULTILINE)
    assert len(named) == len(languages)
    assert set(named) <= known
    assert "/.well-known/webhook-keys.json" in known


async def test_every_event_is_shown_with_what_it_tells(client: Client) -> None:
    page = (await client.get(pages.EVENTS)).text
    assert re.findall(r'<section id="([\w.]+)">', page) == list(CATALOGUE)
    assert "A person followed a short link." in page
    assert "&#34;clickedAt&#34;: &#34;2026-05-07T18:42:30.123Z&#34;" in page
