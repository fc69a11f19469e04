"""One domain, several languages: what is made in one is read, changed and deleted in every other.

All ordered pairs of languages are gone through, for dynamic codes and for short links.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import pytest_asyncio

from activities.gateways.clock import FixedClock
from tests.api.conftest import Client, Tenant
from tests.api.languages import CODES, LINKS, Facts, Language

PAIRS = [
    pytest.param(*pair, f"{scanned}/", id=f"{kind}: {pair[0].name} and {pair[1].name}")
    for kind, scanned, languages in (("codes", "/q", CODES), ("links", "", LINKS))
    for pair in permutations(languages, 2)
]
CODE_PAIRS = [
    pytest.param(*pair, id=f"{pair[0].name} and {pair[1].name}") for pair in permutations(CODES, 2)
]

MADE: Facts = {
    "slug": "Shared-24",
    "url": "https://example.com/süß?q=ä#top",
    "title": "Grüße 🎉 & <b>more</b>",
    "tags": ["Spring sale", "Posters"],
}
CHANGED: Facts = {"url": "https://example.org/elsewhere", "title": "Renamed", "tags": ["Posters"]}


@pytest_asyncio.fixture
async def acme(make_tenant: Callable[..., Awaitable[Tenant]]) -> Tenant:
    return await make_tenant("acme", "pro")


async def made(client: Client, acme: Tenant, language: Language) -> dict[str, Any]:
    return dict(language.one(await language.create(client, acme, **MADE)))


@pytest.mark.parametrize(("first", "second", "scanned"), PAIRS)
async def test_what_one_makes_the_other_reads_with_equal_values(
    client: Client, acme: Tenant, first: Language, second: Language, scanned: str
) -> None:
    thing = first.facts(await made(client, acme, first))
    assert thing == {
        **MADE,
        "short_url": f"https://ink.test{scanned}Shared-24",
        "visits": 0,
        "is_active": True,
        "created_at": "2026-11-21T12:00:00.000Z",
        "updated_at": "2026-11-21T12:00:00.000Z",
    }
    listed = await second.find(client, acme, "Shared-24")
    read = await second.ask(client, acme, "GET", listed[second.known_by])
    assert second.facts(listed) == second.facts(second.one(read)) == thing


@pytest.mark.parametrize(("first", "second", "scanned"), PAIRS)
async def test_what_one_changes_the_other_sees(
    client: Client,
    acme: Tenant,
    clock: FixedClock,
    first: Language,
    second: Language,
    scanned: str,
) -> None:
    mine = await made(client, acme, first)
    theirs = await second.find(client, acme, "Shared-24")
    clock.moment += timedelta(minutes=1)
    answer = await second.ask(client, acme, "PATCH", theirs[second.known_by], **CHANGED)
    changed = second.facts(second.one(answer))
    before = second.facts(theirs)
    assert changed == {**before, **CHANGED, "updated_at": "2026-11-21T12:01:00.000Z"}
    read = await first.ask(client, acme, "GET", mine[first.known_by])
    assert first.facts(first.one(read)) == changed
    visit = await client.get(f"{scanned}Shared-24")
    assert (visit.status_code, visit.headers["location"]) == (302, CHANGED["url"])


@pytest.mark.parametrize(("first", "second", "scanned"), PAIRS)
async def test_what_one_deletes_is_gone_for_the_other_and_for_visitors(
    client: Client, acme: Tenant, first: Language, second: Language, scanned: str
) -> None:
    mine = await made(client, acme, first)
    theirs = await second.find(client, acme, "Shared-24")
    gone = await second.ask(client, acme, "DELETE", theirs[second.known_by])
    assert gone.status_code == 204, gone.text
    for language, known in ((first, mine), (second, theirs)):
        for method in ("GET", "PATCH", "DELETE"):
            answer = await language.ask(client, acme, method, known[language.known_by])
            assert answer.status_code == 404, f"{language.name}: {answer.text}"
        with pytest.raises(ValueError, match="not enough values"):
            await language.find(client, acme, "Shared-24")
    assert (await client.get(f"{scanned}Shared-24")).status_code == 404


@pytest.mark.parametrize(("first", "second", "scanned"), PAIRS)
async def test_a_slug_that_one_took_and_threw_away_is_taken_for_the_other(
    client: Client, acme: Tenant, first: Language, second: Language, scanned: str
) -> None:
    mine = await made(client, acme, first)
    assert second.says_taken(await second.create(client, acme, **MADE), MADE["slug"])
    await first.ask(client, acme, "DELETE", mine[first.known_by])
    assert second.says_taken(await second.create(client, acme, **MADE), MADE["slug"])


@pytest.mark.parametrize(("first", "second", "scanned"), PAIRS)
async def test_a_visit_is_counted_in_every_language(
    client: Client, acme: Tenant, first: Language, second: Language, scanned: str
) -> None:
    mine = await made(client, acme, first)
    await client.get(f"{scanned}Shared-24", headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari"})
    read = await first.ask(client, acme, "GET", mine[first.known_by])
    assert first.facts(first.one(read))["visits"] == 1
    listed = await second.find(client, acme, "Shared-24")
    assert second.facts(listed)["visits"] == 1


@pytest.mark.parametrize(("first", "second"), CODE_PAIRS)
async def test_a_code_switched_off_in_one_is_off_in_the_other(
    client: Client, acme: Tenant, first: Language, second: Language
) -> None:
    await made(client, acme, first)
    theirs = await second.find(client, acme, "Shared-24")
    await second.ask(client, acme, "PATCH", theirs[second.known_by], is_active=False)
    assert (await first.find(client, acme, "Shared-24"))[first.words["is_active"]] is False
    assert (await client.get("/q/Shared-24")).status_code == 404


@pytest.mark.parametrize("language", CODES, ids=[language.name for language in CODES])
async def test_a_design_tool_finds_the_codes_of_every_language(
    client: Client, acme: Tenant, language: Language
) -> None:
    thing = await made(client, acme, language)
    library = "/api/canva/qr"
    answer = (await client.get(f"{library}?search=gr%C3%BC%C3%9Fe", headers=acme.canva)).json()
    assert answer["total"] == 1
    (item,) = answer["items"]
    assert (item["name"], item["shortCode"]) == (MADE["title"], "Shared-24")
    assert (item["type"], item["isDynamic"]) == ("URL", True)
    picture = await client.get(f"{library}/{item['id']}/image", headers=acme.canva)
    assert picture.status_code == 200
    await language.ask(client, acme, "DELETE", thing[language.known_by])
    assert (await client.get(library, headers=acme.canva)).json()["total"] == 0
    gone = await client.get(f"{library}/{item['id']}/image", headers=acme.canva)
    assert gone.status_code == 404


@pytest.mark.parametrize("language", CODES, ids=[language.name for language in CODES])
async def test_a_link_and_a_code_of_the_same_slug_do_not_meet(
    client: Client, acme: Tenant, language: Language
) -> None:
    await made(client, acme, language)
    await LINKS[0].create(client, acme, slug="Shared-24", url="https://example.com/link")
    assert (
        (await client.get("/q/Shared-24")).headers["location"].startswith("https://example.com/s")
    )
    assert (await client.get("/Shared-24")).headers["location"] == "https://example.com/link"
