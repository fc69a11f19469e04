"""The address in a mail: looking changes nothing, one click ends it; and the pictures in mails."""

from __future__ import annotations

import io
import re
from uuid import UUID

import pytest
from PIL import Image

from activities.notices.charts import Chart, chart_address
from activities.notices.leaving import PATH, Subscription, leaving_address
from activities.rules.notices import TOPICS, Topic
from activities.rules.throttles import UNSUBSCRIBE
from api.public.unsubscribe_words import ABOUT, SAID
from api.status_pages import LANGUAGES
from tests.api.conftest import Client, Tenant
from tests.builders.notices import one

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def address(tenant: Tenant, topic: Topic = "weekly_digest") -> str:
    home = UUID(tenant.organization.removeprefix("org_"))
    return leaving_address(Subscription(UUID(tenant.owner), home, topic))


async def wishes() -> int:
    return int(await one("SELECT count(*) FROM notice_preference WHERE mail = 'never'"))


async def test_looking_at_it_asks_and_ends_nothing(client: Client, tenant: Tenant) -> None:
    answer = await client.get(address(tenant))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Stop these mails?" in answer.text
    assert "The summary of the week" in answer.text
    assert "Acme" in answer.text
    assert '<form method="post"' in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in answer.headers
    assert await wishes() == 0


@pytest.mark.parametrize(
    "sent",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
        {"content": b"\xff\xfe%%%", "headers": {"Content-Type": "text/plain"}},
        {"content": b"a=1&" * 100},
    ],
    ids=["form", "multipart", "empty", "nonsense", "much"],
)
async def test_one_click_ends_it_whatever_form_it_comes_in(
    client: Client, tenant: Tenant, sent: dict[str, object]
) -> None:
    for _ in range(2):
        answer = await client.post(address(tenant), **sent)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        assert "These mails have stopped" in answer.text
        assert await wishes() == 1
    assert "These mails have stopped" in (await client.get(address(tenant))).text


async def test_the_button_of_the_page_does_the_same_and_takes_it_back(
    client: Client, tenant: Tenant
) -> None:
    asked = await client.get(address(tenant))
    where, form = form_of(asked.text)
    ended = await client.post(where, data=form)
    assert "These mails have stopped" in ended.text
    assert await wishes() == 1
    where, form = form_of(ended.text)
    back = await client.post(where, data=form)
    assert "These mails come again" in back.text
    assert await wishes() == 0


def form_of(html: str) -> tuple[str, dict[str, str]]:
    """Where the button of a page leads, and what it sends."""
    found = re.search(r'action="([^"]+)">\s*<button name="([^"]+)" value="([^"]+)"', html)
    assert found
    return found[1], {found[2]: found[3]}


async def test_a_wrong_address_is_a_clear_page_and_json(client: Client, tenant: Tenant) -> None:
    whole = address(tenant)
    for wrong in (PATH, f"{PATH}?t=", f"{PATH}?t=%C3%BC", whole[:-3], whole[:-1] + "!"):
        for method in ("GET", "POST"):
            answer = await client.request(method, wrong)
            assert answer.status_code == 404, answer.text
            assert "This address is not complete" in answer.text
            told = await client.request(method, wrong, headers={"Accept": "application/json"})
            assert (told.status_code, told.json()["code"]) == (404, "NOT_FOUND")
    assert await wishes() == 0


async def test_programs_are_told_in_json(client: Client, tenant: Tenant) -> None:
    headers = {"Accept": "application/json"}
    told = {"topic": "weekly_digest", "organization": "Acme"}
    assert (await client.get(address(tenant), headers=headers)).json() == {**told, "mail": "now"}
    ended = await client.post(address(tenant), data=ONE_CLICK, headers=headers)
    assert ended.json() == {**told, "mail": "never"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_speaks_the_readers_language(
    client: Client, tenant: Tenant, language: str
) -> None:
    headers = {"Accept-Language": language}
    answer = await client.get(address(tenant), headers=headers)
    assert answer.headers["content-language"] == language
    assert SAID[language]["ask"].partition("'")[0] in answer.text


def test_everything_is_said_in_every_language() -> None:
    assert set(SAID) == set(ABOUT) == set(LANGUAGES)
    assert {frozenset(words) for words in SAID.values()} == {frozenset(SAID["en"])}
    assert all(set(topics) == set(TOPICS) for topics in ABOUT.values())


async def test_one_network_asks_often_and_not_without_end(client: Client, tenant: Tenant) -> None:
    limit = (await client.get(address(tenant))).headers["x-ratelimit-limit"]
    assert int(limit) == UNSUBSCRIBE.per_minute


async def test_a_chart_is_the_same_picture_for_everybody_and_for_good(client: Client) -> None:
    url = chart_address(Chart((40, 120, 200, 90, 0, 3, 160)))
    assert len(url) < 120
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "set-cookie" not in answer.headers
    assert Image.open(io.BytesIO(answer.content)).size == (1040, 240)
    assert (await client.get(url)).content == answer.content


async def test_a_chart_that_we_did_not_make_is_not_drawn(client: Client) -> None:
    url = chart_address(Chart((1,) * 7))
    token = url.rpartition("/")[2].removesuffix(".png")
    for wrong in ("x", token[:-1], "A" * 31, "A" * 500, token.swapcase(), f"A{token[1:-1]}B"):
        answer = await client.get(f"/api/public/charts/{wrong}.png")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), wrong
    assert (await client.get(f"/api/public/charts/{token}")).status_code == 404
